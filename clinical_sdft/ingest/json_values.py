"""Read JSON without being surprised by its shape."""

import json
import re
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.reading import SourceFile

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def load_json(file: SourceFile) -> Any:
    """Return the JSON value of a file.

    Raises:
        InputError: it is no JSON, a key stands twice, or it is nested too deep; one line with the place.
    """
    text = file.text()
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _once(file, pairs), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"{file.name}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise InputError(f"{file.name}: nested deeper than can be read; flatten it") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{file.name}: {error}") from error
    refuse_half_characters(file.name, text, value)
    return value


def refuse_half_characters(name: str, text: str, value: Any) -> None:
    """Check that every escaped character in a JSON text is a whole one.

    Raises:
        InputError: half of a surrogate pair stands alone: no text, and nothing that could be kept.
    """
    if not _SURROGATE.search(text):
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{name}: an escape \\ud8… to \\udf… is half a character; write the whole one") from error


def looks_like_json(file: SourceFile) -> bool:
    """Say whether the first character opens a JSON object or list."""
    return file.data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def text_of(value: Any) -> str | None:
    """Return a text that says something, or None."""
    return value.strip() or None if isinstance(value, str) else None


def items(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; of anything else, none."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _once(file: SourceFile, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{file.name}: the key {twice[:60]!r} stands twice in one object; keep one")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number; write null or a number")
