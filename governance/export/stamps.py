"""Checks the signatures of an export's time stamps: the one thing that `verify.py`, with what it has, does not."""

from pathlib import Path

from governance.audit.errors import TimeStampError
from governance.audit.timestamps import check, read_roots
from governance.export.verify import (
    STAMPS,
    UNCHECKED,
    Members,
    VerificationReport,
    note_name,
    read_folder,
    read_zip,
)

_ROOTS = STAMPS + "roots.pem"


def check_stamps(path: Path, roots: bytes | None, report: VerificationReport) -> None:
    """Check each token's signature and chain, and put what was found into the report of `verify`.

    Args:
        path: the export that `verify` has read.
        roots: PEM of the certificates to trust; None takes the export's own, and the report says so.
        report: what `verify` found.
    """
    if UNCHECKED not in report.notes:
        return
    report.notes.remove(UNCHECKED)
    members = read_folder(path) if path.is_dir() else read_zip(path.read_bytes(), VerificationReport(""))
    if roots is None:
        report.notes.append(
            "the time stamps' roots are taken from this export itself: compare them with the authority's"
        )
    try:
        trusted = read_roots(members.get(_ROOTS, b"") if roots is None else roots)
    except TimeStampError as error:
        report.bad(_ROOTS, str(error))
        return
    moments = []
    for name in sorted(name for name in members if name.endswith(".tsr")):
        try:
            moments.append(check(members[name], _note(members, name), trusted))
        except TimeStampError as error:
            report.bad(name, str(error))
    if moments:
        report.notes.append(f"{len(moments)} time stamps hold, the last of {max(moments):%Y-%m-%d %H:%M:%S} UTC")


def _note(members: Members, name: str) -> str:
    return members.get(note_name(name), b"").decode("utf-8", "replace")
