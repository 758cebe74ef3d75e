"""What the making tab says of the patient records."""

from app.components.making import records_shown
from data_contracts import DeidentificationReport, GoldCheck, SmallestGroup, sha256_digest

DIGEST = sha256_digest(b"model")
REPORT = DeidentificationReport(
    policy="safe_harbor",
    ner_model="small",
    ner_digest=DIGEST,
    released=9,
    quarantined=2,
    replaced=({"category": "date", "count": 4},),
)


def test_an_older_report_shows_its_counts() -> None:
    assert records_shown(REPORT) == {
        "records": "9 released, 2 held back",
        "identifiers replaced": "date 4",
        "policy and model": "safe_harbor, small",
    }


def test_smallest_group_and_recall_are_shown() -> None:
    group = SmallestGroup(k=2, patients=9, groups=3, alone=0, under_five=4, counted=("sex", "diagnosis"))
    gold = GoldCheck(
        engine=DIGEST,
        documents=40,
        identifiers=900,
        found_whole=891,
        span_full_recall=0.99,
        lower=0.981,
        upper=0.995,
        token_precision=0.97,
        leaking=2,
        leaking_released=1,
    )
    shown = records_shown(REPORT.model_copy(update={"smallest_group": group, "gold": gold}))
    assert str(shown["smallest group (k)"]).startswith("2 of 9 patients share sex, diagnosis")
    assert "99% of 900 identifiers" in str(shown["recall on held-out notes"])
    assert "in 2 of 40 notes a direct identifier was left, 1 of them passed" in str(shown["recall on held-out notes"])
