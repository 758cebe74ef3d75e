"""Numbers with units: the quantity in a reply, converted by pint, within a tolerance of the right one."""

import math
import re
from functools import cache, lru_cache
from typing import Any

from data_contracts import NumericScorer, Suite, SuiteItem

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?"
# A unit stands right behind its number: words and signs, at most one space away, never another number.
_QUANTITY = re.compile(rf"(?<![\w.,])({_NUMBER})(?![\d])\s?(%|[°µμA-Za-zΩ][°µμA-Za-zΩ0-9%/^*·.²³]{{0,31}})?")
# What pint is given to parse: names with small powers, multiplied or divided. Its parser would also work out 9**9**9.
_NAME = r"[°µμA-Za-zΩ%][°µμA-Za-zΩ_]{0,23}(?:(?:\^|\*\*)?-?[0-9])?"
_UNIT = re.compile(rf"{_NAME}(?:[/*]{_NAME}){{0,5}}")
_ROUNDING = 1e-9


def numeric_score(suite: Suite, item: SuiteItem, reply: str) -> float:
    """Return 1.0 when the reply names the right quantity and no other one of its kind, else 0.0.

    Where the scorer has a unit, only numbers whose unit converts to it count: a bare number is no dose. Where it has
    none, all numbers count. A reply that names a right and a wrong one is wrong.
    """
    assert isinstance(item.scorer, NumericScorer)
    found = quantities(reply, item.scorer.unit)
    return 1.0 if found and all(_near(value, item.scorer) for value in found) else 0.0


def quantities(text: str, unit: str | None) -> list[float]:
    """Return the quantities that a text names, in a unit; all of its numbers where the unit is None."""
    rows = [(float(number.replace(",", "")), tail) for number, tail in _QUANTITY.findall(text)]
    if unit is None:
        return [value for value, _ in rows]
    converted = (_convert(value, tail.rstrip(".").rstrip("/"), unit) for value, tail in rows if tail)
    return [value for value in converted if value is not None]


def unit_problem(unit: str) -> str | None:
    """Return why a unit cannot be used; None when it can."""
    return f"`{unit}` is no unit that can be converted; write it as in mmol/L or mg/kg" if _unit(unit) is None else None


def _near(value: float, scorer: NumericScorer) -> bool:
    allowed = scorer.absolute + scorer.relative * abs(scorer.value)
    return math.isfinite(value) and abs(value - scorer.value) <= allowed + _ROUNDING * max(1.0, abs(scorer.value))


@cache
def _registry() -> Any:
    import pint

    registry: Any = pint.UnitRegistry()
    registry.define("international_unit = [biological_activity] = IU = iu")
    registry.define("milliequivalent = [charge_amount] = mEq = meq")
    return registry


@lru_cache(maxsize=4096)
def _unit(text: str) -> Any:
    spelled = _spelled(text)
    if not _UNIT.fullmatch(spelled):
        return None
    try:
        return _registry().Unit(spelled)
    except Exception:  # pint raises whatever its parser meets; a word behind a number is often no unit
        return None


def _convert(value: float, unit: str, wanted: str) -> float | None:
    """Return a value in the wanted unit; None where the words behind it are no unit of that kind."""
    given, target = _unit(unit), _unit(wanted)
    if given is None or target is None or given.dimensionality != target.dimensionality:
        return None
    if not given.dimensionality and str(given) != str(target) and "%" not in (unit, wanted):
        return None
    return float(_registry().Quantity(value, given).to(target).magnitude)


def _spelled(unit: str) -> str:
    """Return a unit as pint spells it."""
    plain = unit.replace("°C", "degC").replace("°F", "degF").replace("·", "*").replace("²", "2").replace("³", "3")
    return re.sub(r"(?<=[A-Za-z])(?=-?[0-9])", "^", plain)
