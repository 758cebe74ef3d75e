"""What all readers share: what they give back, and the shape of the structured identifiers they collect."""

from dataclasses import dataclass, field
from typing import Any

from data_contracts.records import PatientRecord

NOT_STATED = "not stated"
"""The diagnosis of a note that no diagnosis belongs to; no guideline recommends on it, so it never trains."""


@dataclass(frozen=True)
class Unread:
    """A part of a document that is held back: where it stands, why, and the bytes its digest is taken of."""

    place: str
    why: str
    raw: bytes


Read = PatientRecord | Unread


@dataclass
class Identity:
    """The structured identifiers of one patient as they are collected.

    The keys are those that `clinical_sdft.deid.known` tells categories by.
    """

    id: str = ""
    sex: str = ""
    own: list[dict[str, Any]] = field(default_factory=list)
    relatives: list[dict[str, Any]] = field(default_factory=list)
    providers: list[dict[str, Any]] = field(default_factory=list)
    facilities: list[dict[str, Any]] = field(default_factory=list)
    dates: set[str] = field(default_factory=set)

    def as_patient(self) -> dict[str, Any]:
        """Return the `patient` object of a record: the patient's own identifiers first."""
        patient: dict[str, Any] = {"id": self.id, "sex": self.sex}
        groups = {
            "own": self.own,
            "relatives": self.relatives,
            "providers": self.providers,
            "facilities": self.facilities,
        }
        patient |= {name: _distinct(group) for name, group in groups.items()}
        return {key: value for key, value in (patient | {"dates": sorted(self.dates)}).items() if value}


def filled(**values: Any) -> dict[str, Any]:
    """Return the values that say something."""
    return {key: value for key, value in values.items() if value}


def person_name(given: list[str], family: str) -> str:
    """Write a name so that its family part is known: `Garcia Lopez, Maria`."""
    first = " ".join(word for word in given if word)
    if not family or not first:
        return family or first
    return f"{family}, {first}" if len(first.split()[0].rstrip(".")) > 1 else f"{first} {family}"


def _distinct(group: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for index, entry in enumerate(group) if entry and entry not in group[:index]]
