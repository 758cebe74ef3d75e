"""The guideline an update teaches: its recommendations, and its text with their words marked."""

import streamlit as st

from app.components.markup import highlighted, html, link, quoted, tag
from data_contracts import Guideline, Recommendation

_SMALL = "color:#51606e;font-size:0.9rem"


def guideline_tab(guideline: Guideline) -> None:
    """Show who issued the guideline, every recommendation with its basis, and the document."""
    html(
        tag("strong", guideline.title),
        "<br>",
        tag(
            "span",
            f"{guideline.issuer}, version {guideline.version} of {guideline.date}, licence {guideline.licence}"
            + (", replaces an earlier guideline" if guideline.supersedes else ""),
            _SMALL,
        ),
    )
    st.markdown(f"**Recommendations ({len(guideline.recommendations)})**")
    for recommendation in guideline.recommendations:
        with st.container(border=True):
            _recommendation(recommendation)
    st.markdown("**The guideline's text**, with the words that recommendations stand on marked")
    with st.container(border=True, height=420):
        quotes = [recommendation.quote for recommendation in guideline.recommendations]
        html(f'<div style="white-space:pre-wrap">{highlighted(guideline.document, quotes)}</div>')


def _recommendation(recommendation: Recommendation) -> None:
    facts = [f"strength: {recommendation.strength or 'not stated'}"]
    facts.append(f"evidence: {recommendation.evidence or 'not stated'}")
    if recommendation.confusable:
        facts.append(f"to be told apart from: {recommendation.confusable}")
    html(
        tag("strong", recommendation.answer or "no answer stated"),
        tag("p", recommendation.statement, "margin:2px 0"),
        quoted(recommendation.quote),
        tag("span", " · ".join(facts), _SMALL),
        f'<br><span style="{_SMALL}">Source: {link(recommendation.source)}</span>',
    )
