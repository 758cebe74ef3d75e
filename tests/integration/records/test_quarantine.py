"""A person resolves quarantine: sees, marks, releases, discards; both decisions are events, and no text is kept."""

import json
import shutil
from pathlib import Path

import pytest
from held_clinic import NOTE, Run, row

from clinical_sdft.deid.deidentify import deidentify_all
from clinical_sdft.stages.deidentify import make_deidentifier
from clinical_sdft.stages.quarantine import quarantine
from clinical_sdft.workspace import Workspace
from data_contracts import short
from governance.services import queries
from governance.services.handle import open_governance


@pytest.fixture
def root(held_workspace: Path, tmp_path: Path) -> Path:
    return shutil.copytree(held_workspace, tmp_path / "hospital")


def held(root: Path, reason: str) -> str:
    rows = quarantine(Workspace(root), open_governance(root))
    return next(short(row.held.record) for row in rows if (row.held.reason == reason and row.held.spans) or
                (row.held.reason == reason and reason == "no_patient_id"))  # fmt: skip


def spans(root: Path) -> list[str]:
    rows = quarantine(Workspace(root), open_governance(root))
    return [f"{span.start}-{span.end}" for row in rows for span in row.held.spans]


def test_list_names_what_waits_and_where_and_ends_with_four(root: Path, run: Run) -> None:
    code, shown = run(root, "quarantine", "list")
    assert code == 4
    assert shown.count("quartermain.jsonl, line") == 3 and "quarantine show" in shown
    code, shown = run(root, "quarantine", "list", "--json")
    rows = json.loads(shown)
    assert code == 4 and {one["reason"] for one in rows} == {"residual_identifier", "no_patient_id"}
    assert all(one["updates"] == ["u1"] and one["decision"] is None for one in rows)
    (root / "runs" / "u1" / "quarantine.jsonl").unlink()
    code, shown = run(root, "quarantine", "list")
    assert code == 0 and "records import" in shown


def test_show_is_for_those_who_may_see_it_and_is_an_event(root: Path, run: Run) -> None:
    name = held(root, "residual_identifier")
    code, shown = run(root, "quarantine", "show", name, "--as", "rita")
    assert code == 2 and "Quartermain" not in shown and "clinician or compliance" in shown
    code, shown = run(root, "quarantine", "show", name, "--as", "clara")
    assert code == 0 and NOTE in shown and "[[48213]]" in shown
    (event,) = queries.events(open_governance(root), action="quarantined-record-shown")
    assert event.actor == "clara" and event.details == {}


def test_a_record_is_released_as_it_was_marked_and_nothing_else(root: Path, run: Run) -> None:
    name = held(root, "residual_identifier")
    first, second = spans(root)
    base = ("quarantine", "release", name, "--as", "clara", "--reason", "lot is a reagent")
    for line, code, words in [
        ((*base, "--keep", first), 2, f"say of {second}"),
        ((*base, "--redact", f"{first}:colour", "--keep", second), 2, "`colour` is no category"),
        ((*base, "--redact", "x"), 2, "--redact START-END:CATEGORY"),
        ((*base[:-1], "Quartermain's lot", "--redact", f"{first}:other_id", "--keep", second), 2, "kept for good"),
        ((*base, "--redact", f"{first}:other_id", "--keep", second, "--redact", "900-950:name"), 2, "lies outside"),
        ((*base[:4], "rita", *base[5:], "--redact", f"{first}:other_id", "--keep", second), 2, "may not resolve"),
    ]:
        got, shown = run(root, *line)
        assert (got, words in shown) == (code, True), (line, shown)
    assert queries.quarantine_decisions(open_governance(root)) == {}
    code, shown = run(root, *base, "--redact", f"{first}:other_id", "--keep", second, password="wrong")
    assert code == 2 and queries.quarantine_decisions(open_governance(root)) == {}
    code, shown = run(root, *base, "--redact", f"{first}:other_id", "--keep", second)
    assert code == 0 and "released" in shown
    (event,) = queries.events(open_governance(root), action="quarantine-released")
    assert (event.actor, event.details["reason"]) == ("clara", "lot is a reagent")
    assert (event.details["identifiers"], event.details["kept"]) == (1, 1)

    workspace, governance = Workspace(root), open_governance(root)
    result = deidentify_all(workspace.records, make_deidentifier(workspace), queries.quarantine_decisions(governance))
    (released,) = result.released
    assert (
        "as was 55120 before" in released.text and "48213" not in released.text and "Quartermain" not in released.text
    )
    assert short(released.record) == name and len(result.quarantined) == 2
    assert run(root, "quarantine", "list")[1].count("quartermain.jsonl, line") == 2


def test_a_check_says_what_a_decision_would_and_decides_nothing(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, (first, second) = held(root, "residual_identifier"), spans(root)
    base = ("release", name, "--as", "clara", "--check", "--redact", f"{first}:other_id")
    nobody = ("discard", name, "--as", "rita", "--check", "--reason", "no")
    for line, code, words in [
        ((*base, "--keep", second, "--reason", "a reagent"), 0, "may be released so; nothing is decided"),
        ((*base, "--reason", "a reagent"), 2, f"say of {second}"),
        ((*base, "--keep", second, "--reason", "Zelda's"), 2, "say it without"),
        ((*base, "--keep", second, "--reason", " "), 2, "say why"),
        (nobody, 2, "may not resolve"),
        (("discard", name, "--as", "cora", "--check", "--reason", "no"), 0, "may be discarded so; nothing is decided"),
    ]:
        got, shown = run(root, "quarantine", *line, password="not asked for")
        assert (got, words in shown) == (code, True), (line, shown)
    monkeypatch.setenv("CLINICAL_SDFT_REASON", "Quartermain")
    code, shown = run(root, "quarantine", "discard", name, "--as", "cora", "--check")
    assert code == 2 and "say it without" in shown and "Quartermain" not in shown
    assert queries.quarantine_decisions(open_governance(root)) == {}


def test_a_diagnosis_is_released_only_when_a_person_says_it_holds_no_identifier(root: Path, run: Run) -> None:
    workspace = Workspace(root)
    rows = quarantine(workspace, open_governance(root))
    name = next(short(row.held.record) for row in rows if "diagnosis" in row.held.detail)
    line = ("quarantine", "release", name, "--as", "cora", "--reason", "an eponym")
    code, shown = run(root, *line)
    assert code == 4 and "--keep-diagnosis" in shown
    assert run(root, *line, "--keep-diagnosis")[0] == 0


def test_a_discarded_record_never_trains_and_stays_discarded(root: Path, run: Run) -> None:
    nobody = held(root, "no_patient_id")
    code, shown = run(root, "quarantine", "release", nobody, "--as", "cora", "--reason", "no")
    assert code == 2 and "no text to release" in shown
    name = held(root, "residual_identifier")
    assert run(root, "quarantine", "discard", name, "--as", "cora", "--reason", "not needed")[0] == 0
    assert run(root, "quarantine", "discard", nobody, "--as", "cora", "--reason", "no patient")[0] == 0
    first, second = spans(root)
    line = ("quarantine", "release", name, "--as", "cora", "--reason", "after all")
    code, shown = run(root, *line, "--redact", f"{first}:other_id", "--keep", second)
    assert code == 2 and "that is final" in shown
    workspace, governance = Workspace(root), open_governance(root)
    result = deidentify_all(workspace.records, make_deidentifier(workspace), queries.quarantine_decisions(governance))
    assert (len(result.released), len(result.quarantined)) == (0, 1)
    code, shown = run(root, "quarantine", "list", "--all", "--json")
    assert code == 4 and [one["decision"] for one in json.loads(shown)].count("discard") == 2


def test_no_text_of_a_record_is_left_behind(root: Path, run: Run) -> None:
    name = held(root, "residual_identifier")
    first, second = spans(root)
    run(root, "quarantine", "show", name, "--as", "clara")
    run(
        root,
        "quarantine",
        "release",
        name,
        "--as",
        "clara",
        "--reason",
        "ok",
        "--redact",
        f"{first}:mrn",
        "--keep",
        second,
    )
    for file in root.rglob("*"):
        if file.is_file() and file.parent != root / "inbox" / "records":
            content = file.read_bytes()
            assert not any(word in content for word in (b"Quartermain", b"48213", b"77553311", b"both hands")), file


def test_a_record_whose_file_changed_or_went_is_still_listed(root: Path, run: Run) -> None:
    (root / "inbox" / "records" / "quartermain.jsonl").write_text(json.dumps(row(1, narrative="Another.")) + "\n")
    code, shown = run(root, "quarantine", "list")
    assert code == 4 and shown.count("gone from the inbox") == 3
    name = held(root, "residual_identifier")
    code, shown = run(root, "quarantine", "show", name, "--as", "clara")
    assert code == 0 and "no text to show" in shown
    assert run(root, "quarantine", "show", "zz", "--as", "clara")[0] == 2
