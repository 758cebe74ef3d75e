"""The identifier categories and the span type that all parts of this room exchange."""

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """What kind of identifier a span is; the words that appear in reports."""

    NAME = "name"
    FACILITY = "facility"
    PLACE = "place"
    ADDRESS = "address"
    ZIP = "zip"
    DATE = "date"
    AGE = "age_over_89"
    PHONE = "phone"
    EMAIL = "email"
    URL = "url"
    IP = "ip"
    SSN = "ssn"
    MRN = "mrn"
    HEALTH_PLAN = "health_plan"
    ACCOUNT = "account"
    LICENCE = "licence"
    VEHICLE = "vehicle"
    DEVICE = "device"
    OTHER_ID = "other_id"


NUMBERS = frozenset(
    {
        Category.SSN,
        Category.MRN,
        Category.HEALTH_PLAN,
        Category.ACCOUNT,
        Category.LICENCE,
        Category.VEHICLE,
        Category.DEVICE,
        Category.OTHER_ID,
    }
)
"""Categories whose values are codes of letters and digits."""


@dataclass(frozen=True)
class Span:
    """A found identifier: half-open character offsets, its category, and how sure the rule is.

    `guess` marks what a statistical model or a loose pattern proposed: only such spans are checked
    against the safe list.
    """

    start: int
    end: int
    category: Category
    score: float
    guess: bool = False
