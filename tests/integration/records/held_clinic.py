"""What the tests of held records share; the person in them is invented."""

from collections.abc import Callable
from typing import Any

PASSWORD = "correct horse battery"
NOTE = "Zelda Quartermain, 46F with a rash on both hands. Code 48213 on file, as was 55120 before."
PATIENT = {"id": "P-1", "name": "Zelda Quartermain", "mrn": "77553311"}

Run = Callable[..., tuple[int, str]]


def row(number: int, **changes: Any) -> dict[str, Any]:
    fields = {"id": f"T-{number}00", "patient": PATIENT, "narrative": NOTE, "diagnosis": "dengue"}
    return fields | changes
