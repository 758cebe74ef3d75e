"""Prior prompts that share rare words with what is taught are near it."""

from clinical_sdft.sdft.near import FAR, NEAR, near_groups

PRIOR = (
    "Burning when passing water, since two days.",
    "Red itching ring on the arm.",
    "Cough and fever since two days.",
    "How many days are in a week?",
)


def test_the_quarter_most_like_what_is_taught_is_near() -> None:
    assert near_groups(PRIOR, ["Fever, pain in the flank, burning when passing water."]) == [NEAR, FAR, FAR, FAR]


def test_words_that_all_prompts_share_do_not_count() -> None:
    taught = ["Since two days a red ring.", "Since two days a ring on the leg."]
    assert near_groups(PRIOR, taught) == [FAR, NEAR, FAR, FAR]


def test_where_nothing_is_taught_nothing_is_near() -> None:
    assert near_groups(PRIOR, []) == [FAR] * 4
    assert near_groups([], ["Fever."]) == []
