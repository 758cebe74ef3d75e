"""Held records: which wait, and what the update engine says of one. Their text stays in this process's memory.

The page must not load the engine, so it asks the command line, as a person at a terminal would.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from data_contracts import Digest, MarkedSpan, QuarantinedRecord, QuarantinedSpan
from governance.services import queries
from governance.services.handle import Governance

PATIENCE_SECONDS = 120.0
_SECRETS = ("CLINICAL_SDFT_PASSWORD", "CLINICAL_SDFT_TOTP")
_SAYS = "clinical-sdft: "


class HeldError(Exception):
    """A held record cannot be read, or may not be decided so; one line for a person, without the record's text."""


@dataclass(frozen=True)
class Held:
    """A record that runs held back and nobody has decided on."""

    record: QuarantinedRecord
    updates: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Opened:
    """A held record with its text, as it stands in its own file."""

    record: Digest
    why: str
    file: str | None
    place: str
    narrative: str | None
    """None where there is no text to show."""
    diagnosis: str | None
    spans: tuple[QuarantinedSpan, ...]
    categories: tuple[str, ...]


def waiting(gov: Governance) -> list[Held]:
    """Return the held records without a decision, those of the newest run first.

    Raises:
        HeldError: a run's list of held records is damaged.
    """
    decided = queries.quarantine_decisions(gov)
    files = sorted(gov.workspace.glob("runs/*/quarantine.jsonl"), key=lambda file: -file.stat().st_mtime)
    found: dict[Digest, tuple[QuarantinedRecord, list[str]]] = {}
    for file in files:
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            try:
                record = QuarantinedRecord.from_bytes(line)
            except (ValidationError, ValueError):
                where = f"runs/{file.parent.name}/{file.name}, line {number}"
                raise HeldError(f"{where}: is damaged; run the update again, which writes it anew") from None
            if record.record not in decided:
                found.setdefault(record.record, (record, []))[1].append(file.parent.name)
    return [Held(record, tuple(updates)) for record, updates in found.values()]


def open_record(gov: Governance, record: Digest, username: str) -> Opened:
    """Return a held record with its text; looking is an event in the audit log.

    Raises:
        HeldError: it cannot be shown, or this person may not see it.
    """
    said = _ask(gov, "show", record, f"--as={username}", "--json")
    try:
        row = json.loads(said)
        return Opened(
            record=row["record"],
            why=f"{row['reason']}: {row['detail']}",
            file=row["file"],
            place=row["place"],
            narrative=row["narrative"],
            diagnosis=row["diagnosis"],
            spans=tuple(QuarantinedSpan(**span) for span in row["spans"]),
            categories=tuple(row["categories"]),
        )
    except (ValueError, KeyError, TypeError):  # their messages may hold the text
        raise HeldError("the answer of `clinical-sdft quarantine show` cannot be read") from None


def check(
    gov: Governance,
    opened: Opened,
    decision: Literal["release", "discard"],
    *,
    username: str,
    reason: str,
    spans: Sequence[MarkedSpan] = (),
    keep_diagnosis: bool = False,
) -> None:
    """Make sure that a record may be decided on so: de-identified anew with these marks, nothing is found in it.

    Raises:
        HeldError: it may not, and why.
    """
    line = [decision, opened.record, f"--as={username}", "--check"]
    for span in spans:
        place = f"{span.start}-{span.end}"
        line.append(f"--keep={place}" if span.category is None else f"--redact={place}:{span.category}")
    if keep_diagnosis:
        line.append("--keep-diagnosis")
    _ask(gov, *line, reason=reason)


def _ask(gov: Governance, *line: str, reason: str = "") -> str:
    """Return what `clinical-sdft quarantine` prints; other accounts cannot read a reason in the environment."""
    command = [sys.executable, "-m", "clinical_sdft.cli", "quarantine", *line, "--workspace", str(gov.workspace)]
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    environment |= {"CLINICAL_SDFT_REASON": reason, "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HeldError(f"no answer in {PATIENCE_SECONDS:.0f} seconds; is the workspace's disk busy?") from None
    except (OSError, ValueError) as error:
        raise HeldError(f"`clinical-sdft quarantine {line[0]}` cannot be run ({type(error).__name__})") from None
    if done.returncode == 0:
        return done.stdout
    lines = [text.removeprefix(_SAYS) for text in done.stderr.splitlines() if text.startswith(_SAYS)]
    raise HeldError(lines[-1] if lines else f"`clinical-sdft quarantine {line[0]}` ended with {done.returncode}")
