from collections.abc import Callable
from typing import Any

import pytest

from clinical_sdft.deid.recognizers import date

RECOGNIZER = date.DateRecognizer()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seen 4/9", ["4/9"]),
        ("on 2024-03-05", ["2024-03-05"]),
        ("03/05/1978", ["03/05/1978"]),
        ("5.3.24", ["5.3.24"]),
        ("April 12, 2023", ["April 12, 2023"]),
        ("Aug 10, '23", ["Aug 10, '23"]),
        ("12 Mar 2024", ["12 Mar 2024"]),
        ("15MAR2024", ["15MAR2024"]),
        ("the 4th of July", ["the 4th of July"]),
        ("March 5th", ["March 5th"]),
        ("March 2024", ["March 2024"]),
        ("3/2024", ["3/2024"]),
        ("since March", ["March"]),
        ("ninth of April 2024", ["ninth of April 2024"]),
        ("20240315", ["20240315"]),
        ("on Christmas Day", ["Christmas Day"]),
        ("follow-up 3/20", ["3/20"]),
        ("saw her on Friday, 6/25.", ["Friday", "6/25"]),
        ("on Friday, 2/2 and 3/3", ["Friday", "2/2", "3/3"]),
        ("return to clinic 7/10", ["7/10"]),
        ("cultures 04/05 grew", ["04/05"]),
        ("pain since 10/17.", ["10/17"]),
        ("PICC placed 11-24 by IR", ["11-24"]),
        ("last seen Sep-2021 by", ["Sep-2021"]),
        ("on 3-Jul-2023", ["3-Jul-2023"]),
        ("called 10-21 at 1612.", ["10-21 at 1612"]),
        ("admitted Nov 9, 2023@13:44 with", ["Nov 9, 2023@13:44"]),
        ("on 14/JUN/2025, seen", ["14/JUN/2025"]),
        ("met Nov/29.", ["Nov/29"]),
        ("born 31/aug/1922", ["31/aug/1922"]),
        ("exp Apr/2023", ["Apr/2023"]),
        ("of 5 / 17 / 2021 from", ["5 / 17 / 2021"]),
        ("began Sep-13 and", ["Sep-13"]),
        ("last used 08-12, wants", ["08-12"]),
        ("8/11/'19;", ["8/11/'19"]),
        ("since 10/'20 and", ["10/'20"]),
        ("Addendum 09/27/2021-1405: on", ["09/27/2021-1405"]),
        ("since Lunar New Year", ["Lunar New Year"]),
        ("from 3/4/2019-2021 again", ["3/4/2019"]),
        ("from March 2019-2021 again", ["March 2019"]),
        ("seen by Katz on 3/4.", ["3/4"]),
    ],
)
def test_finds_date(found: Callable[[Any, str], list[str]], text: str, expected: list[str]) -> None:
    assert found(RECOGNIZER, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "in 2021",
        "pain 7/10",
        "strength 4/5",
        "1/2 tablet",
        "BP 120/80",
        "20/20 vision",
        "may improve",
        "they march daily",
        "L4/5",
        "2-3 times",
        "3/6 murmur",
        "50 mg",
        "six weeks",
        "reflexes 2/4",
        "after 3/4 of meals",
        "6/7 days a week",
        "for 7-10 days",
        "5-10 mg nightly",
        "hold 2-3 days",
        "ranges of 10-12 weeks",
        "Ishihara 9/14, fields full",
    ],
)
def test_date_leaves_clinical_text(found: Callable[[Any, str], list[str]], text: str) -> None:
    assert found(RECOGNIZER, text) == []
