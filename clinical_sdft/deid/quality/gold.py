"""Reading gold sets: the project's own JSON lines, ASQ-PHI and presidio-research; nothing of a text is ever shown."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinical_sdft.deid.categories import Category
from clinical_sdft.deid.errors import GoldError
from clinical_sdft.deid.quality.choices import GoldFormat, Half, Split
from clinical_sdft.deid.quality.exempt import is_open_place
from data_contracts import GoldDocument, GoldSpan, KeptSpan

ASQ_CATEGORIES = {
    "NAME": Category.NAME,
    "GEOGRAPHIC_LOCATION": Category.PLACE,
    "DATE": Category.DATE,
    "PHONE_NUMBER": Category.PHONE,
    "FAX_NUMBER": Category.PHONE,
    "EMAIL_ADDRESS": Category.EMAIL,
    "SOCIAL_SECURITY_NUMBER": Category.SSN,
    "MEDICAL_RECORD_NUMBER": Category.MRN,
    "HEALTH_PLAN_BENEFICIARY_NUMBER": Category.HEALTH_PLAN,
    "ACCOUNT_NUMBER": Category.ACCOUNT,
    "CERTIFICATE_LICENSE_NUMBER": Category.LICENCE,
    "VEHICLE_IDENTIFIER": Category.VEHICLE,
    "DEVICE_IDENTIFIER": Category.DEVICE,
    "WEB_URL": Category.URL,
    "URL": Category.URL,
    "IP_ADDRESS": Category.IP,
    "UNIQUE_IDENTIFIER": Category.OTHER_ID,
    "BIOMETRIC_IDENTIFIER": Category.OTHER_ID,
}
"""ASQ-PHI's identifier types; a facility and a place are one type there, told apart by their words."""

PRESIDIO_CATEGORIES = {
    "PERSON": Category.NAME,
    "ADDRESS": Category.ADDRESS,
    "STREET_ADDRESS": Category.ADDRESS,
    "LOCATION": Category.PLACE,
    "GPE": Category.PLACE,
    "FACILITY": Category.FACILITY,
    "ORGANIZATION": Category.FACILITY,
    "ZIP_CODE": Category.ZIP,
    "CREDIT_CARD": Category.ACCOUNT,
    "IBAN_CODE": Category.ACCOUNT,
    "US_BANK_NUMBER": Category.ACCOUNT,
    "PHONE_NUMBER": Category.PHONE,
    "DATE_TIME": Category.DATE,
    "EMAIL_ADDRESS": Category.EMAIL,
    "US_SSN": Category.SSN,
    "US_ITIN": Category.SSN,
    "DOMAIN_NAME": Category.URL,
    "URL": Category.URL,
    "US_DRIVER_LICENSE": Category.LICENCE,
    "US_PASSPORT": Category.LICENCE,
    "IP_ADDRESS": Category.IP,
}
"""presidio-research's entity types."""

PRESIDIO_NEUTRAL = frozenset({"TITLE", "PREFIX", "NRP", "NATIONALITY", "AGE", "RELIGION"})
"""Types of presidio-research that are no identifier under 45 CFR 164.514(b)(2)."""

_FACILITY_WORDS = re.compile(
    r"\b(?:hospital|clinic|center|centre|medical|health|office|practice|institute|university|pharmacy|infirmary"
    r"|st\.?|saint|mt\.?|mount|memorial|general|mercy|ucla|ucsf|mayo|care|hospice|school|college|system)\b",
    re.IGNORECASE,
)


def read_gold(path: Path, form: GoldFormat = GoldFormat.AUTO) -> tuple[GoldDocument, ...]:
    """Read a gold set.

    Args:
        path: the file.
        form: its format; `AUTO` looks at the first characters.

    Raises:
        GoldError: there is no such file, or it is not of that format; the message names the place, never the text.
    """
    if not path.is_file():
        raise GoldError(f"{path}: no such gold file")
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise GoldError(f"{path}: not UTF-8 text") from None
    form = _look(content) if form == GoldFormat.AUTO else form
    readers = {GoldFormat.OWN: _own, GoldFormat.ASQ_PHI: _asq, GoldFormat.PRESIDIO: _presidio}
    documents = tuple(readers[form](path, content))
    if not documents:
        raise GoldError(f"{path}: holds no document")
    return documents


def chosen(documents: Sequence[GoldDocument], half: Half, split: Split) -> tuple[GoldDocument, ...]:
    """Return the documents of one half (by place) and one split (by hash)."""
    middle = (len(documents) + 1) // 2
    halves = {Half.ALL: documents, Half.FIRST: documents[:middle], Half.SECOND: documents[middle:]}
    return tuple(
        document
        for document in halves[half]
        if split == Split.ALL or is_held_out(document) == (split == Split.HELD_OUT)
    )


def is_held_out(document: GoldDocument) -> bool:
    """Tell which split a document belongs to: even or odd sha256 of its group, or of its id without one."""
    return hashlib.sha256((document.group or document.id).encode()).digest()[0] % 2 == 1


def _look(content: str) -> GoldFormat:
    head = content.lstrip()[:1]
    if content.lstrip().startswith("===QUERY==="):
        return GoldFormat.ASQ_PHI
    return GoldFormat.PRESIDIO if head == "[" else GoldFormat.OWN


def _own(path: Path, content: str) -> Iterator[GoldDocument]:
    known = {str(category) for category in Category}
    seen: set[str] = set()
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            document = GoldDocument.model_validate_json(line)
        except ValidationError as error:
            raise GoldError(f"{place}: not a gold document ({_reasons(error)}); see docs/deid.md") from None
        strange = sorted({span.category for span in document.spans} - known)
        if strange:
            raise GoldError(f"{place}: no category {strange[0]!r}; choose one of: {', '.join(sorted(known))}")
        if document.id in seen:
            raise GoldError(f"{place}: an earlier document has the same id")
        seen.add(document.id)
        yield document


def _reasons(error: ValidationError) -> str:
    """Return where and why, without the values: they are text of a document."""
    return "; ".join(
        f"{'.'.join(map(str, item['loc'])) or 'line'}: {item['msg'].split(' [')[0]}"
        for item in error.errors(include_input=False, include_context=False)[:3]
    )


def _asq(path: Path, content: str) -> Iterator[GoldDocument]:
    for number, block in enumerate(content.split("===QUERY===")[1:], start=1):
        place = f"{path}, query {number}"
        text, mark, tags = block.partition("===PHI_TAGS===")
        if not mark or not text.strip():
            raise GoldError(f"{place}: no ===PHI_TAGS=== behind a query; it is not ASQ-PHI's format")
        text = text.strip()
        spans = [span for line in tags.strip().splitlines() if line.strip() for span in _asq_spans(place, text, line)]
        yield _document("asq", text, spans)


def _asq_spans(place: str, text: str, line: str) -> Iterator[GoldSpan]:
    """Yield each occurrence of a tagged value; the few values that do not stand in their query give none."""
    try:
        tag = json.loads(line)
        kind, value = str(tag["identifier_type"]), str(tag["value"])
        category = ASQ_CATEGORIES[kind]
    except (ValueError, TypeError):
        raise GoldError(f"{place}: a tag is not JSON with identifier_type and value") from None
    except KeyError:
        raise GoldError(f"{place}: a tag is of no type that ASQ-PHI names") from None
    if category == Category.PLACE and _FACILITY_WORDS.search(value):
        category = Category.FACILITY
    if value.strip():
        for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
            yield GoldSpan(start=match.start(), end=match.end(), category=str(category))


def _presidio(path: Path, content: str) -> Iterator[GoldDocument]:
    try:
        samples = json.loads(content)
    except (ValueError, RecursionError):
        raise GoldError(f"{path}: not JSON; presidio-research's format is a list of samples") from None
    if not isinstance(samples, list):
        raise GoldError(f"{path}: not a list of samples, as presidio-research's format is")
    for number, sample in enumerate(samples, start=1):
        try:
            yield _presidio_document(sample)
        except (KeyError, TypeError, ValueError):
            raise GoldError(
                f"{path}, sample {number}: needs full_text and spans of entity_type, start_position and end_position, "
                "all of known types"
            ) from None


def _presidio_document(sample: dict[str, Any]) -> GoldDocument:
    text = sample["full_text"]
    spans, neutral = [], []
    for span in sample["spans"]:
        start, end, kind = span["start_position"], span["end_position"], span["entity_type"]
        if kind in PRESIDIO_NEUTRAL or (kind == "LOCATION" and is_open_place(text[start:end])):
            neutral.append(KeptSpan(start=start, end=end, kind=kind.casefold()))
        else:
            spans.append(GoldSpan(start=start, end=end, category=str(PRESIDIO_CATEGORIES[kind])))
    template = sample.get("template_id")
    return _document("presidio", text, spans, neutral, "" if template is None else f"presidio-template-{template}")


def _document(
    kind: str, text: str, spans: Iterable[GoldSpan], neutral: Iterable[KeptSpan] = (), group: str = ""
) -> GoldDocument:
    """Build a document whose id is that of its text: it stays where a file is reordered or cut."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    unique = tuple(sorted(set(spans), key=lambda span: (span.start, span.end, span.category)))
    return GoldDocument(id=f"{kind}-{digest}", text=text, spans=unique, neutral=tuple(neutral), group=group)
