"""Training from end to end on the tiny model: it learns, resumes to the same bytes, and the anchor holds."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from clinical_sdft.models.adapters import adapter_digest
from clinical_sdft.models.loading import load_base
from clinical_sdft.sdft.amplified import generate_amplified
from clinical_sdft.sdft.arms import Incumbent, Plan, chosen_teacher, train_arm
from clinical_sdft.sdft.lessons import sdft_lesson
from clinical_sdft.sdft.rollouts import read_rollouts
from clinical_sdft.sdft.trainer import Batch, StepReport, plan, warmup_cosine
from clinical_sdft.versions import NO_ADAPTER
from data_contracts import Demonstration, LoraSettings, PreflightReport, TemplateTrial, TrainingSettings

DIGEST = "sha256:" + "0" * 64
TRAINING = TrainingSettings(
    seed=3, learning_rate=1e-2, batch_size=2, passes=2, rollout_reuse=2, rollout_tokens=4, checkpoint_steps=1
)


def demonstrations(count: int = 6) -> list[Demonstration]:
    return [
        Demonstration(
            id=f"D{i}",
            question=f"Which diagnosis is most likely? Toe {i} is hot.",
            answer="Most likely: gout.",
            label="gout",
            quote="gout when a toe is hot",
            guideline=DIGEST,
            recommendation="R1",
        )
        for i in range(count)
    ]


def a_plan(training: TrainingSettings = TRAINING, beta: float = 0.0) -> Plan:
    trial = TemplateTrial(template="answer-after", beta=0, n=1, correct=1, accuracy=1, lower=0, upper=1)
    preflight = PreflightReport(
        model=DIGEST,
        demonstrations=DIGEST,
        n=1,
        student_correct=0,
        student_accuracy=0,
        trials=(trial,),
        template="answer-after",
        beta=beta,
        verdict="go",
        reason="test",
    )
    prior = ["Which knee?", "Why?", "How many days are in a week?"]
    return Plan(demonstrations(), DIGEST, prior, preflight, "", training, LoraSettings(rank=2, alpha=4))


@pytest.mark.parametrize("arm", ["sdft", "sft"])
def test_an_arm_lowers_its_loss_and_leaves_adapter_and_manifest(arm, tiny, tmp_path) -> None:
    many = TRAINING.model_copy(update={"passes": 12, "skip_tokens": 0})
    manifest = train_arm(arm, Incumbent(tiny, None, NO_ADAPTER), a_plan(many), tmp_path)
    assert manifest.adapter == adapter_digest(tmp_path)
    assert len(manifest.losses) == 36
    assert sum(manifest.losses[-6:]) < 0.95 * sum(manifest.losses[:6])
    phases = {phase.phase: phase for phase in manifest.cost.phases}
    assert phases["student"].tokens > 0
    assert ("rollout" in phases) == (arm == "sdft")


def test_same_seed_same_bytes_other_seed_other_bytes(tiny_model_folder, tmp_path) -> None:
    def run(name: str, training: TrainingSettings) -> str:
        loaded = load_base(tiny_model_folder)
        return train_arm("sdft", Incumbent(loaded, None, NO_ADAPTER), a_plan(training), tmp_path / name).adapter

    assert run("a", TRAINING) == run("b", TRAINING)
    assert run("a2", TRAINING.model_copy(update={"seed": 4})) != run("b", TRAINING)


def test_killed_and_resumed_gives_the_same_adapter(tiny_model_folder, tmp_path) -> None:
    """Three arms, each killed four times by SIGKILL before or after its writes, some in a half-used rollout window."""
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, str(here / "killed_trainings.py"), str(tiny_model_folder), str(tmp_path)],
        env={**os.environ, "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    arms = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({whole for _, whole, _, _ in arms}) == 3
    for name, whole, resumed, killed in arms:
        assert killed == 4, name
        assert whole == resumed, name


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_the_teacher_writes_the_first_passes_rollouts_and_the_student_the_others(beta, tiny_model_folder, tmp_path):
    """Three of six passes are asked for: the window that the third opens is the teacher's too; prior prompts never."""
    settings = TRAINING.model_copy(update={"passes": 6, "teacher_passes": 3, "batch_size": 6})
    a, fresh = a_plan(settings, beta), load_base(tiny_model_folder)
    lesson, end_token = sdft_lesson(fresh, a, chosen_teacher(a)), fresh.tokenizer.eos_token_id
    taught = generate_amplified(fresh.model, lesson.teacher, lesson.student, beta, end_token, 4)
    kept: dict[str, list[list[int]]] = {}

    def look(report: StepReport) -> None:
        kept.update({file.name: read_rollouts(file)[0] for file in tmp_path.glob("rollout-*")})

    train_arm("sdft", Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER), a, tmp_path, look)
    windows = [kept[f"rollout-{window}-0.safetensors"] for window in range(3)]
    assert [len(window) for window in windows] == [12, 12, 12]
    assert sorted(windows[0][:6]) == sorted(windows[1][:6]) == sorted(taught)
    assert sorted(windows[2][:6]) != sorted(taught)
    assert sorted(windows[0][6:]) != sorted(windows[1][6:])


def test_writing_teacher_reads_its_own_prompts_and_is_paid_for_in_the_ledger(tiny, tmp_path) -> None:
    a = a_plan(TRAINING.model_copy(update={"passes": 4, "teacher_passes": 4, "anchor_share": 0.0}))
    shown = sdft_lesson(tiny, a, chosen_teacher(a)).teacher
    cost = train_arm("sdft", Incumbent(tiny, None, NO_ADAPTER), a, tmp_path).cost
    spent = {phase.phase: phase.tokens for phase in cost.phases}
    assert spent["rollout"] == 2 * sum(len(prompt) + 4 for prompt in shown)


def test_every_row_is_trained_on_once_a_pass() -> None:
    settings = TRAINING.model_copy(update={"batch_size": 4, "passes": 3, "rollout_reuse": 3})
    batches = list(plan(10, settings))
    assert len(batches) == 9
    for start in range(0, 9, 3):
        rows = [row for batch in batches[start : start + 3] for row in batch.rows]
        assert sorted(rows) == list(range(10))
    assert [batch.fresh for batch in batches] == [True] * 3 + [False] * 6
    assert {(b.index, b.rows) for b in batches[:3]} == {(b.index, b.rows) for b in batches[3:6]}


def test_rollout_randomness_depends_on_the_place_only() -> None:
    one, same = Batch(0, 1, 2, (0,), True), Batch(7, 1, 2, (0,), False)
    other = Batch(0, 1, 3, (0,), True)
    draw = [torch.rand(3, generator=batch.rng(5)).tolist() for batch in (one, same, other)]
    assert draw[0] == draw[1] != draw[2]


def test_learning_rate_warms_up_and_falls() -> None:
    factors = [warmup_cosine(step, 20, 0.1) for step in range(20)]
    assert factors[0] == 0.5 and factors[1] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors[1:]))
    assert factors[-1] > 0
