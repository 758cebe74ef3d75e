"""Files that cannot be used: one clear line each, with the file and the place."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from guideline_files import SENTENCE, W, docx, every_format, pdf, plan, uspstf

from clinical_sdft.errors import InputError
from clinical_sdft.ingest.collect import Facts, collect
from clinical_sdft.ingest.reading import Extracted, SourceFile

FACTS = Facts(date=date(2026, 1, 1))
ENTITY = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>'


def nested(depth: int) -> dict[str, Any]:
    action: dict[str, Any] = {"title": "Suspect gout", "description": f"Suspect gout at level {depth}."}
    for level in range(depth - 1, 0, -1):
        action = {"title": f"Level {level}", "action": [action]}
    return plan(action=[action])


def referring(*names: str) -> list[dict[str, Any]]:
    """Return plans of which each refers to the next, and the last to the first."""
    return [
        plan(
            id=name,
            url=f"http://example.org/PlanDefinition/{name}",
            action=[{"title": "On", "definitionCanonical": f"http://example.org/PlanDefinition/{after}|1"}],
        )
        for name, after in zip(names, (*names[1:], names[0]), strict=True)
    ]


def zip_bomb() -> bytes:
    return docx([("Normal", "a" * (70 * 2**20))])


PDF = pdf([[SENTENCE]])
BAD: dict[str, tuple[str, bytes, str]] = {
    "encrypted PDF": ("g.pdf", pdf([[SENTENCE]], password="secret"), "encrypted; save it without a password"),
    "scanned PDF": ("g.pdf", pdf([[], []]), "no text on 2 pages: scanned"),
    "truncated PDF": ("g.pdf", PDF[: len(PDF) // 3], "damaged"),
    "no PDF at all": ("g.pdf", b"hello", "damaged"),
    "1,001 pages": ("g.pdf", pdf([["x"]] * 1001), "1001 pages; at most 1000"),
    "macros": ("g.docx", docx([("", SENTENCE)], extra={"word/vbaProject.bin": b"\x00"}), "has macros"),
    "external entity": ("g.docx", docx([("", "&secret;")], prologue=ENTITY), "declares a document type or entities"),
    "entity bomb": ("g.docx", docx([("", "&c;")], prologue=BOMB), "declares a document type or entities"),
    "zip bomb": ("g.docx", zip_bomb(), "unpacks to more than 64 MiB"),
    "truncated DOCX": ("g.docx", docx([("", SENTENCE)])[:200], "truncated or damaged"),
    "old Word file": ("g.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "encrypted or old Word file"),
    "wrong columns": ("g.csv", b"question,reply\na,b\n", "line 1: no column answer"),
    "unknown column": ("g.csv", b"question,answer,colour\na,b,c\n", "line 1: unknown column 'colour'"),
    "too many cells": ("g.csv", b"question,answer\na,b,c\n", "line 2: 3 cells under 2 columns"),
    "formula": ("g.csv", b'question,answer\nHot toe?,"=HYPERLINK(1)"\n', "line 2, column answer: a formula"),
    "mixed encodings": ("g.csv", "question,answer\nTête ?,é\n".encode() + b"Caf\xe9 ?,x\n", "line 3: byte"),
    "UTF-16": ("g.csv", "question,answer\na,b\n".encode("utf-16"), "line 1: byte 0 is not UTF-8"),
    "empty answer": ("g.csv", b"question,answer\nHot toe?,\n", "line 2: answer is empty"),
    "JSONL that is none": ("g.jsonl", b'{"question": "a", "answer": "b"}\n{"question"\n', "line 2: not JSON"),
    "same id twice": ("g.csv", b"id,question,answer\n1,a,b\n1,c,d\n", "line 3: the id 1 stands twice"),
    "31 levels": ("p.json", json.dumps(nested(31)).encode(), "actions nested deeper than 30"),
    "a circle of one": ("p.json", json.dumps(referring("a")[0]).encode(), "circle: PlanDefinition a →"),
    "half a character": ("p.json", b'{"resourceType": "PlanDefinition", "title": "\\ud800"}', "half a character"),
    "key twice": ("p.json", b'{"resourceType": "PlanDefinition", "id": "a", "id": "b"}', "stands twice"),
    "deep JSON": ("p.json", b'{"resourceType": "PlanDefinition", "action": ' + b"[" * 100_000, "nested deeper"),
    "USPSTF of another shape": ("u.json", b'{"specificRecommendations": {}}', "must be a list"),
    "patient, not plan": ("p.json", b'{"resourceType": "Patient", "id": "x"}', "no guideline"),
    "alias bomb": ("g.yaml", b"a: &a [1,1,1,1,1,1,1,1,1]\n" + b"".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n".encode() for n in range(9)
    ), "stand for too much"),
    "no text": ("g.html", b"<!doctype html><script>1</script>", "no text"),
    "nothing recommended": ("g.md", b"Toes are a part of the foot.", "no recommendation found"),
    "unknown format": ("g.exe", b"MZ", "no format this reads"),
    "empty": ("g.pdf", b"", "the file is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_one_clear_line_with_file_and_place(name: str, tmp_path: Path) -> None:
    file, data, message = BAD[name]
    (tmp_path / file).write_bytes(data)
    with pytest.raises(InputError) as caught:
        collect(tmp_path / file, FACTS)
    said = str(caught.value)
    assert message in said and file in said and "\n" not in said
    assert "Traceback" not in said and "the reader broke" not in said


def test_no_entity_is_ever_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Clinicians should never read this.")
    prologue = f'<!DOCTYPE x [<!ENTITY secret SYSTEM "{secret.as_uri()}">]>'
    (tmp_path / "g.docx").write_bytes(docx([("", "&secret;")], prologue=prologue))
    with pytest.raises(InputError) as caught:
        collect(tmp_path / "g.docx", FACTS)
    assert "never read" not in str(caught.value)


def test_a_size_that_lies_in_the_directory_does_not_help_a_bomb(tmp_path: Path) -> None:
    data = bytearray(zip_bomb())
    with zipfile.ZipFile(__import__("io").BytesIO(bytes(data))) as package:
        real = package.getinfo("word/document.xml").file_size.to_bytes(4, "little")
    at = data.rfind(real)
    data[at : at + 4] = (100).to_bytes(4, "little")
    (tmp_path / "g.docx").write_bytes(data)
    with pytest.raises(InputError, match=r"unpacks to more|damaged|not XML"):
        collect(tmp_path / "g.docx", FACTS)


def test_ten_levels_of_actions_are_read_to_the_last(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(nested(10)))
    guideline, _ = collect(tmp_path / "p.json", FACTS)
    assert [item.quote for item in guideline.recommendations] == ["Suspect gout at level 10."]
    assert str(guideline.recommendations[0].place).count("action") == 10


def test_plans_in_a_circle_are_refused_across_files(tmp_path: Path) -> None:
    for one in referring("a", "b", "c"):
        (tmp_path / f"{one['id']}.json").write_text(json.dumps(one))
    with pytest.raises(InputError, match="circle: PlanDefinition a → PlanDefinition b → PlanDefinition c"):
        collect(tmp_path, FACTS)


def test_an_unresolved_reference_is_told_and_the_actions_own_words_stay(tmp_path: Path) -> None:
    action = {"title": "Order a test", "description": "Order a serum urate test."}
    one = plan(action=[action | {"definitionCanonical": "http://example.org/ActivityDefinition/urate"}])
    (tmp_path / "p.json").write_text(json.dumps(one))
    guideline, report = collect(tmp_path / "p.json", FACTS)
    assert guideline.recommendations[0].quote == "Order a serum urate test."
    assert [(left.place, left.reason.split()[0]) for left in report.skipped] == [
        ("action[0]", "http://example.org/ActivityDefinition/urate")
    ]


def test_an_activity_lends_its_words_to_an_action_that_has_none_and_a_library_its_logic(tmp_path: Path) -> None:
    activity = {
        "resourceType": "ActivityDefinition",
        "id": "urate",
        "url": "http://example.org/ActivityDefinition/urate",
        "description": "Order a serum urate test.",
    }
    code = 'library L version \'1\'\ndefine "Hot toe":\n  exists [Condition: "Gout"]\ndefine "Other":\n  true\n'
    library = {
        "resourceType": "Library",
        "id": "logic",
        "url": "http://example.org/Library/logic",
        "content": [{"contentType": "text/cql", "data": __import__("base64").b64encode(code.encode()).decode()}],
    }
    action = {
        "title": "Urate",
        "definitionCanonical": "http://example.org/ActivityDefinition/urate",
        "condition": [{"kind": "applicability", "expression": {"language": "text/cql", "expression": "Hot toe"}}],
    }
    one = plan(action=[action], library=["http://example.org/Library/logic"])
    for name, resource in {"plan": one, "activity": activity, "library": library}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(resource))
    guideline, _ = collect(tmp_path, FACTS)
    (recommendation,) = guideline.recommendations
    assert (recommendation.quote, recommendation.path) == ("Order a serum urate test.", "activity.json")
    assert recommendation.logic == 'define "Hot toe":\n  exists [Condition: "Gout"]'


def test_a_reader_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from clinical_sdft.ingest import bounded

    def endless(files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        while True:
            pass

    monkeypatch.setattr(bounded, "_SECONDS", 0.2)
    with pytest.raises(InputError, match=r"^loop\.pdf: reading took more than"):
        bounded.bounded(endless, (SourceFile("loop.pdf", b"x"),))


def test_a_reader_that_swells_is_ended() -> None:
    from clinical_sdft.ingest.bounded import bounded

    def swelling(files: tuple[SourceFile, ...]) -> tuple[Extracted, ...]:
        held = [bytes(2**28) for _ in range(64)]  # asked for and never touched: no time is spent on it
        return (Extracted(format=str(len(held)), text=""),)

    with pytest.raises(InputError, match=r"^big\.pdf: reading takes more than 1024 MiB of memory"):
        bounded(swelling, (SourceFile("big.pdf", b"x"),))


def test_nothing_is_half_ingested(tmp_path: Path) -> None:
    files = every_format() | {"z-last.json": json.dumps(uspstf()).encode()[:-5]}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=r"^z-last\.json: line 1"):
        collect(tmp_path, FACTS)
    assert W.startswith("http")
