"""Run a study: every arm with every seed, resumed where it was left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinical_sdft.demo.facts import data_file
from clinical_sdft.demo.run import shipped_hospital
from clinical_sdft.files import write_bytes
from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.study.arms import StudyArm
from clinical_sdft.study.chain import Chain, Start, run_chain
from clinical_sdft.study.contracts import StageResult
from clinical_sdft.study.material import Material
from clinical_sdft.versions import base_folder
from data_contracts import TrainingSettings


@dataclass(frozen=True)
class Study:
    """What is run, and where its results (small, kept) and its weights (large, can be made again) lie."""

    materials: tuple[Material, ...]
    arms: tuple[StudyArm, ...]
    seeds: tuple[int, ...]
    training: TrainingSettings
    changes: Mapping[str, Any]
    """What a user sets, against the study's settings and a material's own."""
    results: Path
    work: Path

    def chains(self) -> list[Chain]:
        """Return all chains, seed by seed, so that what is finished first can be compared."""
        return [
            Chain(material, arm, seed, self._training(material), self.results, self.work)
            for seed in self.seeds
            for material in self.materials
            for arm in self.arms
        ]

    def _training(self, material: Material) -> TrainingSettings:
        return TrainingSettings.model_validate({**self.training.model_dump(), **material.training, **self.changes})


def run_study(study: Study, start: Start, say: Callable[[str], None]) -> None:
    """Run what is missing."""
    chains = study.chains()
    for number, chain in enumerate(chains, 1):
        say(f"chain {number} of {len(chains)}: {chain.name}")
        run_chain(chain, start, say)


def hospital_start(model: str, work: Path) -> Start:
    """Return the demo's hospital model, version 1, as the start of all chains."""
    manifest = shipped_hospital(base_folder(model))
    file = work / "hospital" / FILE_NAME
    if not file.is_file():
        write_bytes(file, data_file(f"hospital/{FILE_NAME}").read_bytes())
    return Start(base_folder(model), file, manifest.adapter)


def read_results(folder: Path) -> Sequence[StageResult]:
    """Return all results in a folder, in the order of data, arm, seed and stage."""
    files = sorted(folder.glob("*/*/seed-*/stage-*.json"))
    return [StageResult.from_bytes(file.read_bytes()) for file in files]
