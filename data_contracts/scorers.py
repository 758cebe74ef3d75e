"""How an item's answer is scored. Each is a rule that anybody can apply again; none asks a model to judge."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Text


class PhraseScorer(Contract):
    """The generated reply must say an accepted answer and no other label of the suite."""

    kind: Literal["phrase"] = "phrase"


class ShortTextScorer(Contract):
    """The generated reply must be an accepted answer, nothing more, by its words."""

    kind: Literal["short-text"] = "short-text"


class ChoiceScorer(Contract):
    """The option that the model finds likeliest must be the item's first answer; nothing is generated."""

    kind: Literal["choice"] = "choice"
    options: tuple[Text, ...] = Field(min_length=2)
    length: Literal["raw", "characters", "tokens"] = Field(
        default="characters", description="what an option's log-likelihood is divided by; raw: nothing"
    )

    @model_validator(mode="after")
    def _options_differ(self) -> Self:
        if len(set(self.options)) < len(self.options):
            raise ValueError("two options are the same")
        return self


class NumericScorer(Contract):
    """The number in the generated reply must be the value, within a tolerance, in a unit that converts to this one."""

    kind: Literal["numeric"] = "numeric"
    value: float
    unit: Text | None = Field(default=None, description="such as mmol/L; None: a bare number")
    absolute: float = Field(default=0.0, ge=0, description="tolerance in the unit")
    relative: float = Field(default=0.0, ge=0, lt=1, description="tolerance as a fraction of the value")


class LabelSetScorer(Contract):
    """The labels of the suite that the generated reply names, against the item's answers: the F1 of the two sets."""

    kind: Literal["label-set"] = "label-set"


Scorer = Annotated[
    PhraseScorer | ShortTextScorer | ChoiceScorer | NumericScorer | LabelSetScorer, Field(discriminator="kind")
]
