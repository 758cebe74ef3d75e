"""The report as PDF: equal input gives equal bytes, and every page names the log it speaks of.

reportlab (BSD) draws it; the fonts lie beside this file, so that a printed name reads the same on every machine.
"""

import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from data_contracts import Role, SuiteJudgement, Verdict
from governance.approvals.signatures import Signed
from governance.audit.note import LogKey
from governance.export.collect import Material
from governance.export.pdf_picture import MOST_ROWS, picture
from governance.export.verify import fingerprint
from governance.export.words import (
    ASSISTS,
    DOES_NOT_PROVE,
    PROVES,
    STATUSES,
    brief,
    in_words,
    moment,
    percent,
)
from governance.registry.records import UpdateRecord

MOST_EVENTS = 1000
"""Rows of the table of events; the rest is in `events.csv`."""

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
_WIDTH = A4[0] - 36 * mm - 12  # the frame keeps six points free on each side
_INK, _SOFT, _LINE = colors.HexColor("#1c2733"), colors.HexColor("#5b6773"), colors.HexColor("#d8dee4")
_UNKNOWN = "\ufffd"

_BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=13, textColor=_INK, spaceAfter=4)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7, leading=9, spaceAfter=0)
_HEAD = ParagraphStyle("head", parent=_SMALL, fontName=BOLD, textColor=_SOFT)
_LIST = ParagraphStyle("list", parent=_BODY, leftIndent=10, bulletIndent=0)
_TITLE = ParagraphStyle("title", parent=_BODY, fontName=BOLD, fontSize=18, leading=23)
_H2 = ParagraphStyle("h2", parent=_BODY, fontName=BOLD, fontSize=12.5, leading=16, spaceBefore=14)
_H3 = ParagraphStyle("h3", parent=_BODY, fontName=BOLD, fontSize=10, leading=13, spaceBefore=8)
_TABLE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)


def report_pdf(material: Material, key: LogKey) -> bytes:
    """Return the report: verdicts in plain words, pictures, signatures, digests, and what it proves."""
    _register_fonts()
    out = io.BytesIO()
    title = f"Audit report{material.of}"
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=16 * mm, bottomMargin=18 * mm,
        title=_plain(title), author=material.head.origin, lang="en", invariant=1,
    )  # fmt: skip
    story = [*_opening(material, key, title), *_models(material)]
    for record in material.records:
        story += _update(record)
    story += [*_limits(), *_people(material), *_events(material)]

    def footer(canvas: Any, page: Any) -> None:
        canvas.setFont(REGULAR, 7)
        canvas.setFillColor(_SOFT)
        canvas.drawString(18 * mm + 6, 10 * mm, f"{material.head.origin} · root {material.head.root[:16]}…")
        canvas.drawRightString(A4[0] - 18 * mm - 6, 10 * mm, f"page {page.page}")

    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return out.getvalue()


def _register_fonts() -> None:
    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, _FONTS / f"{name}.ttf"))


def _plain(text: str) -> str:
    """Replace the signs that the fonts do not have; the report in HTML shows them."""
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    whole = unicodedata.normalize("NFC", text)
    return "".join(" " if sign.isspace() else sign if ord(sign) in known else _UNKNOWN for sign in whole)


def _text(text: object, style: ParagraphStyle = _BODY, **more: Any) -> Paragraph:
    return Paragraph(escape(_plain(str(text))), style, **more)


def _heading(text: str, style: ParagraphStyle = _H2) -> list[Any]:
    """Return a heading that does not stand alone at the foot of a page."""
    return [CondPageBreak(30 * mm), _text(text, style)]


def _points(texts: Iterable[str]) -> list[Paragraph]:
    return [_text(one, _LIST, bulletText="•") for one in texts]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], shares: Sequence[float]) -> LongTable:
    """Return a table whose columns take shares of the width; its head comes again on every page."""
    cells = [[_text(name, _HEAD) for name in head]]
    cells += [[_text(value, _SMALL) for value in row] for row in rows]
    widths = [_WIDTH * share / sum(shares) for share in shares]
    return LongTable(cells, colWidths=widths, style=_TABLE, repeatRows=1, splitInRow=1, hAlign="LEFT")


def _facts(rows: Iterable[tuple[str, str]]) -> LongTable:
    cells = [[_text(name, _HEAD), _text(value, _SMALL)] for name, value in rows]
    return LongTable(cells, colWidths=[_WIDTH * 0.18, _WIDTH * 0.82], style=_TABLE, splitInRow=1, hAlign="LEFT")


def _opening(material: Material, key: LogKey, title: str) -> list[Any]:
    head = material.head
    rows = [
        ("Log", head.origin),
        ("Exported", f"{moment(material.exported_at)}, event {material.export_event}"),
        ("Events", f"{head.tree_size} in the log, {len(material.events)} shown here"),
        ("Root", head.root),
        ("Key", f"{fingerprint(key.public)} (sha256 of its DER form)"),
        ("Time stamps", f"{len(material.tokens)} (RFC 3161)" if material.tokens else "none"),
    ]
    return [
        _text(title, _TITLE),
        _text(ASSISTS),
        _facts(rows),
        Spacer(1, 6),
        *_points(_summary(record) for record in material.records),
        _text(f"Signs that the fonts of this file lack are printed as {_UNKNOWN}; report.html shows them.", _SMALL),
    ]


def _summary(record: UpdateRecord) -> str:
    name = f"{record.bundle.guideline_title} ({record.stored.update_id})"
    control = " It is a control arm, never put in force." if record.control else ""
    return f"{name}: the gate says {record.decision.verdict.value}; the update {STATUSES[record.status]}.{control}"


def _models(material: Material) -> list[Any]:
    rows = [
        (moment(p.valid_from), p.kind, brief(p.current), brief(p.previous), p.update_id or "–", p.actor, p.reason)
        for p in material.promotions
    ]
    if not rows:
        return [*_heading("Models in force"), _text("None of what is shown here was put in force.")]
    head = ("From", "What", "Model", "Before", "Update", "By", "Reason")
    return [*_heading("Models in force"), _table(head, rows, (15, 8, 12, 12, 14, 10, 25))]


def _update(record: UpdateRecord) -> list[Any]:
    decision, bundle, policy = record.decision, record.bundle, record.policy
    kept = [one for one in decision.judgements if one.role is not Role.NEW]
    learned = [one for one in decision.judgements if one.role is Role.NEW]
    pictures = [
        picture(judgements[at : at + MOST_ROWS], sign, _WIDTH, _plain)
        for judgements, sign in ((kept, 1), (learned, -1))
        for at in range(0, len(judgements), MOST_ROWS)
    ]
    digests = [
        ("Bundle", record.stored.bundle),
        ("Decision", bundle.decision),
        ("Policy", f"{decision.policy} ({policy.id} {policy.version})"),
        ("Incumbent", bundle.incumbent),
        ("Candidate", bundle.candidate),
        ("Guideline", bundle.guideline),
        ("Demonstrations", bundle.demonstrations),
    ]
    return [
        *_heading(f"Update {record.stored.update_id}"),
        _text(f"{bundle.guideline_title}. Requested by {bundle.requester}, {moment(bundle.created)}."),
        _text(f"Verdict: {decision.verdict.value}. {decision.reason} (attempt {decision.attempt} on these suites)"),
        _text(
            f"Policy: no true loss beyond {percent(policy.margin)} on prior suites, a proven gain of "
            f"{percent(policy.min_gain)} on the new one, error at most {percent(policy.alpha)} over all attempts."
        ),
        *_heading("Verdict by suite", _H3),
        *_points(_judged(one) for one in decision.judgements),
        KeepTogether([_text("What was seen, and what cannot be ruled out", _H3), *pictures[:1]]),
        *pictures[1:],
        *_heading("Signatures", _H3),
        *_signatures(record.signed),
        *_heading("Digests", _H3),
        _facts(digests),
    ]


def _judged(one: SuiteJudgement) -> str:
    return in_words(one) + ("" if one.verdict is Verdict.PASS else f" Why: {one.reason}.")


def _signatures(signed: Sequence[Signed]) -> list[Any]:
    if not signed:
        return [_text("Nobody has signed.")]
    rows = [
        (
            f"{one.signature.printed_name} ({one.signature.username})",
            ", ".join(role.value for role in one.roles),
            moment(one.signature.signed_at),
            one.signature.decision,
            one.signature.meaning,
            one.signature.reason,
        )
        for one in signed
    ]
    return [_table(("Printed name", "Roles", "Signed", "Decision", "Meaning", "Reason"), rows, (18, 12, 14, 9, 27, 20))]


def _limits() -> list[Any]:
    return [
        *_heading("What this export proves, once verified"),
        *_points(PROVES),
        *_heading("What it does not prove"),
        *_points(DOES_NOT_PROVE),
    ]


def _people(material: Material) -> list[Any]:
    rows = [(p.printed_name, p.username, ", ".join(role.value for role in p.roles)) for p in material.people]
    if not rows:
        return []
    return [*_heading("People"), _table(("Printed name", "Username", "Roles"), rows, (40, 20, 40))]


def _events(material: Material) -> list[Any]:
    shown = material.events[-MOST_EVENTS:]
    rows = [(e.seq, moment(e.recorded_at), e.actor, e.action, e.update_id or "–", brief(e.subject)) for e in shown]
    story: list[Any] = [*_heading("Events")]
    if len(shown) < len(material.events):
        story.append(_text(f"The last {len(shown)} of {len(material.events)}; events.csv holds them all."))
    head = ("Seq", "Recorded", "Actor", "Action", "Update", "Subject")
    return [*story, _table(head, rows, (6, 21, 14, 21, 25, 13))] if rows else [*story, _text("None is shown.")]
