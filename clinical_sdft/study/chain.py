"""One chain: an arm with a seed takes up update after update, each from the version that the one before left."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinical_sdft.files import write_bytes
from clinical_sdft.ingest.prior_prompts import Labelled
from clinical_sdft.models.adapters import FILE_NAME
from clinical_sdft.models.probe import dtype_of
from clinical_sdft.models.quick import read_in_one_piece
from clinical_sdft.provenance import provenance
from clinical_sdft.sdft.arms import MANIFEST, Incumbent, Plan, train_arm
from clinical_sdft.sdft.preflight import preflight
from clinical_sdft.study.arms import StudyArm
from clinical_sdft.study.contracts import StageResult
from clinical_sdft.study.material import Material, Stage
from clinical_sdft.study.measures import Drift, suite_results, voice
from clinical_sdft.versions import load_version
from data_contracts import (
    AdapterManifest,
    Demonstration,
    Digest,
    LoraSettings,
    PreflightReport,
    TrainingSettings,
    sha256_digest,
)

SYSTEM_PROMPT = "Answer briefly."


@dataclass(frozen=True)
class Start:
    """The version all chains of a study start from."""

    base: Path
    adapter_file: Path | None
    adapter: Digest


@dataclass(frozen=True)
class Chain:
    """An arm, a seed, and where its results and its weights are kept."""

    material: Material
    arm: StudyArm
    seed: int
    training: TrainingSettings
    results: Path
    work: Path

    @property
    def name(self) -> str:
        """Return where the chain stands in folders."""
        return f"{self.material.name}/{self.arm.name}/seed-{self.seed}"

    def result_file(self, stage: int) -> Path:
        """Return the file of a stage's result."""
        return self.results / self.name / f"stage-{stage}.json"

    @property
    def finished(self) -> bool:
        """Say whether every stage has its result."""
        return all(self.result_file(stage).is_file() for stage in range(len(self.material.stages) + 1))


def run_chain(chain: Chain, start: Start, say: Callable[[str], None]) -> None:
    """Run every stage that has no result yet; weights that were lost are trained again, with the same outcome."""
    if chain.finished:
        return
    version = prepared(chain, start, say)
    drift = Drift.measure(_load(version), chain.material.prior_prompts, SYSTEM_PROMPT)
    _keep(chain, 0, "start", version, drift=None, manifest=None)
    for number, stage in enumerate(chain.material.stages, 1):
        manifest, version = _learn(chain, stage, number, version)
        if not chain.result_file(number).is_file():
            _keep(chain, number, stage.name, version, drift, manifest)
        say(f"{chain.name}: stage {number} of {len(chain.material.stages)}")


def prepared(chain: Chain, start: Start, say: Callable[[str], None]) -> Start:
    """Return the start, after what the material says it has still to learn; the same for every chain."""
    if not chain.material.preparation:
        return start
    folder = chain.work / chain.material.name / "start"
    training = chain.training.model_copy(update={"seed": 0, "learning_rate": 1e-3, "passes": 4})
    manifest = train_arm("sft", _load(start), _plan(chain, 0, chain.material.preparation, training, None), folder)
    say(f"{chain.material.name}: the start is ready")
    return Start(start.base, folder / FILE_NAME, manifest.adapter)


def _learn(chain: Chain, stage: Stage, number: int, version: Start) -> tuple[AdapterManifest, Start]:
    folder = chain.work / chain.name / f"stage-{number}"
    if (folder / MANIFEST).is_file():
        manifest = AdapterManifest.from_bytes((folder / MANIFEST).read_bytes())
        return manifest, Start(version.base, folder / FILE_NAME, manifest.adapter)
    training = chain.arm.settings(chain.training, chain.seed)
    incumbent = _load(version, training.dtype)
    shown = stage.demonstrations
    report = None
    if chain.arm.kind == "sdft":
        # Only plain templates are tried: whether to amplify is the arm's own business.
        measured = preflight(
            incumbent.loaded,
            shown,
            _digest(shown),
            incumbent.adapter_digest,
            system_prompt=SYSTEM_PROMPT,
            sample=min(32, len(shown)),
            seed=chain.seed,
            max_new_tokens=training.rollout_tokens,
            fixed=TrainingSettings(beta=0.0, calibration=0.0),
        )
        report = chain.arm.choice(measured)
    plan = _plan(chain, number, shown, training, report)
    manifest = train_arm(chain.arm.kind, incumbent, plan, folder)
    del incumbent
    gc.collect()
    return manifest, Start(version.base, folder / FILE_NAME, manifest.adapter)


def _keep(
    chain: Chain, number: int, name: str, version: Start, drift: Drift | None, manifest: AdapterManifest | None
) -> None:
    file = chain.result_file(number)
    if file.is_file():
        return
    incumbent = _load(version, chain.material.replies_in)
    # The start is the same for every arm: whoever comes first asks it, and the others read its answers.
    start = chain.work / chain.material.name / f"start-scores-{version.adapter[7:19]}"
    folder = chain.work / chain.name / f"scores-{number}" if number else start
    suites, replies = suite_results(incumbent, chain.material.suites_at(number), SYSTEM_PROMPT, folder)
    words, habits = voice(replies)
    result = StageResult(
        data=chain.material.name,
        arm=chain.arm.name,
        seed=chain.seed,
        stage=number,
        name=name,
        adapter=version.adapter,
        suites=suites,
        reply_words=words,
        habit_rate=habits,
        kl_nats=drift.of(incumbent) if drift else None,
        replies_in=chain.material.replies_in,
        template=manifest.template if manifest else None,
        beta=manifest.beta if manifest else 0.0,
        steps=len(manifest.losses) if manifest else 0,
        seconds=manifest.cost.seconds if manifest else 0.0,
        flops=manifest.cost.flops if manifest else 0.0,
        code_revision=provenance().code_revision,
    )
    write_bytes(file, result.canonical_bytes())
    del incumbent
    gc.collect()


def _plan(
    chain: Chain,
    number: int,
    shown: Sequence[Demonstration],
    training: TrainingSettings,
    report: PreflightReport | None,
) -> Plan:
    return Plan(
        demonstrations=tuple(shown),
        demonstrations_digest=_digest(shown),
        prior_prompts=chain.material.prompts_before(number),
        preflight=report,
        system_prompt=SYSTEM_PROMPT,
        training=training,
        lora=LoraSettings(),
        replay=[Labelled(item.question, item.answer) for item in chain.material.known_before(number)],
    )


def _digest(shown: Sequence[Demonstration]) -> Digest:
    return sha256_digest(b"\n".join(item.canonical_bytes() for item in shown))


def _load(version: Start, dtype: str = "float32") -> Incumbent:
    incumbent = load_version(version.base, version.adapter_file, version.adapter, None)
    if dtype != "float32":
        read_in_one_piece(incumbent.loaded.model.to(dtype_of(dtype)))
    return incumbent
