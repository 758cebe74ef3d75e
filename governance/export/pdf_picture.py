"""The gate's picture for the PDF: each interval against its margin, as the review page draws it."""

from collections.abc import Callable, Sequence
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, String
from reportlab.lib import colors

from data_contracts import SuiteJudgement
from governance.export.words import ROLES

_INK, _LIMIT, _PALE, _TEXT = (colors.HexColor(c) for c in ("#1f4e6b", "#a61b1b", "#8a97a3", "#1c2733"))
_ROW, _LABELS, _RIGHT, _FOOT, _HEAD = 26.0, 165.0, 78.0, 30.0, 24.0
_FONT = "DejaVuSans"

MOST_ROWS = 20
"""Judgements that one picture holds, so that it fits a page."""

CAPTIONS = {
    1: "What it knew before, drop in points: ● is the drop that was seen, its line runs to the largest drop that the "
    "data cannot rule out,",
    -1: "What it should learn, gain in points: ● is the gain that was seen, its line runs to the smallest gain that "
    "the data cannot rule out,",
}
ENDINGS = {
    1: "the upright bar is the most that is allowed. A suite passes when its line ends left of the bar, or on it.",
    -1: "the upright bar is the least that is asked. It passes when its line ends right of the bar, or on it.",
}


def picture(judgements: Sequence[SuiteJudgement], sign: int, width: float, plain: Callable[[str], str]) -> Drawing:
    """Draw judgements of one kind.

    Args:
        judgements: those on prior suites, or the one on the new suite.
        sign: 1 where a drop is shown, -1 where a gain is.
        width: of the drawing, in points of print.
        plain: replaces signs that the font lacks.
    """
    height = _HEAD + _ROW * len(judgements) + _FOOT
    drawing = Drawing(width, height)
    values = [sign * 100 * v for one in judgements for v in (one.drop, one.drop_upper, one.margin)]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.08 * (high - low or 1.0)
    low, high = low - room, high + room

    def x(value: float) -> float:
        return _LABELS + (value - low) / (high - low) * (width - _LABELS - _RIGHT)

    for line, caption in enumerate((CAPTIONS[sign], ENDINGS[sign])):
        drawing.add(_string(0, height - 8 - 9 * line, caption, 6.5, _PALE))
    _axis(drawing, x, low, high, _FOOT - 4, height - _HEAD)
    for row, one in enumerate(judgements):
        y = height - _HEAD - _ROW * (row + 0.5)
        _interval(drawing, one, sign, x, y)
        drawing.add(_string(0, y - 2, plain(_shorten(f"{one.suite_id} ({ROLES[one.role]})")), 7, _TEXT))
        drawing.add(_string(width - _RIGHT + 6, y - 2, one.verdict.value, 7, _TEXT))
    return drawing


def _interval(drawing: Drawing, one: SuiteJudgement, sign: int, x: Callable[[float], float], y: float) -> None:
    seen, bound, limit = (x(sign * 100 * value) for value in (one.drop, one.drop_upper, one.margin))
    drawing.add(Line(seen, y, bound, y, strokeColor=_INK, strokeWidth=2))
    drawing.add(Line(bound, y - 3, bound, y + 3, strokeColor=_INK, strokeWidth=1))
    drawing.add(Circle(seen, y, 3.2, fillColor=_INK, strokeColor=_INK))
    drawing.add(Line(limit, y - 9, limit, y + 9, strokeColor=_LIMIT, strokeWidth=2.4))


def _axis(drawing: Drawing, x: Callable[[float], float], low: float, high: float, bottom: float, top: float) -> None:
    drawing.add(Line(x(low), bottom, x(high), bottom, strokeColor=_PALE, strokeWidth=0.6))
    drawing.add(Line(x(0), bottom, x(0), top, strokeColor=_PALE, strokeWidth=0.8, strokeDashArray=[3, 3]))
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 50, 100) if (high - low) / s <= 8)
    tick = -(-low // step) * step
    while tick <= high:
        drawing.add(Line(x(tick), bottom, x(tick), bottom - 3, strokeColor=_PALE, strokeWidth=0.6))
        label = f"{tick:g}".replace("-", "−") if tick else "0"
        drawing.add(_string(x(tick), bottom - 12, label, 6.5, _PALE, "middle"))
        tick += step


def _shorten(label: str) -> str:
    return label if len(label) <= 42 else label[:41] + "…"


def _string(x: float, y: float, text: str, size: float, color: Any, anchor: str = "start") -> String:
    return String(x, y, text, fontName=_FONT, fontSize=size, fillColor=color, textAnchor=anchor)
