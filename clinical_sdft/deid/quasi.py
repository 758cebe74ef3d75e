"""Quasi-identifiers of a released set: how many patients share age band, sex, three-digit ZIP code and diagnosis.

Only these four are counted, from the structured record, as an attacker who knows the patient would know them. What the
narrative tells beyond them (a rare drug, a profession, a course of events) is not counted.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.dates import find_dates
from clinical_sdft.deid.known import known_patient
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.surrogates import RESTRICTED_ZIP
from clinical_sdft.deid.text import fold
from data_contracts.records import DeidentifiedRecord, PatientRecord, SmallestGroup

COUNTED = ("age in bands of ten years", "sex", "first three digits of the ZIP code", "diagnosis")
BAND_YEARS = 10
_OLDEST_BAND = 90

Quasi = tuple[str, str, str, str]


class Groups:
    """Counts patients, not records: one with two records of one kind is one patient."""

    def __init__(self, policy: DeidPolicy) -> None:
        """Start with nobody; the policy says from which year ages are counted."""
        self._policy = policy
        self._members: set[tuple[Quasi, str]] = set()

    def add(self, original: PatientRecord, released: DeidentifiedRecord) -> None:
        """Count a record that was released."""
        self._members.add((quasi(original, self._policy), released.patient))

    def smallest(self) -> SmallestGroup | None:
        """Return the smallest group, or None of nobody."""
        sizes = Counter(group for group, _ in self._members)
        if not sizes:
            return None
        return SmallestGroup(
            k=min(sizes.values()),
            patients=len({patient for _, patient in self._members}),
            groups=len(sizes),
            alone=sum(size == 1 for size in sizes.values()),
            under_five=sum(size for size in sizes.values() if size < 5),
            counted=COUNTED,
        )


def quasi(record: PatientRecord, policy: DeidPolicy) -> Quasi:
    """Return what a patient has in common with others; an empty word where the record does not say."""
    patient = record.patient
    codes = (value.text[:3] for value in known_patient(patient).of(Category.ZIP))
    code = next((code for code in codes if len(code) == 3 and code.isdigit()), "")
    sex = str(patient.get("sex") or patient.get("gender") or "")[:1].casefold()
    return _band(patient, policy), sex, "000" if code in RESTRICTED_ZIP else code, record.diagnosis.casefold()


def _band(patient: dict[str, Any], policy: DeidPolicy) -> str:
    years = [int(value) for key, value in _leaves(patient) if key == "age" and value.isdecimal() and len(value) < 4]
    for key, value in _leaves(patient):
        if "birth" in key or key in ("dob", "born", "yob"):
            born = [day.year for day in find_dates(fold(value)) if day.year is not None and day.year > 999]
            born += [int(value)] if value.isdecimal() and len(value) == 4 else []
            years += [policy.reference_year - year for year in born[:1]]
    if not years:
        return ""
    start = min(years[0] // BAND_YEARS * BAND_YEARS, _OLDEST_BAND)
    return f"{start}+" if start == _OLDEST_BAND else f"{start}-{start + BAND_YEARS - 1}"


def _leaves(node: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(value, str(name).casefold())
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value, key)
    elif node is not None:
        yield key, str(node).strip()
