"""The serving pointer: a small file that names the model in force. The registry decides, the file follows."""

from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Engine

from data_contracts import Promotion, canonical_json
from governance.registry.promotions import current
from governance.store.database import reading, writing
from governance.store.objects import write_atomically

_FILE = "current.json"


def sync_pointer(engine: Engine, serving: Path) -> None:
    """Make `current.json` say what the registry says; readers see the old file or the whole new one.

    The write lock is held meanwhile: of two promotions, the later one's pointer stays. Where the last promotion
    cannot be read, the file stays as it is, so that serving goes on and `audit verify` can name the damage.
    """
    try:
        with reading(engine) as connection:
            if pointer_bytes(current(connection)) == read_pointer(serving):
                return
    except ValidationError:
        return
    with writing(engine) as connection:
        content = pointer_bytes(current(connection))
        if content is None:
            (serving / _FILE).unlink(missing_ok=True)
        else:
            with write_atomically(serving / _FILE) as file:
                file.write(content)


def read_pointer(serving: Path) -> bytes | None:
    """Return the pointer file's bytes; None when there is none."""
    path = serving / _FILE
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
