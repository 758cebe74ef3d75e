"""Which column or FHIR path of a structured record holds which field, in which unit, in which words."""

import json
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from clinical_sdft.errors import InputError
from clinical_sdft.files import read_text
from clinical_sdft.validation import first_problem
from clinical_sdft.yaml_values import load_yaml
from data_contracts import Contract, Guideline, RuleField
from data_contracts.base import Text
from data_contracts.rules import Value


class FieldSource(Contract):
    """Where one field comes from."""

    column: Text | None = Field(default=None, description="of a CSV file")
    path: Text | None = Field(default=None, description="FHIRPath in the resource that `each` finds, or in the bundle")
    bundle: Text | None = Field(default=None, description="FHIRPath in the whole bundle")
    since: Text | None = Field(
        default=None, description="FHIRPath in the bundle to a date: the field is the whole years from it to `path`"
    )
    unit: Text | None = Field(default=None, description="UCUM code of the numbers, where the record itself names none")
    words: dict[str, Value] = Field(default={}, description="what the record says → what the field holds")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.column, self.path, self.bundle)) != 1:
            raise ValueError("name one of `column`, `path` and `bundle`")
        if self.since is not None and self.path is None:
            raise ValueError("`since` counts years up to the date at `path`")
        return self


class Mapping(Contract):
    """How records are read as typed fields. Nothing that is not listed here is read."""

    format: Literal["csv", "fhir"]
    fields: dict[str, FieldSource] = Field(min_length=1)
    patient: Text | None = Field(
        default=None, description="column that tells patients apart; FHIR: always the Patient resource's id"
    )
    only: dict[str, tuple[str, ...]] = Field(default={}, description="column → its values in rows that are read")
    each: Text | None = Field(default=None, description="FHIRPath in the bundle: one case for each resource it finds")
    published: Text | None = Field(default=None, description="column with published answers, to compare with")
    answers: dict[str, str] = Field(default={}, description="what the published column says → the rules' answers")

    @model_validator(mode="after")
    def _places_fit_the_format(self) -> Self:
        for name, source in self.fields.items():
            if (source.column is not None) != (self.format == "csv"):
                raise ValueError(f"field {name}: a {self.format} mapping names a {self.wanted}")
        csv_only = {"patient": self.patient, "only": self.only, "published": self.published}
        wrong = [name for name, value in csv_only.items() if value and self.format == "fhir"]
        if wrong or (self.each and self.format == "csv"):
            raise ValueError(f"{(*wrong, 'each')[0]}: is of the other format")
        return self

    @property
    def wanted(self) -> str:
        """What a field of this format names."""
        return "`column`" if self.format == "csv" else "`path` or `bundle`"


def read_mapping(path: Path, *guidelines: Guideline) -> Mapping:
    """Read a mapping from YAML or JSON and check it against the fields of guidelines.

    Raises:
        InputError: it cannot be read, names a field that no guideline has, or a number without a unit. One line.
    """
    raw = load_yaml(f"{path}", read_text(path))
    try:
        mapping = Mapping.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error
    except (ValueError, RecursionError, TypeError) as error:
        raise InputError(f"{path}: holds what JSON cannot ({type(error).__name__}); write plain values") from error
    known = [field for guideline in guidelines for field in guideline.fields]
    for name, source in mapping.fields.items():
        meant = [field for field in known if field.name == name]
        if not meant:
            names = ", ".join(dict.fromkeys(field.name for field in known))
            raise InputError(f"{path}: field {name}: the guideline has no such field; it has {names or 'none'}")
        for field in meant:
            _check_source(path, field, source, mapping)
    return mapping


def _check_source(path: Path, field: RuleField, source: FieldSource, mapping: Mapping) -> None:
    where = f"{path}: field {field.name}"
    if field.type == "number" and source.unit is None and mapping.format == "csv":
        raise InputError(f"{where}: name the `unit` of the column (UCUM); the rule's is {field.unit}")
    if source.since is not None and field.unit != "a":
        raise InputError(f"{where}: `since` gives years; the guideline's field is no number in years (unit a)")
    if field.type == "text" and not field.values:
        raise InputError(f"{where}: free text is never read; list the words the guideline's field may hold (`values`)")
    if field.type == "boolean" and mapping.format == "csv" and not source.words:
        raise InputError(f"{where}: say which words of the column mean true and false, under `words`")
