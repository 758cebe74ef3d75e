"""The picture of a gate decision: what was seen, what cannot be ruled out, and what is allowed."""

import altair as alt
import streamlit as st

from app.components.tables import rows
from app.components.words import ROLES, VERDICTS, points
from data_contracts import SuiteJudgement
from data_contracts.gate import Role

_INK, _LIMIT, _PALE = "#1f4e6b", "#a61b1b", "#8a97a3"
Row = dict[str, str | int | float]

_SHOWN = ("suite", "verdict", "items", "seen", "cannot rule out", "allowed")
_ROW = 46  # pixels

KEPT = (
    "**What it knew before.** ● is the drop that was seen; its line runs to the largest drop that the data cannot rule "
    "out; the upright bar is the most that is allowed. A suite passes when its line ends left of the bar, or on it."
)
LEARNED = (
    "**What it should learn.** ● is the gain that was seen; its line runs to the smallest gain that the data cannot "
    "rule out; the upright bar is the least that is asked. It passes when its line ends right of the bar, or on it."
)


def picture(judgements: tuple[SuiteJudgement, ...]) -> None:
    """Draw each judgement's interval against its margin, with a table of the same figures below.

    Prior suites and the new suite stand apart: a gain of fifty points would leave a drop of two no room.
    """
    kept = tuple(one for one in judgements if one.role is not Role.NEW)
    learned = tuple(one for one in judgements if one.role is Role.NEW)
    parts = (
        (kept, KEPT, 1, "drop in points (left is better)"),
        (learned, LEARNED, -1, "gain in points (right is better)"),
    )
    for group, caption, sign, title in parts:
        if group:
            st.caption(caption)
            st.altair_chart(_chart([_row(one, sign) for one in group], title), width="stretch", alt=_in_words(group))
    with st.expander("The figures of the picture"):
        rows([{name: str(_row(one)[name]) for name in _SHOWN} for one in judgements])


def _row(judgement: SuiteJudgement, sign: int = 1) -> Row:
    return {
        "suite": f"{judgement.suite_id} ({ROLES[judgement.role]})",
        "verdict": VERDICTS[judgement.verdict],
        "items": judgement.n,
        "drop": sign * 100 * judgement.drop,
        "upper": sign * 100 * judgement.drop_upper,
        "margin": sign * 100 * judgement.margin,
        "seen": _drop(judgement.drop),
        "cannot rule out": _drop(judgement.drop_upper),
        "allowed": _drop(judgement.margin),
    }


def _drop(drop: float) -> str:
    if round(100 * drop, 1) == 0:
        return "no change"
    return f"{points(abs(drop)).removeprefix('+')} {'worse' if drop > 0 else 'better'}"


def _chart(table: list[Row], title: str) -> alt.LayerChart | alt.FacetChart:
    axis = alt.Axis(labelLimit=280, labelFontSize=13, ticks=False)
    order = [str(row["suite"]) for row in table]
    y = alt.Y("suite:N", sort=order, title=None, axis=axis, scale=alt.Scale(paddingOuter=0.7))
    x = alt.X("drop:Q", title=title, scale=alt.Scale(zero=True, padding=36))
    tooltip = [f"{name}:N" for name in _SHOWN]
    base = alt.Chart({"values": table}).encode(y=y, x=x, tooltip=tooltip)
    zero = alt.Chart({"values": [{"zero": 0}]}).mark_rule(strokeDash=[4, 4], color=_PALE, strokeWidth=1.5)
    lines = base.mark_rule(color=_INK, strokeWidth=3).encode(x2="upper:Q")
    seen = base.mark_point(filled=True, size=110, color=_INK, opacity=1)
    limit = base.mark_tick(color=_LIMIT, thickness=4, size=26, orient="vertical").encode(x="margin:Q")
    words = base.mark_text(align="left", dx=8, dy=-15, fontSize=12).encode(text="verdict:N")
    height = _ROW * len(table) + 110
    return alt.layer(zero.encode(x="zero:Q"), lines, seen, limit, words).properties(height=height)


def _in_words(judgements: tuple[SuiteJudgement, ...]) -> str:
    return ". ".join(
        f"{one.suite_id}: {one.verdict.value}; seen {_drop(one.drop)}, cannot rule out "
        f"{_drop(one.drop_upper)}, allowed {_drop(one.margin)}"
        for one in judgements
    )
