"""Recommendations of the U.S. Preventive Services Task Force, as its JSON service gives them."""

from typing import Any

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.json_values import items, load_json, looks_like_json, text_of
from clinical_sdft.ingest.readers.html import strip_tags
from clinical_sdft.ingest.reading import Extracted, Found, Left, SourceFile, squeeze

_LIST = "specificRecommendations"


class Uspstf:
    """Each record with a text is one recommendation; its grade is the strength."""

    name = "USPSTF JSON"
    together = False

    def reads(self, file: SourceFile) -> bool:
        """Say whether the file is JSON that holds the service's list."""
        return looks_like_json(file) and f'"{_LIST}"'.encode() in file.data

    def read(self, files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        """Return the records of each file.

        Raises:
            InputError: a file is no JSON, or its list is none.
        """
        return tuple(_read(file) for file in files)


def _read(file: SourceFile) -> Extracted:
    value = load_json(file)
    if not isinstance(value, dict) or not isinstance(value.get(_LIST), list):
        raise InputError(f"{file.name}: {_LIST}: must be a list of recommendation records")
    found, left = [], []
    for number, record in enumerate(value[_LIST]):
        place = f"{_LIST}[{number}]"
        made = _recommendation(record, place) if isinstance(record, dict) else None
        if made is None:
            left.append(Left(place=place, reason="has no text of a recommendation"))
        else:
            found.append(made)
    for name in sorted(set(value) - {_LIST}):
        left.append(Left(place=name, reason=f"{len(items(value[name]))} records of another kind than recommendations"))
    text = "\n\n".join(f"{entry.title}\n{entry.quote}" for entry in found)
    return Extracted(
        format=Uspstf.name,
        text=text,
        found=tuple(found),
        left=tuple(left),
        title="USPSTF recommendations",
        issuer="U.S. Preventive Services Task Force",
    )


def _recommendation(record: dict[str, Any], place: str) -> Found | None:
    quote = squeeze(strip_tags(text_of(record.get("text")) or ""))
    if not quote:
        return None
    title = squeeze(text_of(record.get("title")) or "untitled")
    grade, number = text_of(record.get("grade")), record.get("id")
    return Found(
        id=f"USPSTF-{number}" if isinstance(number, int) and 0 <= number < 10**12 else None,
        quote=quote,
        statement=quote,
        place=place,
        found_by="record of the service",
        strength=f"USPSTF grade {grade}" if grade else None,
        title=title,
        condition=_whom(record, title),
    )


def _whom(record: dict[str, Any], title: str) -> str:
    """Return to whom it applies, from the fields that say so."""
    ages = record.get("ageRange")
    known = isinstance(ages, list) and len(ages) == 2 and all(isinstance(age, int) for age in ages)
    parts = [title.partition(" -- ")[2] or title]
    if known:
        parts.append(f"age {ages[0]} to {ages[1]}")  # type: ignore[index]
    sex = text_of(record.get("sex"))
    if sex:
        parts.append(f"sex: {sex}")
    return "; ".join(parts)
