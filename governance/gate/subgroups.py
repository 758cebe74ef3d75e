"""Subgroups of the prior items: does an update harm some patients, though it harms none on the whole?"""

import re
from collections.abc import Sequence

from data_contracts import GatePolicy, Role, SubgroupRule, Suite, canonical_json, sha256_digest, short
from governance.gate.figures import measure
from governance.gate.judge import Subject
from governance.gate.pairing import Pair
from governance.gate.wording import listed

PREFIX = "subgroup."
"""What the ids of judgements on subgroups begin with, and no suite's."""
MOST_VALUES = 24
"""A field of more values that the policy does not name is no grouping; nothing is shown of it."""
_NOT_IN_SLUG = re.compile(r"[^A-Za-z0-9._-]+")


def subgroup_problems(policy: GatePolicy, prior: Sequence[Suite]) -> list[str]:
    """Return why subgroups cannot be judged as the policy wants: one line each, empty if they can."""
    problems = []
    ruled = [rule.field for rule in policy.subgroups]
    present = {field for suite in prior for item in suite.items for field in item.subgroup}
    if absent := sorted(set(ruled) - present):
        problems.append(f"no prior item has a subgroup field that the policy names: {listed(absent)}")
    if len(set(ruled)) < len(ruled):
        problems.append("the policy has two rules for one subgroup field")
    if taken := sorted(suite.id for suite in prior if suite.id.startswith(PREFIX)):
        problems.append(f"a suite's id begins with {PREFIX}, which is kept for subgroups: {listed(taken)}")
    return problems


def subgroup_subjects(policy: GatePolicy, pairs: Sequence[Pair], alpha: float) -> list[Subject]:
    """Return the subgroups of all prior items, by field and value; those the policy does not list are shown only."""
    rules = {rule.field: rule for rule in policy.subgroups}
    values: dict[str, dict[str, list[Pair]]] = {}
    for pair in pairs:
        for field, value in pair.subgroup.items():
            values.setdefault(field, {}).setdefault(value, []).append(pair)
    return [
        _subject(field, value, members, rules.get(field), policy, alpha)
        for field in sorted(values)
        if field in rules or len(values[field]) <= MOST_VALUES
        for value, members in sorted(values[field].items())
    ]


def _subject(
    field: str, value: str, members: list[Pair], rule: SubgroupRule | None, policy: GatePolicy, alpha: float
) -> Subject:
    decides = rule is not None and rule.role is Role.GATED
    margin = rule.margin if rule is not None and rule.margin is not None else policy.margin
    seal = sha256_digest(canonical_json({"field": field, "value": value, "items": [pair.item for pair in members]}))
    plain = _NOT_IN_SLUG.sub("-", value)
    tail = plain if plain == value else f"{plain}-{short(sha256_digest(value.encode()), 4)}"
    return Subject(
        suite_id=f"{PREFIX}{field}.{tail}"[:128],
        digest=seal,
        role=Role.SUBGROUP if decides else Role.SUBGROUP_DESCRIPTIVE,
        pairs=tuple(members),
        figures=measure(members, margin, alpha),
        subgroup=f"{field}: {value}",
    )
