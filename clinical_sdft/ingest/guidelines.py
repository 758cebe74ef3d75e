"""Read a guideline in the project's YAML or JSON format."""

import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.files import read_text
from clinical_sdft.validation import first_problem
from data_contracts import Guideline


def read_guideline(path: Path) -> Guideline:
    """Read and check a guideline.

    Raises:
        InputError: missing file, bytes that are not UTF-8, bad YAML or JSON, an unknown field, a duplicate id, no
            recommendations, or a quote that does not stand in the document. One line, with the file and the place.
    """
    text = read_text(path)
    try:
        raw: Any = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}: line {line}: not YAML: {error.problem}") from error
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be parsed: {str(error).splitlines()[0]}") from error
    if not isinstance(raw, dict):
        raise InputError(f"{path}: a guideline is a mapping with id, title, issuer, version, recommendations, …")
    if not raw.get("recommendations"):
        raise InputError(f"{path}: the guideline has no recommendations; list at least one under `recommendations`")
    try:
        return Guideline.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error
