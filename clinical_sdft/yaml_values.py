"""Read YAML from outside the house: one line for whatever is wrong with it, and nothing that swells."""

from typing import Any

import yaml

from clinical_sdft.errors import InputError

MAX_VALUES = 1_000_000
"""Most values a YAML file may stand for, its aliases written out."""


def load_yaml(name: str, text: str) -> Any:
    """Return the value of a YAML text.

    Args:
        name: of the file, for messages.
        text: what stands in it.

    Raises:
        InputError: it is no YAML, holds what plain values cannot, or its aliases stand for too much or for themselves.
    """
    try:
        value = yaml.safe_load(text)
        _refuse_swelling(name, value)
        return value
    except InputError:
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{name}: line {line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, KeyError, TypeError, AttributeError) as error:
        words = str(error).splitlines()[:1] or [type(error).__name__]
        raise InputError(f"{name}: cannot be parsed: {words[0][:120]}") from error


def _refuse_swelling(name: str, value: Any) -> None:
    """Check that aliases do not let a small file stand for gigabytes, or for itself.

    Raises:
        InputError: written out, the value would have more than `MAX_VALUES` parts.
    """
    sizes: dict[int, int] = {}

    def size(part: Any) -> int:
        if not isinstance(part, dict | list | tuple):
            return 1
        if id(part) not in sizes:
            sizes[id(part)] = MAX_VALUES + 1  # what holds itself is endless
            sizes[id(part)] = 1 + sum(size(one) for one in (part.values() if isinstance(part, dict) else part))
        return sizes[id(part)]

    if size(value) > MAX_VALUES:
        raise InputError(f"{name}: aliases (*name) stand for too much, or for themselves; write the values out")
