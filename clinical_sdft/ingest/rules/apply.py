"""From a guideline's rules and structured records to written cases with answers, and what it came to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from hashlib import sha256

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.leakage import pseudonym, readings
from clinical_sdft.ingest.demonstrations import Phrasing
from clinical_sdft.ingest.rules.judge import Judgement, State, judge, reads
from clinical_sdft.ingest.rules.records import CaseRecord
from clinical_sdft.ingest.rules.units import written
from data_contracts import Demonstration, FieldValue, Guideline, Rule, RuleField, Suite, SuiteItem, short
from data_contracts.rules import Value


@dataclass(frozen=True)
class Applied:
    """Records and what the rules say of each, in the same order."""

    guideline: Guideline
    cases: tuple[CaseRecord, ...]
    judgements: tuple[Judgement, ...]

    @property
    def states(self) -> dict[State, int]:
        """How many records are decided, lack a reading, meet no rule, or meet rules that contradict each other."""
        return dict(Counter(one.state for one in self.judgements))

    @property
    def answers(self) -> dict[str, int]:
        """How often each answer was given."""
        return dict(Counter(one.answer for one in self.judgements if one.answer))

    @property
    def missing(self) -> dict[str, int]:
        """How many records lack which reading, of those that lack one."""
        return dict(Counter(", ".join(one.missing) for one in self.judgements if one.state == "missing"))

    @property
    def decided(self) -> list[tuple[CaseRecord, Judgement]]:
        """The records with an answer."""
        return [(case, one) for case, one in zip(self.cases, self.judgements, strict=True) if one.rule]

    def against_published(self) -> dict[str, int]:
        """Count agreements and, by kind, disagreements with the published answers; empty where there are none."""
        kinds: Counter[str] = Counter()
        for case, one in zip(self.cases, self.judgements, strict=True):
            if case.published is None:
                continue
            if one.answer == case.published:
                kinds["agree"] += 1
            elif one.state == "missing":
                kinds[f"published “{case.published}”, but {', '.join(one.missing)} is missing: abstained"] += 1
            else:
                kinds[f"published “{case.published}”, the rules: {one.answer or one.state}"] += 1
        return dict(kinds.most_common())


def apply_rules(guideline: Guideline, cases: Sequence[CaseRecord], place: str) -> Applied:
    """Judge every record.

    Raises:
        InputError: a rule fails on a record.
    """
    return Applied(guideline, tuple(cases), judge(guideline, [case.values for case in cases], place))


def split(applied: Applied, held_out: float) -> tuple[list[tuple[CaseRecord, Judgement]], ...]:
    """Return decided records for training and held out; all records of a patient are on one side.

    Args:
        applied: judged records.
        held_out: share of patients held out, 0 to 1; the patient's digest decides, so it is the same every time.
    """
    sides: tuple[list[tuple[CaseRecord, Judgement]], ...] = ([], [])
    for case, one in applied.decided:
        lot = int.from_bytes(sha256(case.patient.encode()).digest()[:4], "big") / 2**32
        sides[lot < held_out].append((case, one))
    return sides


def apart(
    applied: Applied,
    training: Sequence[tuple[CaseRecord, Judgement]],
    held_out: Sequence[tuple[CaseRecord, Judgement]],
    suites: Iterable[Suite],
) -> list[tuple[CaseRecord, Judgement]]:
    """Return the training records whose patient and whose readings are in no suite, and not held out."""
    fields = applied.guideline.fields
    suites = tuple(suites)
    patients = {item.patient for suite in suites for item in suite.items if item.patient}
    tested = {readings(typed(fields, case.values)) for case, _ in held_out}
    tested |= {readings(item.fields) for suite in suites for item in suite.items if item.fields}
    return [
        (case, one)
        for case, one in training
        if pseudonym(case.patient) not in patients and readings(typed(fields, case.values)) not in tested
    ]


def balanced(pairs: Sequence[tuple[CaseRecord, Judgement]], limit: int | None) -> list[tuple[CaseRecord, Judgement]]:
    """Return at most `limit` records with distinct cases, as many of each rule as there are, in an order by digest."""
    queues: dict[str, list[tuple[CaseRecord, Judgement]]] = {}
    seen: set[tuple[tuple[str, Value], ...]] = set()
    for case, one in sorted(pairs, key=lambda pair: sha256(f"{pair[0].patient}/{pair[0].number}".encode()).digest()):
        key = tuple(sorted(case.values.items()))
        if one.rule and key not in seen:
            seen.add(key)
            queues.setdefault(one.rule.id, []).append((case, one))
    chosen: list[tuple[CaseRecord, Judgement]] = []
    longest = max(map(len, queues.values()), default=0)
    for turn in range(longest):
        chosen += [queue[turn] for queue in queues.values() if turn < len(queue)]
    return chosen[:limit]


def demonstrations(
    guideline: Guideline,
    pairs: Sequence[tuple[CaseRecord, Judgement]],
    phrasing: Phrasing,
    *,
    explain: bool = False,
    worked: bool = False,
) -> list[Demonstration]:
    """Return a demonstration for each decided record.

    Args:
        guideline: whose rules decided.
        pairs: decided records.
        phrasing: how the model is asked, and replies.
        explain: the reply goes on with the reasoning.
        worked: the reply begins with the reasoning, and teachers are shown it as a worked case.
    """
    made = []
    digest = guideline.digest
    for case, one in pairs:
        rule = _rule(one)
        reply, why = phrasing.reply.format(answer=rule.answer), reasoning(guideline, rule, case.values)
        made.append(
            Demonstration(
                id=f"rule-{short(case.patient)}-{case.number}",
                question=phrasing.question.format(case=case_text(guideline.fields, case.values)),
                answer=f"{reply} {why}" if explain else reply,
                label=rule.answer,
                quote=rule.quote,
                guideline=digest,
                recommendation=rule.recommendation,
                record=case.patient,
                rule=rule.id,
                fields=typed(guideline.fields, case.values),
                reasoning=None if worked else why,
                worked=why if worked else None,
            )
        )
    return made


def suite_of(
    guideline: Guideline,
    pairs: Sequence[tuple[CaseRecord, Judgement]],
    phrasing: Phrasing,
    *,
    name: str,
    specialty: str,
    licence: str,
    source: str,
) -> Suite:
    """Return a suite of decided records, each with its typed values.

    Raises:
        InputError: there is none.
    """
    if not pairs:
        raise InputError(f"suite {name}: no record was held out; hold out a larger share")
    items = tuple(
        SuiteItem(
            id=f"rule-{short(case.patient)}-{case.number}",
            question=phrasing.question.format(case=case_text(guideline.fields, case.values)),
            answers=(_rule(one).answer,),
            specialty=specialty,
            patient=pseudonym(case.patient),
            fields=typed(guideline.fields, case.values),
        )
        for case, one in pairs
    )
    labels = tuple((answer,) for answer in dict.fromkeys(rule.answer for rule in guideline.rules))
    version = f"{guideline.id}-{guideline.version}"
    return Suite(
        id=name, version=version, specialty=specialty, licence=licence, source=source, labels=labels, items=items
    )


def case_text(fields: Sequence[RuleField], values: Dict[str, Value]) -> str:
    """Return a case in words: every reading with its unit, in the order of the fields; what is missing is not named.

    >>> case_text([RuleField(name="age", type="number", unit="a", shown_unit="years")], {"age": 54.0})
    'Age 54 years.'
    """
    said = [f"{field.title} {_shown(field, values[field.name])}" for field in fields if field.name in values]
    text = ", ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def reasoning(guideline: Guideline, rule: Rule, values: Dict[str, Value]) -> str:
    """Return why the answer follows: the readings the rule looked at, and the words it stands on."""
    looked_at = [field for field in guideline.fields if field.name in reads(rule, guideline.fields)]
    return f"{case_text(looked_at, values)} {guideline.title}: “{rule.quote}”"


def typed(fields: Sequence[RuleField], values: Dict[str, Value]) -> tuple[FieldValue, ...]:
    """Return a record's values with their units."""
    return tuple(
        FieldValue(name=field.name, value=values[field.name], unit=field.unit)
        for field in fields
        if field.name in values
    )


def _shown(field: RuleField, value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return f"{value:.10g} {written(field)}".rstrip()


def _rule(judgement: Judgement) -> Rule:
    assert judgement.rule is not None, "only decided records become cases"
    return judgement.rule
