"""Read suites from files."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.scorers.numeric import unit_problem
from clinical_sdft.files import read_text
from clinical_sdft.validation import first_problem
from clinical_sdft.yaml_values import load_yaml
from data_contracts import NumericScorer, Suite


def read_suite(path: Path) -> Suite:
    """Read a suite from YAML or JSON.

    Raises:
        InputError: the file is missing, not UTF-8, not YAML, empty, or not a suite.
    """
    text = read_text(path)
    try:
        raw: Any = json.loads(text) if path.suffix == ".json" else load_yaml(f"{path}", text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be parsed: {str(error).splitlines()[0][:120]}") from error
    if not isinstance(raw, dict) or not raw.get("items"):
        raise InputError(f"{path}: the suite has no items; list at least one under `items`")
    try:
        suite = Suite.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error
    except (ValueError, RecursionError, TypeError) as error:
        raise InputError(f"{path}: holds what JSON cannot ({type(error).__name__}); write plain values") from error
    for item in suite.items:
        unit = item.scorer.unit if isinstance(item.scorer, NumericScorer) else None
        if unit is not None and (problem := unit_problem(unit)):
            raise InputError(f"{path}: item {item.id}: {problem}")
    return suite
