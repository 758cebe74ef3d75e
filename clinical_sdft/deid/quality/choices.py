"""The words of the command line's options; this module loads nothing."""

from enum import StrEnum


class GoldFormat(StrEnum):
    """The formats of gold sets; `AUTO` looks at the first characters."""

    AUTO = "auto"
    OWN = "own"
    ASQ_PHI = "asq-phi"
    PRESIDIO = "presidio-research"


class Half(StrEnum):
    """Which documents, by their place in the file."""

    ALL = "all"
    FIRST = "first"
    SECOND = "second"


class Split(StrEnum):
    """Which documents, by a hash of their group or id that no reordering changes."""

    ALL = "all"
    TUNING = "tuning"
    HELD_OUT = "held-out"


class Engine(StrEnum):
    """What is measured."""

    OWN = "own"
    STOCK_PRESIDIO = "stock-presidio"
