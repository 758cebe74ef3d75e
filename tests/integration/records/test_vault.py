"""The re-identification vault: off unless turned on, sealed with a key of its own, each opening an event."""

import json
import os
import shutil
from pathlib import Path

import pytest
from held_clinic import Run, row

from clinical_sdft.deid import DeidKeyError, load_key, read_records
from clinical_sdft.deid.deidentify import Removed, deidentify_all
from clinical_sdft.deid.errors import VaultError
from clinical_sdft.deid.vault import Vault, open_vault
from clinical_sdft.stages.deidentify import make_deidentifier
from clinical_sdft.workspace import Workspace
from data_contracts import PatientRecord, sha256_digest
from governance.services import commands, queries
from governance.services.handle import open_governance

RECORD = sha256_digest(b"a record")
REMOVED = (Removed("name", "Zelda Quartermain", "Tessa Ashcombe", ""), Removed("mrn", "77553311", "10482233", "MRN "))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    load_key(tmp_path, create=True)
    made = open_vault(tmp_path, create=True)
    made.keep(RECORD, REMOVED)
    return made


def test_what_is_sealed_is_opened_with_its_key_only(vault: Vault, tmp_path: Path) -> None:
    assert vault.open(RECORD)[1] == sorted((one.category, one.original, one.surrogate) for one in REMOVED)
    assert vault.open(RECORD[7:20])[0] == RECORD
    (file,) = vault.folder.iterdir()
    assert b"Quartermain" not in file.read_bytes()
    with pytest.raises(VaultError, match="another key, or altered"):
        Vault(vault.folder, b"x" * 32).open(RECORD)
    with pytest.raises(VaultError, match="holds no such record"):
        vault.open("sha256:" + "0" * 64)
    other = sha256_digest(b"another record")
    file.rename(vault.folder / f"{other[7:]}.sealed")
    with pytest.raises(VaultError, match="altered"):
        vault.open(other)


def test_it_has_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_key(tmp_path, create=True)
    with pytest.raises(DeidKeyError, match=r"vault\.key"):
        open_vault(tmp_path)
    monkeypatch.setenv("CLINICAL_SDFT_VAULT_KEY", load_key(tmp_path).hex())
    with pytest.raises(VaultError, match="key of the pseudonyms"):
        open_vault(tmp_path)


def test_an_opening_takes_role_and_proof_and_is_an_event_without_text(
    held_workspace: Path, tmp_path: Path, run: Run
) -> None:
    root = shutil.copytree(held_workspace, tmp_path / "hospital")
    (root / "inbox" / "records" / "quartermain.jsonl").write_text(
        json.dumps(row(1, narrative="Zelda Quartermain has a rash."))
    )
    workspace = Workspace(root)
    assert workspace.settings.reidentification_vault is False
    key = load_key(root)
    (record,) = (entry for entry in read_records(workspace.records, key) if isinstance(entry, PatientRecord))
    result = deidentify_all(workspace.records, make_deidentifier(workspace), keep=open_vault(root, create=True).keep)
    name = result.released[0].record
    line = ("records", "reidentify", name, "--reason", "call the patient back", "--as")
    for actor, password, code in (("clara", None, 2), ("cora", "wrong", 2), ("cora", None, 0)):
        got, shown = run(root, *line, actor, **({"password": password} if password else {}))
        assert got == code and ("Quartermain" in shown) == (code == 0), (actor, shown)
    governance = open_governance(root)
    (event,) = queries.events(governance, action="record-reidentified")
    assert (event.actor, event.subject) == ("cora", name)
    assert event.details == {"reason": "call the patient back", "identifiers": 1}
    got, shown = run(root, *line, "cora", "--surrogate", "nobody", "--json")
    assert got == 0 and json.loads(shown) == []
    assert record.patient["name"] == "Zelda Quartermain"
    assert not any(b"Quartermain" in file.read_bytes() for file in (root / "vault").iterdir())


def test_retention_deletes_what_is_past_its_years_and_nothing_while_a_hold_stands(
    held_workspace: Path, tmp_path: Path, run: Run
) -> None:
    root = shutil.copytree(held_workspace, tmp_path / "hospital")
    vault, fresh = open_vault(root, create=True), sha256_digest(b"sealed today")
    for record in (RECORD, fresh):
        vault.keep(record, REMOVED)
    old = vault.folder / f"{RECORD[7:]}.sealed"
    os.utime(old, (old.stat().st_mtime - 6.1 * 365.25 * 86400,) * 2)
    apply = ("retention", "apply", "--reason", "six years are over", "--as")
    assert run(root, *apply, "clara")[0] == 2 and old.exists()
    assert run(root, "hold", "set", "case-1", "--everything", "--reason", "a lawsuit", "--as", "cora")[0] == 0
    assert run(root, *apply, "cora")[0] == 0 and old.exists()
    assert run(root, "hold", "release", "case-1", "--reason", "settled", "--as", "cora")[0] == 0
    got, shown = run(root, *apply, "cora")
    assert got == 0 and f"{RECORD} vault: deleted" in shown and fresh not in shown
    assert [file.stem for file in vault.folder.iterdir()] == [fresh[7:]]
    governance = open_governance(root)
    (event,) = queries.events(governance, action="vault-entry-deleted")
    assert (event.actor, event.subject, event.details) == ("cora", RECORD, {"reason": "six years are over"})
    assert commands.verify_store(governance).ok
    assert run(root, *apply, "cora") == (0, "nothing is past its time\n")
