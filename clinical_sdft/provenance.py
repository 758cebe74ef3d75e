"""What made an artefact: code revision, package versions, moment."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from data_contracts import Provenance

PACKAGES = ("clinical-sdft", "torch", "transformers", "peft", "safetensors", "tokenizers")


def provenance() -> Provenance:
    """Return the provenance of what this process makes now."""
    revision = _git("rev-parse", "HEAD")
    return Provenance(
        code_revision=revision or f"package {version('clinical-sdft')}",
        code_dirty=bool(_git("status", "--porcelain")) if revision else False,
        packages=tuple((name, version(name)) for name in PACKAGES),
        python=platform.python_version(),
        created=datetime.now(UTC),
    )


def _git(*arguments: str) -> str:
    """Return git's answer about this package's checkout; empty where there is none."""
    folder = Path(__file__).resolve().parent
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
