"""The project's own guideline format, as one file among others."""

import json

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.json_values import load_json
from clinical_sdft.ingest.reading import Extracted, Found, SourceFile
from clinical_sdft.validation import first_problem
from clinical_sdft.yaml_values import load_yaml
from data_contracts import Guideline


class Project:
    """A whole guideline in YAML or JSON."""

    name = "guideline YAML/JSON"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether the name says YAML or JSON; readers of particular JSON were asked before."""
        return file.suffix in (".yaml", ".yml", ".json")

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return each guideline's recommendations, with its cases as their questions.

        Raises:
            InputError: a file is no guideline.
        """
        return tuple(_read(file) for file in files)


def parse(file: SourceFile) -> Guideline:
    """Read and check a guideline.

    Raises:
        InputError: bytes that are not UTF-8, bad YAML or JSON, an unknown field, a duplicate id, no recommendations,
            one without an answer, or a quote that does not stand in the document. One line, with file and place.
    """
    raw = load_json(file) if file.suffix == ".json" else load_yaml(file.name, file.text())
    if not isinstance(raw, dict):
        raise InputError(f"{file.name}: a guideline is a mapping with id, title, issuer, version, recommendations, …")
    if raw.get("resourceType"):
        raise InputError(f"{file.name}: FHIR {str(raw['resourceType'])[:40]}: no guideline; a PlanDefinition is one")
    if not raw.get("recommendations"):
        raise InputError(f"{file.name}: the guideline has no recommendations; list one under `recommendations`")
    try:
        return Guideline.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise InputError(f"{file.name}: {first_problem(error)}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file.name}: holds what JSON cannot ({type(error).__name__}); write plain values") from error


def _read(file: SourceFile) -> Extracted:
    guideline = parse(file)
    found: list[Found] = []
    for item in guideline.recommendations:
        base = Found(
            id=item.id,
            quote=item.quote,
            statement=item.statement,
            place=f"recommendation {item.id}",
            found_by="guideline format",
            answer=item.answer,
            strength=item.strength,
            evidence=item.evidence,
            url=item.source.url,
            title=item.source.title,
            confusable=item.confusable,
        )
        cases = [case for case in guideline.cases if case.recommendation == item.id]
        found += [base.model_copy(update={"question": case.question, "whole": case.whole}) for case in cases] or [base]
    return Extracted(
        format=Project.name,
        text=guideline.document,
        found=tuple(found),
        title=guideline.title,
        issuer=guideline.issuer,
        version=guideline.version,
        date=guideline.date,
        licence=guideline.licence,
    )
