"""Executable rules: typed fields with units, a condition over them, and the answer that follows.

A rule says in an expression language what a recommendation says in words, and quotes the words. The fields are what
the rules of one guideline may read of a patient's record; a record is brought to their units before any rule sees it.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from data_contracts.base import Contract, Slug, Text

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A field's name as conditions use it: lower case, digits and underscores."""

Value = float | bool | str
"""What a field of a record holds: a number in the field's unit, a word, or yes and no."""

LONGEST_CONDITION = 4000


class RuleField(Contract):
    """One thing that rules read of a record."""

    name: FieldName
    type: Literal["number", "text", "boolean"]
    unit: Text | None = Field(default=None, description="UCUM code of a number, such as mm[Hg]; 1 where it has none")
    label: Text | None = Field(default=None, description="how it is called in a written case; default: its name")
    shown_unit: Text | None = Field(default=None, description="the unit as a written case has it, such as years")
    values: tuple[Text, ...] = Field(default=(), description="the words a text may hold; empty for any")
    decimals: int | None = Field(
        default=None,
        ge=0,
        le=9,
        description="readings are rounded to so many decimals before a rule or a case has them",
    )
    molar_mass: float | None = Field(
        default=None, gt=0, description="g/mol, where laboratories report amounts of substance and masses alike"
    )

    @property
    def title(self) -> str:
        """How the field is called in a written case."""
        return self.label or self.name.replace("_", " ")

    @model_validator(mode="after")
    def _a_number_has_a_unit(self) -> Self:
        if self.type == "number" and self.unit is None:
            raise ValueError(f"field {self.name}: a number needs a unit, in UCUM (mm[Hg], mg/dL; 1 where it has none)")
        of_numbers = (self.unit, self.shown_unit, self.molar_mass, self.decimals)
        if self.type != "number" and any(value is not None for value in of_numbers):
            raise ValueError(f"field {self.name}: only a number has a unit, a molar mass or decimals")
        if self.values and self.type != "text":
            raise ValueError(f"field {self.name}: only a text has a list of values")
        return self


class FieldValue(Contract):
    """A typed value of a record: no text that somebody wrote, so nothing to de-identify."""

    name: FieldName
    value: Value
    unit: Text | None = Field(default=None, description="UCUM code of a number")


class Rule(Contract):
    """A condition over typed fields; where it holds, the answer follows on the quoted words."""

    id: Slug
    recommendation: Slug
    language: Literal["cel", "fhirpath"] = "cel"
    condition: Annotated[Text, StringConstraints(max_length=LONGEST_CONDITION)]
    answer: Text = Field(description="what is right to say of a record that meets the condition")
    quote: Text = Field(description="a span that stands verbatim in the guideline's document")
