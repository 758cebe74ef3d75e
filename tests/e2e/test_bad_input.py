"""Bad input gets one clear line and an exit code, and loses nothing."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_hospital
from reading_model import NEW

from clinical_sdft import cli

Bad = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def untouched(reading_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
        return tiny_hospital.build(tmp_path_factory.mktemp("bad-input") / "hospital", reading_model)


def changed_guideline(root: Path, change: Callable[[dict[str, object]], object]) -> Path:
    value = json.loads(tiny_hospital.guideline().canonical_bytes())
    change(value)
    file = root.parent / "guideline.json"
    file.write_text(json.dumps(value))
    return file


def written(root: Path, name: str, data: bytes) -> Path:
    file = root.parent / name
    file.write_bytes(data)
    return file


def ingest(change: Callable[[dict[str, object]], object]) -> Bad:
    return lambda root: ["ingest", str(changed_guideline(root, change))]


def update(root: Path, *, suite: Path | None = None, records: Path | None = None) -> list[str]:
    guideline = changed_guideline(root, lambda value: None)
    suite = suite or written(root, "suite.json", tiny_hospital.suite("new", NEW, 40).canonical_bytes())
    line = ["update", "run", str(guideline), "--suite", str(suite), "--as", "rita"]
    return line + (["--records", str(records)] if records else [])


def overlapping_suite(root: Path) -> list[str]:
    case = tiny_hospital.guideline().cases[0]
    value = json.loads(tiny_hospital.suite("new", NEW, 2).canonical_bytes())
    value["items"][1]["question"] = tiny_hospital.QUESTION.format(case=case.question)
    return update(root, suite=written(root, "suite.json", json.dumps(value).encode()))


def empty_suite(root: Path) -> list[str]:
    value = json.loads(tiny_hospital.suite("new", NEW, 2).canonical_bytes()) | {"items": []}
    return ["suite", "add", str(written(root, "suite.json", json.dumps(value).encode())), "--as", "ada"]


CASES: dict[str, tuple[Bad, int, str]] = {
    "no recommendations": (ingest(lambda v: v.update(recommendations=[])), 2, "recommendations"),
    "unknown field": (ingest(lambda v: v.update(colour="blue")), 2, "colour"),
    "duplicate id": (ingest(lambda v: v["recommendations"].append(v["recommendations"][0])), 2, "duplicate"),  # type: ignore[attr-defined, index]
    "not UTF-8": (lambda root: ["ingest", str(written(root, "latin.yaml", b"id: gu\xe9rin"))], 2, "UTF-8"),
    "no such guideline": (lambda root: ["ingest", str(root / "none.yaml")], 2, "no such file"),
    "empty suite": (empty_suite, 2, "no items"),
    "overlap": (overlapping_suite, 2, "new-1"),
    "unknown person": (lambda root: ["run-once", "--as", "nobody"], 2, "nobody"),
    "unknown update": (lambda root: ["gate", "explain", "none"], 2, "none"),
    "missing export": (lambda root: ["audit", "verify", str(root / "none.zip")], 2, "none.zip"),
    "record is no JSON": (
        lambda root: ["records", "import", str(written(root, "broken.jsonl", b"{Zelda Quartermain\n"))],
        4,
        "1 in quarantine",
    ),
    "record without patient": (
        lambda root: ["records", "import", str(written(root, "nobody.jsonl", json.dumps({"id": "A"}).encode()))],
        4,
        "1 in quarantine",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_line_and_nothing_lost(
    name: str, untouched: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, code, word = CASES[name]
    before = sorted(path for path in (untouched / "inbox").rglob("*") if "records" not in path.parts)
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(untouched))
    monkeypatch.setattr(sys, "argv", ["clinical-sdft", *bad(untouched)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    shown = capsys.readouterr()
    assert end.value.code == code
    assert word in shown.out + shown.err
    assert "Traceback" not in shown.err and "Quartermain" not in shown.out + shown.err
    if code == 2:
        said = [line for line in shown.err.splitlines() if line.startswith("clinical-sdft: ")]
        assert len(said) == 1 and shown.err.splitlines()[-1] == said[0]
    assert sorted(path for path in (untouched / "inbox").rglob("*") if "records" not in path.parts) == before


def test_a_model_that_is_missing_or_another_one(
    reading_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
    root = tiny_hospital.build(tmp_path / "hospital", reading_model)
    line = ["clinical-sdft", "run-once", "--as", "rita", "--workspace", str(root)]
    config = root / "config.toml"
    text = config.read_text()

    config.write_text(text.replace(str(reading_model), str(tmp_path / "nowhere")))
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2 and "nowhere" in (shown := capsys.readouterr()).out + shown.err

    other = tmp_path / "other"
    other.mkdir()
    for file in reading_model.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    (other / "chat_template.jinja").write_text((reading_model / "chat_template.jinja").read_text() + " ")
    config.write_text(text.replace(str(reading_model), str(other)))
    with pytest.raises(SystemExit) as end:
        cli.main()
    shown = capsys.readouterr()
    assert end.value.code == 5 and "the version in force is" in shown.out + shown.err
