import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clinical_sdft.deid import (
    DeidError,
    DeidKeyError,
    NerModelError,
    NotesNer,
    PolicyError,
    SpacyNer,
    load_key,
    named_policy,
)
from clinical_sdft.deid.keys import ENVIRONMENT, key_file
from clinical_sdft.deid.ner import PINNED_DIGEST, SHIPPED_DIGEST, folder_digest, package_folder
from clinical_sdft.deid.ner.notes_model import SHIPPED


def test_policies_have_names() -> None:
    assert named_policy("safe_harbor").dates == "year_only"
    assert named_policy("expert_assist").dates == "shift"
    with pytest.raises(PolicyError, match="safe_harbor, expert_assist"):
        named_policy("none")


def test_key_comes_from_the_environment_or_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(DeidKeyError):
        load_key(tmp_path)
    key = load_key(tmp_path, create=True)
    assert len(key) == 32 and load_key(tmp_path) == key
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    monkeypatch.setenv(ENVIRONMENT, "ab" * 32)
    assert load_key(tmp_path) == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize("value", ["", "xyz", "ab" * 16])
def test_bad_keys_are_refused_without_being_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(ENVIRONMENT, value)
    with pytest.raises(DeidKeyError) as caught:
        load_key(tmp_path)
    assert not value or value not in str(caught.value)


def test_an_open_key_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    load_key(tmp_path, create=True)
    key_file(tmp_path).chmod(0o644)
    with pytest.raises(DeidKeyError, match="chmod 600"):
        load_key(tmp_path)


@pytest.mark.parametrize(
    ("kind", "pinned", "folder"), [(SpacyNer, PINNED_DIGEST, package_folder()), (NotesNer, SHIPPED_DIGEST, SHIPPED)]
)
def test_the_installed_models_are_the_pinned_ones(kind, pinned, folder) -> None:
    ner = kind()
    assert ner.digest == pinned == folder_digest(folder)
    assert {span.label for span in ner.analyze("Maria Kowalska lives in Chicago.")} == {"PERSON", "GPE"}


def test_a_missing_or_changed_model_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(NerModelError, match="missing or empty"):
        SpacyNer(tmp_path / "none")
    copy = tmp_path / "model"
    shutil.copytree(package_folder(), copy)
    (copy / "meta.json").write_text("{}")
    with pytest.raises(NerModelError, match="differs from the pinned one"):
        SpacyNer(copy)


def test_errors_have_one_root() -> None:
    assert issubclass(NerModelError, DeidError) and issubclass(NerModelError, RuntimeError)
    assert issubclass(DeidKeyError, ValueError)


def test_importing_the_package_loads_no_engine() -> None:
    heavy = "[m for m in ('spacy', 'presidio_analyzer', 'torch') if m in sys.modules]"
    code = f"import sys, clinical_sdft.deid; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
