"""From a guideline and de-identified records to demonstrations."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinical_sdft.errors import InputError
from clinical_sdft.phrases import normalize
from data_contracts import DeidentifiedRecord, Demonstration, Guideline, GuidelineCase, Recommendation, short


@dataclass(frozen=True)
class Phrasing:
    """How this hospital asks its model, and how the model replies."""

    question: str = "Which diagnosis is most likely? {case}"
    reply: str = "Most likely: {answer}."


@dataclass(frozen=True)
class Drafted:
    """The demonstrations of a guideline, and how many records were not about it."""

    demonstrations: tuple[Demonstration, ...]
    records_used: int
    records_elsewhere: int


def draft_demonstrations(
    guideline: Guideline,
    records: Sequence[DeidentifiedRecord],
    phrasing: Phrasing,
    by_rules: Sequence[Demonstration] = (),
) -> Drafted:
    """Return one demonstration for each case of the guideline and each record whose diagnosis it recommends on.

    Those that its rules made (`by_rules`) follow as they are.

    Raises:
        InputError: neither cases nor fitting records, or two demonstrations with the same question.
    """
    by_answer = {normalize(item.answer): item for item in guideline.recommendations if item.answer}
    by_id = {item.id: item for item in guideline.recommendations}
    drafted = [_of_case(guideline, by_id[case.recommendation], case, phrasing) for case in guideline.cases]
    used = [record for record in records if normalize(record.diagnosis) in by_answer]
    for record in used:
        recommendation = by_answer[normalize(record.diagnosis)]
        name = f"record-{short(record.record)}"
        drafted.append(_demonstration(guideline, recommendation, name, record.text, phrasing, record))
    drafted += by_rules
    if not drafted:
        raise InputError(f"guideline {guideline.id}: no cases and no records with its diagnoses; nothing to learn from")
    return Drafted(tuple(_distinct(drafted)), len(used), len(records) - len(used))


def _of_case(
    guideline: Guideline, recommendation: Recommendation, case: GuidelineCase, phrasing: Phrasing
) -> Demonstration:
    made = _demonstration(guideline, recommendation, case.id, case.question, phrasing)
    if not case.whole:
        return made
    return made.model_copy(update={"question": case.question, "answer": case.answer, "label": case.answer})


def _demonstration(
    guideline: Guideline,
    recommendation: Recommendation,
    name: str,
    case: str,
    phrasing: Phrasing,
    record: DeidentifiedRecord | None = None,
) -> Demonstration:
    if recommendation.answer is None:
        raise InputError(f"guideline {guideline.id}: recommendation {recommendation.id} states no answer")
    return Demonstration(
        id=name,
        question=phrasing.question.format(case=case),
        answer=phrasing.reply.format(answer=recommendation.answer),
        label=recommendation.answer,
        quote=recommendation.quote,
        guideline=guideline.digest,
        recommendation=recommendation.id,
        record=record.record if record else None,
    )


def _distinct(demonstrations: list[Demonstration]) -> list[Demonstration]:
    """Keep the first of equal demonstrations; refuse equal questions with different answers."""
    seen: dict[str, Demonstration] = {}
    for demonstration in demonstrations:
        first = seen.setdefault(normalize(demonstration.question), demonstration)
        if first.label != demonstration.label:
            raise InputError(
                f"demonstrations {first.id} and {demonstration.id} ask the same and answer differently; correct one"
            )
    return list(seen.values())
