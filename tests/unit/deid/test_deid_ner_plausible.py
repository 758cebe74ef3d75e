import pytest

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.ner.plausible import is_plain, plausible


@pytest.mark.parametrize(
    ("category", "value"),
    [
        (Category.NAME, "rose"),
        (Category.NAME, "nurse Mbeki"),
        (Category.NAME, "noelani.k"),
        (Category.NAME, "Faisal"),
        (Category.OTHER_ID, "7c-11"),
        (Category.OTHER_ID, "mkowal"),
        (Category.PHONE, "x 212"),
        (Category.DATE, "8-X-24"),
        (Category.DATE, "last Thanksgiving"),
        (Category.DATE, "June 2021"),
        (Category.FACILITY, "garden room"),
    ],
)
def test_what_may_be_one(category: Category, value: str) -> None:
    assert plausible(category, value)


@pytest.mark.parametrize(
    ("category", "value"),
    [
        (Category.NAME, "↔"),
        (Category.OTHER_ID, "…"),
        (Category.PHONE, "30-40%"),
        (Category.ACCOUNT, "$4100"),
        (Category.DATE, "2021"),
        (Category.DATE, "the 1990s"),
        (Category.DATE, "2015-16"),
        (Category.DATE, "0430"),
        (Category.DATE, "1339 - 1451"),
        (Category.DATE, "mid"),
        (Category.FACILITY, "-"),
    ],
)
def test_what_cannot_be_one(category: Category, value: str) -> None:
    assert not plausible(category, value)


@pytest.mark.parametrize(
    ("text", "word", "plain"),
    [
        ("Ate tacos.", "tacos", True),
        ("Scaly patches.", "Scaly", True),
        ("Back from Southeast Asia.", "Southeast Asia", True),
        ("in-person interp Faisal stayed", "Faisal", False),
        ("left with rose", "rose", True),
        ("left with Rose", "Rose", False),
        ("at Painted Sky Air", "Painted Sky Air", False),
        ("back from sub-Saharan West Africa", "West Africa", True),
        ("seen by kvelde", "kvelde", False),
        ("at kvelde ridge", "kvelde ridge", False),
    ],
)
def test_plain_words_alone_are_for_the_safe_list(text: str, word: str, plain: bool) -> None:
    start = text.index(word)
    assert is_plain(Category.NAME, text, start, start + len(word)) is plain
    assert not is_plain(Category.OTHER_ID, text, start, start + len(word))
