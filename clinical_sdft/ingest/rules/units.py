"""Units by UCUM code (ucumvert) and their conversion (pint): never by hand."""

from functools import cache, lru_cache
from typing import Any

from clinical_sdft.errors import InputError
from data_contracts import RuleField

NONE = "1"


class UnitError(InputError):
    """A unit is not known, or cannot become the one that is wanted; the caller adds the place."""


@cache
def _registry() -> Any:
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


def prepare() -> None:
    """Load what conversions need, before a process is forked whose time is counted: it takes about a second."""
    import pint.errors  # noqa: F401

    _unit(NONE)


@lru_cache(maxsize=1024)
def _unit(code: str) -> Any:
    """Return pint's unit of a UCUM code.

    Raises:
        UnitError: it is none.
    """
    from lark.exceptions import LarkError
    from ucumvert.parser import InvalidUcumError

    try:
        found = _registry().from_ucum(code)
    except (InvalidUcumError, LarkError, ValueError, KeyError, AttributeError) as error:
        hint = "; write mm[Hg]" if code.replace(" ", "").lower() == "mmhg" else ""
        raise UnitError(f"unit {code!r} is not a UCUM code{hint}") from error
    quantity = found if hasattr(found, "units") else _registry().Quantity(1)  # an annotation alone, such as {score}
    if quantity.magnitude != 1:
        raise UnitError(f"unit {code!r}: write the number into the value, not into the unit")
    return quantity.units


def check_unit(field: RuleField, place: str) -> None:
    """Check a field's unit.

    Raises:
        InputError: it is not UCUM; names file and field.
    """
    if field.unit is not None:
        try:
            _unit(field.unit)
        except UnitError as error:
            raise InputError(f"{place}: field {field.name}: {error}") from error


def convert(value: float, unit: str, field: RuleField) -> float:
    """Return a number in the field's unit.

    Raises:
        UnitError: a unit is not known, or is of another kind; mmol/L to mg/dL needs the field's molar mass.
    """
    wanted = field.unit or NONE
    if unit == wanted:
        return value
    from pint.errors import DimensionalityError

    source, target = _unit(unit), _unit(wanted)
    quantity = _registry().Quantity(value, source)
    try:
        if field.molar_mass and source.dimensionality != target.dimensionality:
            mass = _registry().Quantity(field.molar_mass, "g/mol")
            return float(quantity.to(target, "chemistry", mw=mass).magnitude)
        return float(quantity.to(target).magnitude)
    except DimensionalityError as error:
        needs = "" if field.molar_mass else "; between amounts and masses the field needs a `molar_mass`"
        raise UnitError(f"{unit} cannot become {wanted}{needs}") from error


def written(field: RuleField) -> str:
    """Return a number's unit as it is written in a case: as the field says, or mmHg for mm[Hg] and nothing for 1."""
    if field.shown_unit or field.unit is None or field.unit == NONE:
        return field.shown_unit or ""
    return format(_unit(field.unit), "~P").removeprefix("_")
