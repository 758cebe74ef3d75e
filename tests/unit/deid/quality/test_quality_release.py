"""The check at release time is kept by the engine's digest, and measured anew for another engine or a damaged file."""

from pathlib import Path

import pytest

from clinical_sdft.deid import EXPERT_ASSIST, SAFE_HARBOR, Deidentifier
from clinical_sdft.deid.ner import NerSpan
from clinical_sdft.deid.quality import release
from clinical_sdft.deid.quality.release import engine_digest, gold_check
from data_contracts import DeidentificationReport, sha256_digest


class NoNames:
    """A model that finds nothing, so that the check is quick."""

    name = "none"

    def __init__(self, version: str = "1") -> None:
        self.digest = sha256_digest(version.encode())

    def analyze(self, text: str) -> tuple[NerSpan, ...]:
        return ()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Deidentifier:
    monkeypatch.setattr(release, "SAMPLE", 3)
    monkeypatch.setattr(release, "_MEASURED", {})
    return Deidentifier(NoNames(), SAFE_HARBOR, b"k" * 32)


def test_a_check_is_kept_and_read_again(engine: Deidentifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = gold_check(engine, tmp_path)
    assert (first.documents, first.engine) == (3, engine_digest(engine.ner, engine.policy))
    assert 0 < first.found_whole <= first.identifiers
    assert first.lower < first.span_full_recall <= first.upper
    monkeypatch.setattr(release, "_MEASURED", {})
    monkeypatch.setattr(release, "score", None)
    assert gold_check(engine, tmp_path) == first


def test_a_damaged_or_foreign_file_is_measured_anew(
    engine: Deidentifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = gold_check(engine, tmp_path)
    (file,) = tmp_path.iterdir()
    for content in (b"{", first.model_copy(update={"engine": sha256_digest(b"x"), "leaking": 0}).canonical_bytes()):
        monkeypatch.setattr(release, "_MEASURED", {})
        file.write_bytes(content)
        assert gold_check(engine, tmp_path) == first
        assert file.read_bytes() == first.canonical_bytes()


def test_another_model_or_policy_is_another_engine() -> None:
    digests = {
        engine_digest(NoNames(), SAFE_HARBOR),
        engine_digest(NoNames("2"), SAFE_HARBOR),
        engine_digest(NoNames(), EXPERT_ASSIST),
    }
    assert len(digests) == 3


def test_a_report_without_the_new_fields_keeps_its_bytes() -> None:
    fields = {"policy": "p", "ner_model": "n", "ner_digest": sha256_digest(b"n"), "released": 1, "quarantined": 0}
    report = DeidentificationReport(replaced=(), **fields)
    assert b"gold" not in report.canonical_bytes()
    assert b"smallest_group" not in report.canonical_bytes()
