"""The FHIR resources that were read together, and how they refer to each other."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.json_values import items, text_of
from clinical_sdft.ingest.reading import SourceFile

MAX_ACTION_DEPTH = 30
"""Deepest nesting of actions that is read."""
_TYPES = ("PlanDefinition", "ActivityDefinition", "Library")
_DEFINE = re.compile(r'^\s*define\s+(?:"(?P<quoted>[^"\n]{1,300})"|(?P<bare>\w{1,300}))\s*:', re.MULTILINE)
_LOGIC = "cqf-logicDefinition"

Resource = dict[str, Any]


def resources_of(file: SourceFile | None, value: Any) -> list[Resource]:
    """Return the resources of a file: itself, or the entries of a Bundle, and what they contain.

    Raises:
        InputError: the JSON is no resource.
    """
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        if file is None:
            return []
        raise InputError(f"{file.name}: no FHIR resource: `resourceType` is missing at the top")
    if value["resourceType"] == "Bundle":
        entries = [entry.get("resource") for entry in items(value.get("entry"))]
        return [one for entry in items(entries) for one in (entry, *items(entry.get("contained")))]
    return [value, *items(value.get("contained"))]


class World:
    """Finds a resource by its canonical address, or by type and id."""

    def __init__(self) -> None:
        self.plans: list[tuple[int, Resource]] = []
        self.activities: list[tuple[int, Resource]] = []
        self.used: set[int] = set()
        self._by_name: dict[str, tuple[int, Resource]] = {}

    def add(self, owner: int, resource: Resource) -> None:
        """Take in a resource of the file with this number."""
        kind = resource.get("resourceType")
        if kind not in _TYPES:
            return
        if kind == "PlanDefinition":
            self.plans.append((owner, resource))
        elif kind == "ActivityDefinition":
            self.activities.append((owner, resource))
        if name := text_of(resource.get("id")):
            self._by_name.setdefault(f"{kind}/{name}", (owner, resource))
            self._by_name.setdefault(f"#{name}", (owner, resource))
        if url := text_of(resource.get("url")):
            self._by_name.setdefault(url, (owner, resource))

    def find(self, reference: str) -> tuple[int, Resource] | None:
        """Return what a canonical, relative or contained reference names, and the number of its file."""
        bare = reference.partition("|")[0]
        found = self._by_name.get(bare)
        if found is None and not bare.startswith("#"):
            found = self._by_name.get("/".join(bare.split("/")[-2:]))
        return found

    def logic(self, plan: Resource) -> dict[str, str]:
        """Return the named expressions that a plan carries itself or its Libraries define, as code."""
        known: dict[str, str] = {}
        for holder in (plan, *items(plan.get("contained"))):
            for entry in items(holder.get("extension")):
                if str(entry.get("url", "")).endswith(_LOGIC):
                    parts = {str(part.get("url")): part.get("valueString") for part in items(entry.get("extension"))}
                    name, statement = text_of(parts.get("name")), text_of(parts.get("statement"))
                    if name and statement:
                        known.setdefault(name, statement)
        for reference in references(plan.get("library")):
            found = self.find(reference)
            for name, statement in _defined(found[1]) if found else ():
                known.setdefault(name, statement)
        return known

    def refuse_cycles(self, files: tuple[SourceFile, ...]) -> None:
        """Check that no plan refers back to itself.

        Raises:
            InputError: one does; the line names file, plan and the way round.
        """
        state: dict[int, int] = {}
        for owner, plan in self.plans:
            stack: list[tuple[Resource, Iterator[Resource]]] = [(plan, self._next(files[owner], plan))]
            while stack:
                here, following = stack[-1]
                state[id(here)] = 1
                step = next(following, None)
                if step is None:
                    state[id(here)] = 2
                    stack.pop()
                elif state.get(id(step)) == 1:
                    way = " → ".join(_name(entry) for entry, _ in stack[-4:])
                    raise InputError(f"{files[owner].name}: plans refer in a circle: {way} → {_name(step)}; break it")
                elif state.get(id(step)) is None:
                    stack.append((step, self._next(files[owner], step)))

    def _next(self, file: SourceFile, plan: Resource) -> Iterator[Resource]:
        for _, action in actions(file, plan):
            for reference in definitions(action):
                found = self.find(reference)
                if found and found[1].get("resourceType") == "PlanDefinition":
                    yield found[1]


def actions(file: SourceFile, plan: Resource) -> Iterator[tuple[str, Resource]]:
    """Yield every action and where it stands, outer ones first.

    Raises:
        InputError: they are nested deeper than `MAX_ACTION_DEPTH`.
    """
    stack = [(f"action[{n}]", action, 1) for n, action in enumerate(items(plan.get("action")))][::-1]
    while stack:
        place, action, depth = stack.pop()
        if depth > MAX_ACTION_DEPTH:
            raise too_deep(file, plan, place)
        yield place, action
        inner = [(f"{place}.action[{n}]", one, depth + 1) for n, one in enumerate(items(action.get("action")))]
        stack += inner[::-1]


def too_deep(file: SourceFile, plan: Resource, place: str) -> InputError:
    """Return the error of actions that are nested too deep."""
    where = f"{file.name}: {_name(plan)}: {place[:60]}…"
    return InputError(f"{where}: actions nested deeper than {MAX_ACTION_DEPTH}; flatten them")


def definitions(action: Resource) -> list[str]:
    """Return what an action refers to for its details."""
    return references([action.get("definitionCanonical"), action.get("definitionUri")])


def references(value: Any) -> list[str]:
    """Return the texts of a list."""
    return [text for entry in value if (text := text_of(entry))] if isinstance(value, list) else []


def _defined(library: Resource) -> Iterator[tuple[str, str]]:
    """Yield the named expressions of a Library's CQL."""
    for attachment in items(library.get("content")):
        if attachment.get("contentType") != "text/cql" or not isinstance(attachment.get("data"), str):
            continue
        try:
            code = base64.b64decode(attachment["data"], validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        marks = list(_DEFINE.finditer(code))
        for mark, following in zip(marks, [*marks[1:], None], strict=True):
            end = following.start() if following else len(code)
            yield mark.group("quoted") or mark.group("bare"), code[mark.start() : end].strip()


def _name(plan: Resource) -> str:
    return f"{plan.get('resourceType', 'resource')} {str(plan.get('id', 'without an id'))[:60]}"
