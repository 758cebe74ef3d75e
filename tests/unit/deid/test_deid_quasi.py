from typing import Any

import pytest

from clinical_sdft.deid import SAFE_HARBOR
from clinical_sdft.deid.quasi import Groups, quasi
from data_contracts import DeidentifiedRecord, PatientRecord, SmallestGroup, sha256_digest


def record(diagnosis: str = "gout", **patient: Any) -> PatientRecord:
    fields = {"id": "r", "patient": {"id": "p"} | patient, "narrative": "n", "diagnosis": diagnosis}
    return PatientRecord.model_validate(fields)


def released(name: str) -> DeidentifiedRecord:
    digest = sha256_digest(name.encode())
    return DeidentifiedRecord(record=digest, patient=digest, policy="p", text="t", diagnosis="d", replaced=())


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ({"birth_date": "1978-03-04", "sex": "F", "zip": "62704"}, ("40-49", "f", "627", "gout")),
        ({"dob": "March 4, 1978", "address": "4 Elm St, Troy, NY 12180-1234"}, ("40-49", "", "121", "gout")),
        ({"birth_date": "1921-03-04", "zip": "03601"}, ("90+", "", "000", "gout")),
        ({"age": 45, "sex": "male"}, ("40-49", "m", "", "gout")),
        ({"address": {"line": "4 Elm St", "postalCode": "62704"}}, ("", "", "627", "gout")),
        ({}, ("", "", "", "gout")),
    ],
)  # fmt: skip
def test_what_makes_a_group(patient: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert quasi(record(**patient), SAFE_HARBOR) == expected


def test_patients_count_once_and_the_smallest_group_is_told() -> None:
    groups = Groups(SAFE_HARBOR)
    assert groups.smallest() is None
    for name in ("a", "b", "c", "a"):
        groups.add(record(sex="F"), released(name))
    for name in ("d", "e"):
        groups.add(record(sex="M"), released(name))
    found = groups.smallest()
    assert found == SmallestGroup(k=2, patients=5, groups=2, alone=0, under_five=5, counted=found.counted)
    groups.add(record("psoriasis", sex="M"), released("f"))
    found = groups.smallest()
    assert (found.k, found.alone, found.groups, found.patients) == (1, 1, 3, 6)
