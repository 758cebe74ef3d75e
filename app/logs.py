"""What the server's log may say of an error: its type and the places in the code, never its message."""

import logging
import traceback
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parents[1]
_MOST_PLACES = 6


class _Wordless:
    """Makes log records whose errors are told by type and place; a message may quote a patient."""

    def __init__(self, made_by: Any) -> None:
        self._made_by = made_by

    def __call__(self, *arguments: Any, **options: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._made_by(*arguments, **options)
        if isinstance(record.exc_info, tuple) and record.exc_info[1] is not None:
            # The words are the logger's own; what would be put into them may be the message.
            record.msg, record.args = f"{record.msg}: {told(record.exc_info[1])}", ()
            record.exc_info = None
        return record


def keep_wordless() -> None:
    """Have every logger of this process, Streamlit's among them, drop the messages of errors; done once."""
    made_by = logging.getLogRecordFactory()
    # By name: Streamlit may load this module anew when a file changes.
    if type(made_by).__name__ != _Wordless.__name__:
        logging.setLogRecordFactory(_Wordless(made_by))


def told(error: BaseException) -> str:
    """Return an error's type and the places it came through, innermost first."""
    places = [_place(frame) for frame in reversed(traceback.extract_tb(error.__traceback__))]
    return f"{type(error).__name__} at {' < '.join(places[:_MOST_PLACES])}; its message is dropped"


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    root = next((parent for parent in path.parents if parent.name == "site-packages"), _HERE)
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return f"{name}:{frame.lineno}"
