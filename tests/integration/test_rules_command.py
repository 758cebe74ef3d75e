"""`clinical-sdft rules` as a person uses it: what it writes, and one line where something is wrong."""

import json
import sys
from pathlib import Path

import pytest

from clinical_sdft import cli
from clinical_sdft.deid.keys import load_key
from clinical_sdft.evaluation.leakage import find_leaks
from clinical_sdft.evaluation.suites import read_suite
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.ingest.rules.inbox import read_inbox
from clinical_sdft.workspace import Workspace
from governance.services.handle import create

RULES = Path(__file__).parents[1] / "unit" / "ingest" / "rules" / "data"
OLD, NEW = str(RULES / "jnc_7.yaml"), str(RULES / "acc_aha_2017.yaml")
MAPPING = {
    "format": "csv",
    "patient": "who",
    "fields": {"sbp": {"column": "s", "unit": "mm[Hg]"}, "dbp": {"column": "d", "unit": "mm[Hg]"}},
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "hospital"
    Workspace.create(root)
    create(root)
    load_key(root, create=True)
    (tmp_path / "mapping.yaml").write_text(json.dumps(MAPPING))
    rows = [f"Zelda Quartermain {i},{110 + i % 40},{60 + i % 31}" for i in range(120)]
    (tmp_path / "records.csv").write_text("\n".join(["who,s,d", *rows, "Nobody,,"]) + "\n")
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(root))
    monkeypatch.chdir(tmp_path)
    return root


def command(monkeypatch: pytest.MonkeyPatch, *line: str) -> int:
    monkeypatch.setattr(sys, "argv", ["clinical-sdft", *line])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_check_and_compare_need_no_records(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(monkeypatch, "rules", "check", NEW) == 0
    assert "2 rules can be applied" in capsys.readouterr().out
    assert command(monkeypatch, "rules", "compare", OLD, NEW, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["regions"]) == 2


def test_apply_writes_demonstrations_and_a_suite_of_other_patients(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["rules", "apply", NEW, "records.csv", "--mapping", "mapping.yaml"]
    assert command(monkeypatch, *line) == 0
    assert not (root / "inbox" / "demonstrations").exists(), "only told, nothing written"
    assert command(monkeypatch, *line, "--out", "bp", "--suite", "held", "--held-out", "0.3", "--limit", "40") == 0
    shown = capsys.readouterr().out
    assert "1 not decided: sbp, dbp missing" in shown
    suite, made = (
        read_suite(root / "inbox" / "suites" / "held.json"),
        read_inbox(root / "inbox", read_guideline(Path(NEW))),
    )
    assert 10 < len(suite.items) <= 40 and 10 < len(made) <= 40
    assert find_leaks(made, [suite]) == []
    written = [file for file in (root / "inbox").rglob("*") if file.is_file()]
    assert written and not any(b"Quartermain" in file.read_bytes() for file in written)


def test_a_suite_that_is_there_is_not_overwritten(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["rules", "apply", NEW, "records.csv", "--mapping", "mapping.yaml", "--suite", "held", "--out", "bp"]
    assert command(monkeypatch, *line, "--limit", "20") == 0
    assert command(monkeypatch, *line, "--limit", "20") == 0, "the same again changes nothing"
    before = (root / "inbox" / "demonstrations" / "bp.jsonl").read_bytes()
    assert command(monkeypatch, *line, "--limit", "10") == 2
    assert "held.json: is there with other items" in capsys.readouterr().err
    assert (root / "inbox" / "demonstrations" / "bp.jsonl").read_bytes() == before


def test_compare_on_records_says_the_share(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["rules", "compare", OLD, NEW, "records.csv"]
    assert command(monkeypatch, *line, "--mapping", "mapping.yaml", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["both"] == 120 and told["undecided"] == 1 and 0 < told["flipped"] < 120
    assert command(monkeypatch, *line) == 2
    assert "records need --mapping" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (["rules", "check", "none.yaml"], "none.yaml: no such file"),
        (["rules", "apply", NEW, "none.csv", "--mapping", "mapping.yaml"], "none.csv: no such file"),
        (["rules", "apply", NEW, "records.csv", "--mapping", "none.yaml"], "none.yaml: no such file"),
        (["rules", "apply", NEW, "records.csv", "--mapping", "mapping.yaml", "--out", "../a"], "--out ../a"),
        (["rules", "apply", NEW, ".", "--mapping", "mapping.yaml"], "."),
    ],
)
def test_what_cannot_be_used_is_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: list[str], word: str
) -> None:
    assert command(monkeypatch, *line) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and said[0].startswith("clinical-sdft: ") and word in said[0]
    assert not (root / "inbox" / "demonstrations").exists()
