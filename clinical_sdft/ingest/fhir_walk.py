"""Walk through the actions of one PlanDefinition."""

from typing import Any

from clinical_sdft.ingest.fhir_world import MAX_ACTION_DEPTH, Resource, World, definitions, references, too_deep
from clinical_sdft.ingest.json_values import items, text_of
from clinical_sdft.ingest.reading import Found, Left, SourceFile, squeeze

_STRENGTH, _EVIDENCE = "strengthOfRecommendation", "qualityOfEvidence"
_WORDS = ("textEquivalent", "description", "title")


class Walk:
    """Collects recommendations, what is left out, and the texts that quotes stand in."""

    def __init__(self, world: World, owner: int, plan: Resource, file: SourceFile) -> None:
        self.found: list[tuple[int, Found]] = []
        self.left: list[Left] = []
        said = [text_of(plan.get(key)) for key in ("title", "description", "purpose", "usage")]
        self.texts = [words for words in said if words]
        self._world, self._owner, self._plan, self._file = world, owner, plan, file
        self._name = text_of(plan.get("id")) or "plan"
        self._logic = world.logic(plan)
        self._number = 0

    def run(self) -> None:
        """Go through all actions.

        Raises:
            InputError: actions are nested deeper than `MAX_ACTION_DEPTH`.
        """
        for reference in references(self._plan.get("library")):
            if self._world.find(reference) is None and not self._logic:
                self._leave(self._name, f"{reference} is not among the files: its logic is not read")
        actions = items(self._plan.get("action"))
        if not actions:
            self._leave(self._name, "the plan has no actions")
        for index, action in enumerate(actions):
            self._action(action, f"action[{index}]", (), 1)

    def _action(self, action: Resource, place: str, outer: tuple[Resource, ...], depth: int) -> None:
        if depth > MAX_ACTION_DEPTH:
            raise too_deep(self._file, self._plan, place)
        inner = items(action.get("action"))
        texts = [words for key in _WORDS if (words := text_of(action.get(key)))]
        self.texts += [words for words in dict.fromkeys(texts) if words not in self.texts[-3:]]
        if not (inner and _only_holds(action)):
            self._recommendation(action, place, outer)
        for index, one in enumerate(inner):
            below = f"{place}.action[{index}]"
            if _is_step(one) and not _only_holds(action):
                self._step(one, below, depth + 1)
            else:
                self._action(one, below, (*outer, action), depth + 1)

    def _step(self, step: Resource, place: str, depth: int) -> None:
        """Count what stands below a recommendation as its steps; their words join its statement."""
        if depth > MAX_ACTION_DEPTH:
            raise too_deep(self._file, self._plan, place)
        words = next((text for key in _WORDS[::-1] if (text := text_of(step.get(key)))), None)
        if words is None:
            self._leave(place, "an action without words of its own (an answer to choose from)")
        elif self.found:
            self.texts.append(words)
            where, last = self.found[-1]
            if words not in last.statement:
                self.found[-1] = (where, last.model_copy(update={"statement": f"{last.statement}\n- {words}"}))
        for index, one in enumerate(items(step.get("action"))):
            self._step(one, f"{place}.action[{index}]", depth + 1)

    def _recommendation(self, action: Resource, place: str, outer: tuple[Resource, ...]) -> None:
        owner, quote, title, where = self._owner, _quote(action), text_of(action.get("title")), place
        for reference in definitions(action):
            found = self._world.find(reference)
            if found is None:
                self._leave(place, f"{reference} is not among the files: only the action's own words are read")
            elif found[1].get("resourceType") == "ActivityDefinition":
                self._world.used.add(id(found[1]))
                words = text_of(found[1].get("description")) or text_of(found[1].get("title"))
                if not text_of(action.get("textEquivalent")) and not text_of(action.get("description")) and words:
                    owner, quote, where = found[0], words, f"{reference}, for {place} of {self._name}"
        if quote is None:
            self._leave(place, "an action without words of its own")
            return
        self._number += 1
        condition, logic = self._condition((*outer, action))
        self.found.append(
            (
                owner,
                Found(
                    id=f"{self._name}-{self._number}",
                    quote=quote,
                    statement=title or squeeze(quote),
                    place=f"{self._name}: {where}" if owner == self._owner else where,
                    found_by="FHIR action",
                    answer=squeeze(title) if title else None,
                    question=f"{squeeze(condition).rstrip('.')}. What is recommended?" if condition else None,
                    whole=True,
                    strength=_graded(action, _STRENGTH) or _graded(self._plan, _STRENGTH),
                    evidence=_graded(action, _EVIDENCE) or _graded(self._plan, _EVIDENCE),
                    condition=condition,
                    logic=logic,
                    url=text_of(self._plan.get("url")),
                    title=_cited(action) or text_of(self._plan.get("title")),
                ),
            )
        )

    def _condition(self, chain: tuple[Resource, ...]) -> tuple[str | None, str | None]:
        """Return what must hold on the way to an action, in words and as code."""
        words: list[str] = []
        code: list[str] = []
        for action in chain:
            for condition in items(action.get("condition")):
                if condition.get("kind") not in (None, "applicability"):
                    continue
                expression = condition.get("expression")
                expression = expression if isinstance(expression, dict) else {}
                name = text_of(expression.get("expression"))
                said = text_of(expression.get("description")) or name
                if said:
                    words.append(said)
                if name and name in self._logic:
                    code.append(self._logic[name])
        return " AND ".join(words) or None, "\n".join(code) or None

    def _leave(self, place: str, reason: str) -> None:
        self.left.append(Left(place=place, reason=reason))


def _only_holds(action: Resource) -> bool:
    """Say whether an action is a heading over others: no words but a title, no condition, no documentation."""
    return not any(action.get(key) for key in ("description", "textEquivalent", "condition", "documentation"))


def _is_step(action: Resource) -> bool:
    return not any(action.get(key) for key in ("condition", "documentation", "extension"))


def _quote(action: Resource) -> str | None:
    return next((text for key in _WORDS if (text := text_of(action.get(key)))), None)


def _graded(holder: Resource, ending: str) -> str | None:
    """Return what an extension for strength or evidence says, in words."""
    for entry in items(holder.get("extension")):
        if str(entry.get("url", "")).endswith(ending):
            return _concept(entry.get("valueCodeableConcept")) or text_of(entry.get("valueString"))
    return None


def _concept(value: Any) -> str | None:
    if not isinstance(value, dict):
        return None
    codes = [text_of(coding.get("display")) or text_of(coding.get("code")) for coding in items(value.get("coding"))]
    return text_of(value.get("text")) or next((code for code in codes if code), None)


def _cited(action: Resource) -> str | None:
    """Return the documentation an action names."""
    cited = items(action.get("documentation"))
    names = [text_of(entry.get("label")) or text_of(entry.get("display")) for entry in cited]
    return "; ".join(squeeze(name) for name in names if name) or None
