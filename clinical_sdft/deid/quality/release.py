"""The check at release time: a sample of the held-out notes through the engine that is about to release records."""

from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from clinical_sdft.deid.deidentify import Deidentifier
from clinical_sdft.deid.engine import DetectionEngine
from clinical_sdft.deid.ner import NerModel
from clinical_sdft.deid.policy import DeidPolicy
from clinical_sdft.deid.quality.choices import Split
from clinical_sdft.deid.quality.detectors import Engines
from clinical_sdft.deid.quality.notes.compose import SEEDS, notes
from clinical_sdft.deid.quality.score import Score, score
from clinical_sdft.files import write_bytes
from data_contracts import Digest, GoldCheck, canonical_json, sha256_digest

SAMPLE = 40
"""Notes in the sample: about four seconds on one core."""


def gold_check(deidentifier: Deidentifier, cache: Path | None = None) -> GoldCheck:
    """Return what the engine reaches on the sample.

    Args:
        deidentifier: the model and the policy that are about to be used.
        cache: a folder where checks are kept by the engine's digest; a file that does not fit it is measured anew.

    Raises:
        PatternTimeoutError: a rule took too long on a note.
    """
    digest = engine_digest(deidentifier.ner, deidentifier.policy)
    file = None if cache is None else cache / f"deid-gold-{digest.removeprefix('sha256:')}.json"
    kept = _kept(file, digest)
    if kept is not None:
        return kept
    checked = _check(deidentifier.ner, deidentifier.policy, digest)
    if file is not None:
        write_bytes(file, checked.canonical_bytes())
    return checked


def engine_digest(ner: NerModel, policy: DeidPolicy) -> Digest:
    """Return the digest of all that decides what is found: code and word lists of this room, model, policy, sample."""
    parts = {
        "code": _code_digest(),
        "model": ner.digest,
        "policy": repr(policy),
        "sample": [SEEDS[Split.HELD_OUT], SAMPLE],
    }
    return sha256_digest(canonical_json(parts))


@lru_cache(maxsize=1)
def _code_digest() -> Digest:
    room = Path(__file__).parents[1]
    files = sorted(file for file in room.rglob("*") if file.suffix in (".py", ".yaml"))
    return sha256_digest(
        chunk
        for file in files
        for chunk in (file.relative_to(room).as_posix().encode() + b"\0", file.read_bytes(), b"\0")
    )


def _kept(file: Path | None, digest: Digest) -> GoldCheck | None:
    if file is None or not file.is_file():
        return None
    try:
        kept = GoldCheck.from_bytes(file.read_bytes())
    except ValidationError:
        return None
    return kept if kept.engine == digest else None


_MEASURED: dict[Digest, GoldCheck] = {}
"""Checks of this process, so that several updates in one run measure once."""


def _check(ner: NerModel, policy: DeidPolicy, digest: Digest) -> GoldCheck:
    if digest not in _MEASURED:
        sample = tuple(notes(Split.HELD_OUT, SAMPLE))
        _MEASURED[digest] = _as_check(digest, score(sample, Engines(DetectionEngine(ner, policy), policy)))
    return _MEASURED[digest]


def _as_check(digest: Digest, result: Score) -> GoldCheck:
    recall = result.span_full_recall
    lower, upper = recall.bounds or (0.0, 1.0)
    return GoldCheck(
        engine=digest,
        documents=result.documents,
        identifiers=recall.total,
        found_whole=recall.count,
        span_full_recall=recall.value or 0.0,
        lower=lower,
        upper=upper,
        token_precision=result.token_precision.value or 0.0,
        leaking=result.leaking.count,
        leaking_released=result.leaking_released.count,
    )
