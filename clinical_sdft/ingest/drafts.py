"""From a guideline and de-identified records to drafts that a clinician decides on."""

from collections.abc import Iterator, Sequence

from clinical_sdft.ingest.demonstrations import Phrasing
from clinical_sdft.phrases import normalize
from data_contracts import (
    DeidentifiedRecord,
    Demonstration,
    DraftDemonstration,
    Guideline,
    GuidelineCase,
    Recommendation,
    short,
)


def from_documents(guideline: Guideline) -> bool:
    """Say whether any recommendation was read from a document rather than written by people as a guideline."""
    return any(item.source_sha256 is not None for item in guideline.recommendations)


def draft_for_acceptance(
    guideline: Guideline,
    records: Sequence[DeidentifiedRecord],
    phrasing: Phrasing,
    ready: Sequence[Demonstration] = (),
) -> tuple[DraftDemonstration, ...]:
    """Return a draft for each case, each record whose diagnosis is recommended on, and each recommendation without one.

    The last kind has no question: a clinician writes it, or refuses the draft. Demonstrations that were made whole
    elsewhere (`ready`) are drafts as they are.
    """
    return tuple(_distinct(_drafts(guideline, records, phrasing, ready)))


def _drafts(
    guideline: Guideline,
    records: Sequence[DeidentifiedRecord],
    phrasing: Phrasing,
    ready: Sequence[Demonstration],
) -> Iterator[DraftDemonstration]:
    by_answer: dict[str, Recommendation] = {}
    for item in guideline.recommendations:
        if item.answer is not None:
            by_answer.setdefault(normalize(item.answer), item)
    shown: set[str] = set()
    cases: dict[str, list[GuidelineCase]] = {}
    for case in guideline.cases:
        cases.setdefault(case.recommendation, []).append(case)
    for item in guideline.recommendations:
        for case in cases.get(item.id, ()):
            shown.add(item.id)
            yield _of_case(guideline, item, case, phrasing)
    for record in records:
        fitting = by_answer.get(normalize(record.diagnosis))
        if fitting is not None:
            shown.add(fitting.id)
            yield _of_record(guideline, fitting, record, phrasing)
    by_id = {item.id: item for item in guideline.recommendations}
    for one in ready:
        shown.add(one.recommendation)
        kept = ("question", "answer", "label", "quote", "record")
        update = {name: getattr(one, name) for name in kept} | {"made": one}
        yield _base(guideline, by_id[one.recommendation], one.id).model_copy(update=update)
    for item in guideline.recommendations:
        if item.id not in shown:
            answer = None if item.answer is None else phrasing.reply.format(answer=item.answer)
            yield _base(guideline, item, item.id).model_copy(update={"answer": answer, "label": item.answer})


def _of_case(guideline: Guideline, item: Recommendation, case: GuidelineCase, phrasing: Phrasing) -> DraftDemonstration:
    label = case.answer if case.whole else item.answer
    question = case.question if case.whole else phrasing.question.format(case=case.question)
    answer = label if case.whole or label is None else phrasing.reply.format(answer=label)
    update = {"question": question, "answer": answer, "label": label}
    return _base(guideline, item, case.id).model_copy(update=update)


def _of_record(
    guideline: Guideline, item: Recommendation, record: DeidentifiedRecord, phrasing: Phrasing
) -> DraftDemonstration:
    update = {
        "question": phrasing.question.format(case=record.text),
        "answer": phrasing.reply.format(answer=item.answer),
        "label": item.answer,
        "record": record.record,
        "replaced": record.replaced,
    }
    return _base(guideline, item, f"record-{short(record.record)}").model_copy(update=update)


def _base(guideline: Guideline, item: Recommendation, name: str) -> DraftDemonstration:
    where = [item.path, f"page {item.page}" if item.page and f"page {item.page}" not in (item.place or "") else None]
    return DraftDemonstration(
        id=name,
        guideline=guideline.digest,
        recommendation=item.id,
        question=None,
        answer=None,
        label=None,
        quote=item.quote,
        place=", ".join(part for part in (*where, item.place) if part) or f"recommendation {item.id}",
        source_sha256=item.source_sha256,
        condition=item.condition,
        strength=item.strength,
        evidence=item.evidence,
    )


def _distinct(drafts: Iterator[DraftDemonstration]) -> Iterator[DraftDemonstration]:
    """Yield the first of drafts that say the same; one question with two answers is for a person to see."""
    seen: set[tuple[str, str]] = set()
    for draft in drafts:
        key = (normalize(draft.question or draft.id), normalize(draft.label or ""))
        if key not in seen:
            seen.add(key)
            yield draft
