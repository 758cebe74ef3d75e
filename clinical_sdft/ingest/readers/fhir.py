"""FHIR R4: PlanDefinitions, with the ActivityDefinitions and Libraries they refer to.

What an action is: a *recommendation* when it says something of its own; a *group* when it only holds others together;
a *step* when it stands below a recommendation and has no condition of its own. A step's words join its
recommendation's statement. Nothing is fetched: what a file refers to is looked for among the files read with it.
"""

from datetime import date
from typing import Any

from clinical_sdft.ingest.fhir_walk import Walk
from clinical_sdft.ingest.fhir_world import World, resources_of
from clinical_sdft.ingest.json_values import load_json, looks_like_json, text_of
from clinical_sdft.ingest.reading import Extracted, Found, Left, SourceFile

_OWN = ("PlanDefinition", "ActivityDefinition", "Library", "Bundle")


class Fhir:
    """All FHIR files of an ingest are read together."""

    name = "FHIR R4"
    together = True

    def reads(self, file: SourceFile) -> bool:
        """Say whether it is JSON that names one of these resource types."""
        if not looks_like_json(file) or b'"resourceType"' not in file.data:
            return False
        return any(f'"{name}"'.encode() in file.data for name in _OWN)

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the recommendations of each file.

        Raises:
            InputError: a file is no FHIR JSON, plans refer to each other in a circle, or actions are nested too deep.
        """
        values = [load_json(file) for file in files]
        world = World()
        for index, (file, value) in enumerate(zip(files, values, strict=True)):
            for resource in resources_of(file, value):
                world.add(index, resource)
        world.refuse_cycles(files)
        found: list[list[Found]] = [[] for _ in files]
        left: list[list[Left]] = [[] for _ in files]
        texts: list[list[str]] = [[] for _ in files]
        for owner, plan in world.plans:
            walk = Walk(world, owner, plan, files[owner])
            walk.run()
            texts[owner] += walk.texts
            left[owner] += walk.left
            for where, entry in walk.found:
                found[where].append(entry)
        for owner, activity in world.activities:
            texts[owner] += [words for key in ("title", "description") if (words := text_of(activity.get(key)))]
            if id(activity) not in world.used:
                name = text_of(activity.get("id")) or "without an id"
                reason = "no action among the files refers to it"
                left[owner].append(Left(place=f"ActivityDefinition {name}", reason=reason))
        return tuple(
            _extracted(value, "\n\n".join(texts[index]), tuple(found[index]), tuple(left[index]))
            for index, value in enumerate(values)
        )


def _extracted(value: Any, text: str, found: tuple[Found, ...], left: tuple[Left, ...]) -> Extracted:
    first = next((r for r in resources_of(None, value) if r.get("resourceType") == "PlanDefinition"), value)
    return Extracted(
        format=Fhir.name,
        text=text,
        found=found,
        left=left,
        title=text_of(first.get("title")),
        issuer=text_of(first.get("publisher")),
        version=text_of(first.get("version")),
        date=_effective(first),
        licence=text_of(first.get("copyright")),
        url=text_of(first.get("url")),
    )


def _effective(plan: dict[str, Any]) -> date | None:
    """Return the day a plan takes effect, or else is dated; of a year or month alone, none."""
    period = plan.get("effectivePeriod")
    said = text_of(period.get("start")) if isinstance(period, dict) else None
    try:
        return date.fromisoformat((said or text_of(plan.get("date")) or "")[:10])
    except ValueError:
        return None
