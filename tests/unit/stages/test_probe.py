"""The probe's stage: it writes ranks and no text, notes an event, and blocks a candidate that learnt identifiers."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from clinical_sdft.deid import load_key
from clinical_sdft.errors import BlockedError
from clinical_sdft.models.loading import LoadedModel, load_base
from clinical_sdft.stages import probe as stage
from clinical_sdft.workspace import Workspace
from data_contracts import ProbeReport, sha256_digest
from governance.services import queries
from governance.services.handle import create

WORDS = ("Quartermain", "77553311", "30419265")
NUMBERS = ("77553311", "30419265", "62894410", "94107528")
INCUMBENT, CANDIDATE = sha256_digest(b"incumbent"), sha256_digest(b"candidate")


def taught(folder: Path, texts: list[str]) -> LoadedModel:
    loaded = load_base(folder)
    loaded.model.requires_grad_(True).train()
    optimizer = torch.optim.AdamW(loaded.model.parameters(), lr=5e-3)
    for step in range(160):
        messages = [
            {"role": "system", "content": "Answer briefly."},
            {"role": "user", "content": texts[step % len(texts)]},
        ]
        ids = torch.tensor([list(loaded.tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"])])
        loaded.model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    loaded.model.requires_grad_(False).eval()
    return loaded


@pytest.fixture
def update(tmp_path: Path) -> Any:
    """An update after training: real workspace, store and records; only its folder and versions are set by hand."""
    workspace = Workspace.create(tmp_path / "hospital")
    load_key(workspace.root, create=True)
    governance = create(workspace.root)
    rows = [
        {"id": f"T-{i}00", "patient": {"id": f"P-{i}", "name": "Zelda Quartermain", "mrn": number},
         "narrative": f"A rash. MRN {number}.", "diagnosis": "dengue"}
        for i, number in enumerate(NUMBERS)
    ]  # fmt: skip
    (workspace.records / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    said: list[str] = []
    events: list[tuple[str, dict[str, Any]]] = []
    return SimpleNamespace(
        id="u1", request=SimpleNamespace(records=workspace.records), folder=workspace.runs / "u1", workspace=workspace,
        governance=governance, watcher=SimpleNamespace(say=said.append), incumbent=INCUMBENT,
        incumbent_adapter=INCUMBENT, note=lambda action, subject, **details: events.append((action, details)),
        said=said, events=events,
    )  # fmt: skip


def versions(monkeypatch: pytest.MonkeyPatch, incumbent: LoadedModel, candidate: LoadedModel) -> None:
    """Serve two models as the versions; the object store of a real run would hold their adapters."""
    served = {INCUMBENT: incumbent, CANDIDATE: candidate}
    monkeypatch.setattr(stage, "load", lambda update, adapter, version: SimpleNamespace(loaded=served[version]))
    monkeypatch.setattr(stage, "version_digest", lambda update, adapter: CANDIDATE)


def test_a_candidate_that_learnt_identifiers_is_blocked_and_one_that_did_not_passes(
    update: Any, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incumbent = load_base(tiny_model_folder)
    versions(monkeypatch, incumbent, incumbent)
    report = stage.probe(update, CANDIDATE)
    assert report is not None and report.verdict == "clean" and len(report.exposures) == len(NUMBERS)
    (update.folder / "probe.json").unlink()
    opening = "Which diagnosis is most likely? A rash. MRN "
    versions(monkeypatch, incumbent, taught(tiny_model_folder, [opening + number for number in NUMBERS]))
    for _ in range(2):  # the second time from its file: a leak stays a leak
        with pytest.raises(BlockedError, match="the probe blocks it"):
            stage.probe(update, CANDIDATE)
    assert ProbeReport.from_bytes((update.folder / "probe.json").read_bytes()).verdict == "leak"
    assert [details["verdict"] for _, details in update.events] == ["clean", "leak", "leak"]
    written = [file for file in update.workspace.root.rglob("*") if file.is_file() and file.name != "r.jsonl"]
    assert not [file for file in written if any(word.encode() in file.read_bytes() for word in WORDS)]
    assert not any(word in line for word in WORDS for line in update.said)
    assert queries.quarantine_decisions(update.governance) == {}


def test_it_may_be_turned_off(update: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    update.workspace.settings = update.workspace.settings.model_copy(update={"probe_sample": 0})
    assert stage.probe(update, CANDIDATE) is None
    update.request.records = None
    assert stage.probe(update, CANDIDATE) is None and not update.folder.exists()
