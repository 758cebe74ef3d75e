"""Rules on real records: the published labels of NHANES, and Synthea's bundles."""

from pathlib import Path

import pytest

from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.ingest.rules.apply import Applied, apply_rules
from clinical_sdft.ingest.rules.compare import compare_on
from clinical_sdft.ingest.rules.mapping import read_mapping
from clinical_sdft.ingest.rules.records import read_cases
from data_contracts import sha256_digest

RULES = Path(__file__).parents[1] / "unit" / "ingest" / "rules" / "data"
PATIENTS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "patients"

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not PATIENTS.exists(), reason=f"the real data is not beside the project: {PATIENTS}"),
]


def applied(guideline: str, mapping: str, records: str) -> Applied:
    read = read_guideline(RULES / f"{guideline}.yaml")
    cases = read_cases(PATIENTS / records, read_mapping(RULES / mapping, read), read, sha256_digest).cases
    return apply_rules(read, cases, guideline)


def test_the_2017_rule_equals_the_published_label_wherever_the_readings_are_there() -> None:
    """The published column says no where readings are missing; the rule abstains there. Nothing else differs."""
    new = applied("acc_aha_2017", "nhanes.yaml", "nhanes_adults.csv.gz")
    assert len(new.cases) == 43_226
    assert new.against_published() == {
        "agree": 40_856,
        "published “not hypertensive”, but sbp, dbp is missing: abstained": 2_329,
        "published “not hypertensive”, but dbp is missing: abstained": 41,
    }
    old = applied("jnc_7", "nhanes.yaml", "nhanes_adults.csv.gz")
    change = compare_on(old.judgements, new.judgements)
    assert (change.both, change.changes) == (40_831, {"not hypertensive → hypertension": 7_524})


def test_synthea_bundles_give_their_blood_pressures() -> None:
    new = applied("acc_aha_2017", "synthea.yaml", "synthea_r4")
    assert new.states == {"decided": 38} and len({case.patient for case in new.cases}) == 11
