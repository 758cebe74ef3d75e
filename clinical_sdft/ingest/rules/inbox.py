"""The inbox of demonstrations made by rules: `rules apply --out` writes it, the update of their guideline reads it."""

from pathlib import Path

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.files import read_contracts, write_contracts
from clinical_sdft.validation import first_problem
from data_contracts import Demonstration, Guideline

FOLDER = "demonstrations"


def write_inbox(inbox: Path, name: str, demonstrations: list[Demonstration]) -> Path:
    """Write demonstrations as a file of the inbox, replacing one of this name."""
    target = inbox / FOLDER / f"{name}.jsonl"
    write_contracts(target, demonstrations)
    return target


def read_inbox(inbox: Path, guideline: Guideline) -> tuple[Demonstration, ...]:
    """Return the demonstrations made from this very guideline, in the order of the files.

    Raises:
        InputError: a file holds something else.
    """
    found: list[Demonstration] = []
    for file in sorted((inbox / FOLDER).glob("*.jsonl")):
        try:
            found += [one for one in read_contracts(file, Demonstration) if one.guideline == guideline.digest]
        except ValidationError as error:
            raise InputError(f"{file}: not demonstrations: {first_problem(error)}") from error
    return tuple(found)
