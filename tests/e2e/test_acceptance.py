"""A guideline from a document: nothing is trained on before a clinician accepted it, and then exactly that."""

import sys
from datetime import date
from pathlib import Path

import pytest
import tiny_hospital
from reading_model import NEW

from clinical_sdft import cli
from clinical_sdft.errors import AcceptanceNeededError, DigestMismatchError
from clinical_sdft.ingest.collect import Facts, collect
from clinical_sdft.stages.draft import demonstrations_digest, draft
from clinical_sdft.stages.update import Request, Update, open_update
from clinical_sdft.watch import Quiet
from data_contracts import Demonstration, sha256_digest
from governance.approvals.errors import AcceptanceError
from governance.services import commands, queries

ROWS = (
    "question,answer\n"
    + "".join(f'"Case {number}: a hot toe. Which diagnosis is most likely?",gout\n' for number in range(3))
    + '"Case 9: a cold toe. Which diagnosis is most likely?",chilblain\n'
)


@pytest.fixture
def hospital(reading_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
    return tiny_hospital.build(tmp_path / "hospital", reading_model)


def opened(root: Path) -> Update:
    (root.parent / "toes.csv").write_text(ROWS)
    guideline, _ = collect(root.parent / "toes.csv", Facts(date=date(2026, 1, 1)))
    workspace, governance = tiny_hospital.opened(root)
    request = Request(guideline, tiny_hospital.suite("new", NEW, 40), None, "rita")
    return open_update(workspace, governance, request, Quiet())


def run(line: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["clinical-sdft", *line])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_nothing_is_trained_on_before_it_is_accepted_and_then_exactly_that(hospital: Path) -> None:
    update = opened(hospital)
    with pytest.raises(AcceptanceNeededError, match="4 of 4 drafted demonstrations wait"):
        draft(update, ())
    assert not (update.folder / "demonstrations.jsonl").exists()

    state = queries.drafts(update.governance, update.id)
    one, two, three, four = state.drafts
    proven = commands.prove_now(update.governance, "clara", tiny_hospital.PASSWORD, None, purpose="acceptance")
    base = one.draft.model_dump(include={"id", "quote", "guideline", "recommendation", "record"})
    edited = commands.Choice(
        one.digest,
        "edited",
        "said more plainly",
        Demonstration.model_validate(base | {"question": "A hot toe?", "answer": "It is gout.", "label": "gout"}),
    )
    choices = [
        edited,
        commands.Choice(two.digest, "accepted", "right"),
        commands.Choice(three.digest, "refused", "too like the first"),
        commands.Choice(four.digest, "accepted", "right"),
    ]
    commands.decide_drafts(update.governance, update_id=update.id, choices=choices, by=proven)

    trained = draft(update, ())
    accepted = queries.drafts(update.governance, update.id).accepted
    assert [row.answer for row in trained] == ["It is gout.", "gout", "chilblain"]
    lines = (row.canonical_bytes() + b"\n" for row in accepted)
    assert demonstrations_digest(update) == sha256_digest(lines)
    assert three.draft.id not in {row.id for row in trained}

    # What was accepted is fixed: no later decision, and no other byte in the file.
    with pytest.raises(AcceptanceError, match="taken over already"):
        commands.decide_drafts(update.governance, update_id=update.id, choices=choices[2:3], by=proven)
    file = update.folder / "demonstrations.jsonl"
    file.write_bytes(file.read_bytes().replace(b"chilblain", b"frostbite"))
    with pytest.raises(DigestMismatchError):
        draft(update, ())


def test_by_the_command_line_as_a_clinician(
    hospital: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(hospital))
    (hospital.parent / "toes.csv").write_text(ROWS)
    assert run(["ingest", str(hospital.parent / "toes.csv"), "--date", "2026-01-01"], monkeypatch) == 0
    for file in (hospital / "inbox" / "guidelines").glob("measles*"):
        file.unlink()
    suite = hospital / "inbox" / "suites" / "toes.json"
    suite.write_bytes(tiny_hospital.suite("toes-new", NEW, 40).canonical_bytes())
    for record in (hospital / "inbox" / "records").iterdir():
        record.unlink()

    assert run(["run-once", "--as", "rita"], monkeypatch) == 3
    assert "4 of 4 drafted demonstrations wait for a clinician" in capsys.readouterr().out
    (update_id,) = queries.updates_with_drafts(tiny_hospital.opened(hospital)[1])

    assert run(["demonstrations", "list", update_id], monkeypatch) == 0
    shown = capsys.readouterr().out
    assert "toes-R1-case-1" in shown and "sample (*) of 4 out of 4" in shown
    assert run(["demonstrations", "show", update_id, "toes-R1-case-1"], monkeypatch) == 0
    shown = capsys.readouterr().out
    assert "toes.csv, line 2" in shown and "sha256:" in shown

    accept = ["demonstrations", "accept", update_id, "toes-R1-case-1", "--reason", "right"]
    assert run([*accept, "--as", "abel"], monkeypatch) == 2
    assert "may not accept demonstrations" in capsys.readouterr().err
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", "wrong wrong wrong")
    assert run([*accept, "--as", "clara"], monkeypatch) == 2
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", tiny_hospital.PASSWORD)
    assert run(["demonstrations", "accept-sample", update_id, "--reason", "x", "--as", "clara"], monkeypatch) == 2
    assert "4 of 4 of the sample are not decided yet" in capsys.readouterr().err
    assert run([*accept, "--as", "clara"], monkeypatch) == 0
    refuse = ["demonstrations", "refuse", update_id, "toes-R2-case-1", "--reason", "no", "--as", "clara"]
    assert run(refuse, monkeypatch) == 0
    assert run(["demonstrations", "accept-sample", update_id, "--reason", "x", "--as", "clara"], monkeypatch) == 2
    assert "c = 0" in capsys.readouterr().err
    edit = ["demonstrations", "edit", update_id, "toes-R3-case-1", "--reason", "words", "--as", "clara"]
    assert run([*edit, "--answer", "Gout it is.", "--label", "ague"], monkeypatch) == 2
    assert "must stand within the answer" in capsys.readouterr().err
    assert run([*edit, "--answer", "Gout it is."], monkeypatch) == 0
    actions = [event.action for event in queries.events(tiny_hospital.opened(hospital)[1], update_id=update_id)]
    assert actions.count("demonstration-accepted") == 1 and actions.count("demonstration-edited") == 1
