"""WHO antenatal care, CDC opioids 2022 and the USPSTF come in whole: findings counted, everything skipped named."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from clinical_sdft.ingest.collect import Facts, collect

GUIDELINES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "guidelines"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not GUIDELINES.is_dir(), reason=f"no real guidelines at {GUIDELINES}"),
]


def test_who_antenatal_care_comes_in_whole() -> None:
    guideline, report = collect(GUIDELINES / "who_smart_anc", Facts(licence="CC0-1.0"))
    plans = [file for file in report.files if file.format == "FHIR R4"]
    assert len(plans) == 40 and all(file.recommendations for file in plans)
    assert len(guideline.recommendations) == 140
    assert sum(1 for item in guideline.recommendations if item.condition) == 122
    assert not [one for one in report.skipped if "without words" in one.reason]
    unread = Counter(
        "logic" if "logic" in one.reason else "activity" for one in report.skipped if one.path != "LICENSE.md"
    )
    assert unread == {"logic": 39, "activity": 9}


def test_cdc_opioids_come_in_whole_with_the_grades_of_all_twelve_recommendations() -> None:
    guideline, report = collect(GUIDELINES / "cdc_opioid_2022", Facts())
    found = Counter(file.format for file in report.files)
    assert found == {"FHIR R4": 12, "PDF": 2}
    plans = [item for item in guideline.recommendations if item.found_by == "FHIR action"]
    assert len(plans) == 14 and all(item.strength and item.evidence and item.condition and item.logic for item in plans)
    from_draft = [item for item in guideline.recommendations if item.path == "docs/CDC-2022-0024-0002_content.pdf"]
    graded = {
        (item.strength, item.evidence)
        for item in from_draft
        if item.found_by == "graded" and item.evidence and item.page and 64 <= item.page <= 149
    }
    assert {evidence for _, evidence in graded} == {f"evidence type: {number}" for number in (1, 2, 3, 4)}
    assert sum(1 for item in from_draft if item.found_by == "graded" and item.evidence) >= 12
    assert all(item.page and 1 <= item.page <= 211 and item.answer is None for item in from_draft)
    assert {one.path for one in report.skipped if one.place == "whole file"} == {"docs/LICENSE.md"}


def test_every_record_of_the_uspstf_is_a_recommendation_with_its_grade() -> None:
    guideline, report = collect(GUIDELINES / "uspstf_api_2021-03.json", Facts(date=date(2021, 3, 1)))
    assert len(guideline.recommendations) == 137 and report.skipped == ()
    grades = Counter((item.strength or "").removeprefix("USPSTF grade ") for item in guideline.recommendations)
    assert grades == {"I": 54, "B": 37, "D": 22, "A": 15, "C": 9}
