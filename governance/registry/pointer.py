"""Two small files beside the store, each replaced whole.

`current.json` names the model that is in force: the registry decides, the file follows. `route.json` names the one that
answers: the last hand-off to the servers decided that, and the log holds it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from data_contracts import AuditEvent, Promotion, canonical_json
from governance.registry.promotions import current
from governance.store.database import reading, writing
from governance.store.objects import write_atomically
from governance.store.tables import events

HANDED_OFF = "serving-handed-off"
POINTER = "current.json"
ROUTE = "route.json"


def sync_pointer(engine: Engine, serving: Path) -> None:
    """Make the files say what the store says; readers see the old file or the whole new one.

    The write lock is held meanwhile: of two promotions, the later one's pointer stays. A store that cannot be read
    moves no file: verifying it says what is wrong.
    """
    with reading(engine) as connection:
        if all(read_pointer(serving, name) == content for name, content in _wanted(connection)):
            return
    with writing(engine) as connection:
        for name, content in _wanted(connection):
            _write(serving / name, content)


def read_pointer(serving: Path, name: str = POINTER) -> bytes | None:
    """Return the bytes of one of the files; None when there is none."""
    path = serving / name
    return path.read_bytes() if path.is_file() else None


def pointer_bytes(promotion: Promotion | None) -> bytes | None:
    """Return what the pointer must hold for a promotion: digests, never paths, so that a name is never reused."""
    if promotion is None:
        return None
    content = {
        "model": promotion.current,
        "adapter": promotion.adapter,
        "promotion": promotion.digest,
        "update_id": promotion.update_id,
    }
    return canonical_json(content) + b"\n"


def last_hand_off(connection: Connection) -> AuditEvent | None:
    """Return the event of the last hand-off; None when there was none."""
    query = select(events.c.canonical).where(events.c.action == HANDED_OFF).order_by(events.c.seq.desc()).limit(1)
    row = connection.scalar(query)
    return None if row is None else AuditEvent.from_bytes(row)


def route_bytes(event: AuditEvent | None) -> bytes | None:
    """Return what the route must hold after a hand-off: the name to ask a server for, and whose name it is."""
    if event is None:
        return None
    content = {name: event.details[name] for name in ("name", "model", "adapter")}
    return canonical_json(content | {"promotion": event.subject}) + b"\n"


def _wanted(connection: Connection) -> Iterator[tuple[str, bytes | None]]:
    for name, content in CONTENTS.items():
        with suppress(ValidationError, KeyError):
            yield name, content(connection)


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        with write_atomically(path) as file:
            file.write(content)


CONTENTS: dict[str, Callable[[Connection], bytes | None]] = {
    POINTER: lambda connection: pointer_bytes(current(connection)),
    ROUTE: lambda connection: route_bytes(last_hand_off(connection)),
}
"""What each file must hold."""
