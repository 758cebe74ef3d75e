"""From files, or a folder of mixed ones, to one guideline and the report of what came in."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.bounded import bounded
from clinical_sdft.ingest.readers import READERS
from clinical_sdft.ingest.reading import Extracted, Found, Reader, SourceFile, load
from clinical_sdft.validation import first_problem
from data_contracts import (
    Digest,
    Guideline,
    GuidelineCase,
    IngestedFile,
    IngestReport,
    Recommendation,
    Skipped,
    Source,
)

MAX_FILES = 5000
NOT_STATED = "not stated"
_BESIDE = re.compile(r"^(?:licen[cs]e|copying|notice|readme|changelog)(?:\.(?:md|txt|html?))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """What the one who ingests says of a guideline; where it is None, the files' own word counts."""

    id: str | None = None
    title: str | None = None
    issuer: str | None = None
    version: str | None = None
    date: datetime.date | None = None
    licence: str | None = None
    url: str | None = None
    supersedes: Digest | None = None


def collect(path: Path, facts: Facts) -> tuple[Guideline, IngestReport]:
    """Read a file or a folder whole, or not at all.

    Raises:
        InputError: a file cannot be used, nothing is recommended in any, or no date is stated; one line.
    """
    files, skipped = _files(path)
    read = _read_all(files)
    recommendations, cases = _assemble(read, facts)
    if not recommendations:
        raise InputError(
            f"{path}: no recommendation found in {len(files)} files; docs/ingest.md says by which words they are found"
        )
    told, not_stated = _told(path, [entry for _, entry in read if entry.found], facts)
    parts = [f"[{file.name}]\n\n{entry.text}" for file, entry in read if entry.found]
    try:
        guideline = Guideline(document="\n\n".join(parts), recommendations=recommendations, cases=cases, **told)
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}") from error
    return guideline, _report(guideline, read, skipped, not_stated)


def _files(path: Path) -> tuple[list[SourceFile], list[Skipped]]:
    """Return the files that have a reader, and those that have none."""
    if not path.is_dir():
        file = load(path, path.name)
        if _reader_of(file) is None:
            raise InputError(f"{path}: no format this reads; it reads {', '.join(reader.name for reader in READERS)}")
        return [file], []
    found = sorted(entry for entry in path.rglob("*") if entry.is_file() and not _hidden(entry, path))
    if len(found) > MAX_FILES:
        raise InputError(f"{path}: {len(found)} files; at most {MAX_FILES} are read as one guideline")
    files: list[SourceFile] = []
    skipped: list[Skipped] = []
    for entry in found:
        name = entry.relative_to(path).as_posix()
        if entry.is_symlink():
            skipped.append(Skipped(path=name, place="whole file", reason="a link; links are not followed"))
            continue
        if _BESIDE.match(entry.name):
            skipped.append(Skipped(path=name, place="whole file", reason="licence or notes beside the guideline"))
            continue
        file = load(entry, name)
        if _reader_of(file) is None:
            skipped.append(Skipped(path=name, place="whole file", reason=f"no reader for {file.suffix or 'its'} files"))
        else:
            files.append(file)
    if not files:
        raise InputError(f"{path}: no file that this reads; it reads {', '.join(reader.name for reader in READERS)}")
    return files, skipped


def _hidden(entry: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in entry.relative_to(root).parts)


def _reader_of(file: SourceFile) -> Reader | None:
    return next((reader for reader in READERS if reader.reads(file)), None)


def _read_all(files: Sequence[SourceFile]) -> list[tuple[SourceFile, Extracted]]:
    """Read every file by its reader; those that refer to each other as one."""
    made: dict[str, Extracted] = {}
    for reader in READERS:
        mine = tuple(file for file in files if _reader_of(file) is reader)
        groups = [mine] if reader.together else [(file,) for file in mine]
        for group in groups:
            if group:
                made |= zip((file.name for file in group), bounded(reader.read, group), strict=True)
    return [(file, made[file.name]) for file in files]


def _assemble(
    read: Sequence[tuple[SourceFile, Extracted]], facts: Facts
) -> tuple[tuple[Recommendation, ...], tuple[GuidelineCase, ...]]:
    """Give every finding an id of its own; findings of one id in one file are cases of one recommendation."""
    names = _short_names([file.name for file, entry in read if entry.found])
    recommendations: dict[str, Recommendation] = {}
    cases: list[GuidelineCase] = []
    for file, entry in read:
        for number, found in enumerate(entry.found, start=1):
            name = slug(found.id) if found.id else f"{names[file.name]}-R{number}"
            known = recommendations.get(name)
            if known is not None and known.path != file.name:
                name = f"{names[file.name]}-{name}"
                known = recommendations.get(name)
            if known is None:
                recommendations[name] = _recommendation(name, file, entry, found, facts)
            elif (known.path, known.quote, known.answer) != (file.name, found.quote, found.answer):
                raise InputError(f"{file.name}: {found.place}: the id {name} stands twice; give each row its own")
            if found.question and found.answer:
                count = sum(1 for case in cases if case.recommendation == name) + 1
                cases.append(
                    GuidelineCase(
                        id=f"{name}-case-{count}",
                        recommendation=name,
                        question=found.question,
                        answer=found.answer,
                        whole=found.whole,
                    )
                )
    return tuple(recommendations.values()), tuple(cases)


def _recommendation(name: str, file: SourceFile, entry: Extracted, found: Found, facts: Facts) -> Recommendation:
    return Recommendation(
        id=name,
        answer=found.answer,
        statement=found.statement,
        quote=found.quote,
        strength=found.strength,
        evidence=found.evidence,
        source=Source(
            title=found.title or entry.title or file.name,
            publisher=facts.issuer or entry.issuer or NOT_STATED,
            url=found.url or facts.url or entry.url or f"file:{file.name}",
        ),
        confusable=found.confusable,
        source_sha256=file.digest,
        path=file.name,
        page=found.page,
        place=found.place,
        condition=found.condition,
        logic=found.logic,
        found_by=found.found_by,
    )


def _told(path: Path, read: Sequence[Extracted], facts: Facts) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return what is known of the whole, and what nobody states."""
    when = facts.date or max((entry.date for entry in read if entry.date), default=None)
    if when is None:
        raise InputError(f"{path}: no file states a date; say since when the guideline holds, --date YYYY-MM-DD")
    said = {
        "issuer": facts.issuer or _joined(entry.issuer for entry in read),
        "version": facts.version or _joined(entry.version for entry in read),
        "licence": facts.licence or _joined(entry.licence for entry in read),
    }
    title = facts.title or (read[0].title if len(read) == 1 else None) or path.resolve().name
    told: dict[str, object] = {name: value or NOT_STATED for name, value in said.items()}
    told |= {
        "id": facts.id or slug(path.resolve().stem if path.is_file() else path.resolve().name),
        "title": title,
        "date": when,
        "supersedes": facts.supersedes,
    }
    return told, tuple(name for name, value in said.items() if not value)


def _joined(values: Iterable[str | None]) -> str | None:
    said = dict.fromkeys(value for value in values if value)
    return "; ".join(said) or None


def _report(
    guideline: Guideline,
    read: Sequence[tuple[SourceFile, Extracted]],
    skipped: Sequence[Skipped],
    not_stated: tuple[str, ...],
) -> IngestReport:
    asked = {case.recommendation for case in guideline.cases}
    here = Counter(item.path for item in guideline.recommendations)
    left = [Skipped(path=file.name, place=one.place, reason=one.reason) for file, entry in read for one in entry.left]
    left += [
        Skipped(path=file.name, place="whole file", reason="no recommendation found in it; its text is not kept")
        for file, entry in read
        if not entry.found
    ]
    return IngestReport(
        guideline=guideline.digest,
        id=guideline.id,
        files=tuple(
            IngestedFile(
                path=file.name,
                format=entry.format,
                sha256=file.digest,
                size=len(file.data),
                pages=entry.pages,
                recommendations=here[file.name],
                skipped=sum(1 for one in left if one.path == file.name),
            )
            for file, entry in read
        ),
        recommendations=len(guideline.recommendations),
        answered=sum(1 for item in guideline.recommendations if item.answer),
        to_complete=tuple(i.id for i in guideline.recommendations if i.answer is None or i.id not in asked),
        cases=len(guideline.cases),
        not_stated=not_stated,
        skipped=(*left, *skipped),
    )


def slug(text: str) -> str:
    """Return the text as an identifier that is safe in a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100].strip("-._") or "guideline"


def _short_names(paths: Sequence[str]) -> dict[str, str]:
    """Return a short name for each path, no two alike."""
    made: dict[str, str] = {}
    for path in paths:
        name = slug(Path(path).stem)[:40].strip("-._") or "file"
        number, taken = 1, set(made.values())
        while (candidate := name if number == 1 else f"{name}-{number}") in taken:
            number += 1
        made[path] = candidate
    return made
