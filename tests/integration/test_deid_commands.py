"""`deid score` and `deid gold` as a stranger uses them."""

import json
from pathlib import Path

import pytest
import typer.main
from click.testing import CliRunner, Result

from clinical_sdft import cli
from clinical_sdft.deid import NerModelError, PatternsOnly
from clinical_sdft.deid.errors import GoldError, PolicyError
from clinical_sdft.deid.ner import SHIPPED_DIGEST, folder_digest
from clinical_sdft.errors import InputError
from clinical_sdft.workspace import Workspace

TEXT = "Seen: Olga Zbrozek (daughter of Pjotr), MRN 4471920, on 3/4/2021; takes 5 mg."
NAMES = (
    "span_full_recall",
    "token_recall",
    "token_precision",
    "documents_leaking_rate",
    "hard_negatives_touched_rate",
    "categories",
)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(typer.main.get_command(cli.app), ["deid", *arguments])


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    spans = [
        ("Olga Zbrozek", "name"),
        ("4471920", "mrn"),
        ("3/4/2021", "date"),
        ("daughter", "other_id"),
    ]  # the last is none, so that it is missed
    marked = [{"start": TEXT.index(v), "end": TEXT.index(v) + len(v), "category": c} for v, c in spans]
    lines = [
        {"id": "one", "text": TEXT, "spans": marked, "patient": {"id": "P-1", "name": "Olga Zbrozek"}},
        {"id": "two", "text": "Metformin 500 mg for a year."},
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


def test_score_prints_the_promised_names_and_no_text(gold: Path) -> None:
    shown = run("score", str(gold), "--json", "--misses")
    assert shown.exit_code == 0
    value = json.loads(shown.output)
    assert tuple(value)[:6] == NAMES
    assert value["categories"]["mrn"]["span_full_recall"] == 1.0
    assert value["hard_negatives_touched_rate"] == 0.0
    assert [miss["shape"] for miss in value["misses"]] == ["aaaaaaaa"]
    text = run("score", str(gold), "--misses")
    assert "'aaaaaaaa'" in text.output
    for word in ("Olga", "Zbrozek", "4471920", "daughter"):
        assert word not in shown.output + text.output


def test_in_a_workspace_the_model_of_its_settings_is_measured(
    gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "hospital"
    Workspace.create(root, {"deid_ner": "patterns", "deid_policy": "safe_harbor_patterns"})
    line = ("score", str(gold), "--json", "--without-records")
    embedded = json.loads(run(*line).output)
    assert embedded["model"] == {"name": "notes:clinical_notes", "digest": SHIPPED_DIGEST}
    patterns = json.loads(run(*line, "--workspace", str(root)).output)
    assert patterns["model"] == {"name": PatternsOnly().name, "digest": PatternsOnly().digest}
    monkeypatch.chdir(root)
    assert json.loads(run(*line).output)["model"] == patterns["model"]
    assert PatternsOnly().name in run("score", str(gold)).output
    refused = run("score", str(gold), "--workspace", str(tmp_path))
    assert isinstance(refused.exception, InputError) and "not a workspace" in str(refused.exception)


def test_a_model_of_ones_own_is_trained_pinned_and_measured(gold: Path, tmp_path: Path) -> None:
    made = json.loads(
        run("train", str(tmp_path / "own"), str(gold), "--passes", "1", "--generated", "4", "--json").output
    )
    assert made["notes"] == 2 and made["digest"] == folder_digest(tmp_path / "own")
    settings = {"deid_ner": f"notes:{tmp_path / 'own'}", "deid_ner_digest": made["digest"]}
    Workspace.create(tmp_path / "hospital", settings)
    shown = run("score", str(gold), "--json", "--workspace", str(tmp_path / "hospital"))
    assert json.loads(shown.output)["model"] == {"name": "notes:own", "digest": made["digest"]}
    again = run("train", str(tmp_path / "own"), str(gold))
    assert isinstance(again.exception, NerModelError) and "name a new folder" in str(again.exception)


def test_a_part_can_be_held_out(gold: Path) -> None:
    value = json.loads(run("score", str(gold), "--half", "second", "--json").output)
    assert (value["documents"], value["span_full_recall"]) == (1, None)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("score", "no-such-file"), GoldError, "no such gold file"),
        (("score", "{gold}", "--format", "asq-phi"), GoldError, "holds no document"),
        (("score", "{gold}", "--policy", "none"), PolicyError, "choose one of"),
        (("gold", "{folder}"), GoldError, "is a folder"),
        (("gold", "x.jsonl", "--split", "all"), GoldError, "choose tuning or held-out"),
    ],
)
def test_mistakes_are_one_line_and_exit_two(
    gold: Path, arguments: tuple[str, ...], error: type[Exception], message: str
) -> None:
    done = run(*(part.format(gold=gold, folder=gold.parent) for part in arguments))
    assert isinstance(done.exception, error)
    assert message in str(done.exception)
    assert cli.exit_code(done.exception) == 2


def test_gold_writes_what_score_reads(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    value = json.loads(run("gold", str(path), "--documents", "4", "--json").output)
    assert (value["documents"], value["split"]) == (4, "tuning")
    with_records = json.loads(run("score", str(path), "--json").output)
    without = json.loads(run("score", str(path), "--json", "--without-records").output)
    assert with_records["bounds"]["span_full_recall"]["total"] == value["identifiers"]
    assert without["span_full_recall"] <= with_records["span_full_recall"]
