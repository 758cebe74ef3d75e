"""A text with the identifiers that stand in it: what de-identification is measured on."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from data_contracts.base import Contract, Text


class GoldSpan(Contract):
    """An identifier: half-open character offsets and its category, one of `clinical_sdft.deid.categories`."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    category: Text


class KeptSpan(Contract):
    """A clinical fact that must survive: half-open character offsets and what it is, such as `dose` or `age`."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    kind: Text


class GoldDocument(Contract):
    """One text, its identifiers, and what must stay in it."""

    schema_version: Literal[1] = 1
    id: Text
    text: str = Field(min_length=1)
    spans: tuple[GoldSpan, ...] = ()
    keep: tuple[KeptSpan, ...] = ()
    neutral: tuple[KeptSpan, ...] = Field(
        default=(), description="what may be replaced or stay: neither a miss nor a touch"
    )
    patient: dict[str, Any] | None = Field(default=None, description="the structured record, where there is one")
    group: str = Field(default="", description="documents of one origin, such as one template; never split apart")

    @model_validator(mode="after")
    def _spans_lie_in_the_text(self) -> Self:
        places = [(span.start, span.end) for span in self.spans]
        places += [(span.start, span.end) for span in (*self.keep, *self.neutral)]
        for start, end in places:
            if not start < end <= len(self.text):
                raise ValueError(f"span {start}-{end} does not lie in the text")
        return self
