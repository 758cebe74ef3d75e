"""The arms a study can ask for, by settings alone: each trains, says in its manifest what it was, and differs."""

from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError
from test_training import TRAINING, a_plan

from clinical_sdft.ingest.prior_prompts import Labelled
from clinical_sdft.models.adapters import FILE_NAME, RoleModel, merge, read_adapter
from clinical_sdft.models.loading import load_base
from clinical_sdft.sdft.arms import Incumbent, chosen_teacher, train_arm
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.forward import completion_logits
from clinical_sdft.sdft.prior import ANCHORS, REPLAY, prior_rows
from clinical_sdft.sdft.sdft import SelfDistillationObjective
from clinical_sdft.sdft.sft import SupervisedObjective
from clinical_sdft.sdft.trainer import Batch
from data_contracts import NO_ADAPTER, AdapterManifest, LoraSettings, TrainingSettings

SHORT = TRAINING.model_copy(update={"passes": 1, "rollout_reuse": 1, "anchor_share": 0.0, "skip_tokens": 0})
REPLAYED = (Labelled("How many days are in a week?", "Seven."), Labelled("Which knee?", "The left one."))
ARMS: dict[str, tuple[str, dict[str, object]]] = {
    "sft": ("sft", {}),
    "sft with replay": ("sft", {"replay_share": 1.0}),
    "frozen": ("sdft", {}),
    "ema": ("sdft", {"teacher": "ema", "ema_rate": 0.5}),
    "live": ("sdft", {"teacher": "live"}),
    "amplified": ("sdft", {"beta": 1.0}),
    "calibrated": ("sdft", {"calibration": 1.0}),
    "anchored": ("sdft", {"anchor_share": 1.0}),
    "anchored near": ("sdft", {"anchor_share": 1.0, "anchor_sampling": "near"}),
    "sdft with replay": ("sdft", {"replay_share": 0.5, "replay_weight": 2.0}),
    "reverse": ("sdft", {"divergence": "reverse", "support": "full"}),
    "jensen-shannon": ("sdft", {"divergence": "jsd", "jsd_alpha": 0.3}),
    "sampled token": ("sdft", {"support": "sampled"}),
    "top 3": ("sdft", {"top_k": 3}),
    "other template": ("sdft", {"template": "guideline-answer"}),
    "both passes on one rollout": ("sdft", {"passes": 2, "rollout_reuse": 2, "teacher": "ema", "support": "full"}),
}


def trained(name: str, model, folder, **changes: object) -> AdapterManifest:
    arm, settings = ARMS[name]
    plan = replace(a_plan(SHORT.model_copy(update=settings | changes)), replay=REPLAYED)
    return train_arm(arm, Incumbent(load_base(model), None, NO_ADAPTER), plan, folder / name)  # type: ignore[arg-type]


def test_every_arm_trains_and_no_two_are_the_same(tiny_model_folder, tmp_path) -> None:
    manifests = {name: trained(name, tiny_model_folder, tmp_path) for name in ARMS}
    assert len({manifest.adapter for manifest in manifests.values()}) == len(ARMS)
    for name, manifest in manifests.items():
        assert all(torch.isfinite(torch.tensor(manifest.losses))), name
        assert (manifest.replay is not None) == ("replay" in name)
        assert (manifest.prior_prompts is not None) == name.startswith("anchored")
    assert (manifests["amplified"].beta, manifests["calibrated"].calibration) == (1.0, 1.0)
    assert manifests["other template"].template == "guideline-answer"
    assert manifests["sft"].template is None and manifests["frozen"].template == "answer-after"
    assert manifests["ema"].training.teacher == "ema" and manifests["frozen"].lineage == ()


def test_settings_come_before_the_pre_flight_and_the_pre_flight_before_nothing() -> None:
    plan = a_plan(beta=0.5)
    assert chosen_teacher(plan).beta == 0.5
    assert chosen_teacher(replace(plan, training=TrainingSettings(beta=0.0))).beta == 0.0
    with pytest.raises(ValueError, match="chose no template"):
        chosen_teacher(replace(plan, preflight=plan.preflight.model_copy(update={"template": None})))


@pytest.mark.parametrize(
    "change", [{}, {"temperature": 0.7, "rollout_reuse": 1}, {"teacher_passes": 1, "rollout_reuse": 1}]
)
def test_a_sampled_token_needs_a_rollout_of_this_very_student(change: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="rollout_reuse = 1, temperature = 1 and teacher_passes = 0"):
        TrainingSettings.model_validate({"support": "sampled", **change})
    assert TrainingSettings(support="sampled", rollout_reuse=1).temperature == 1


def test_a_second_update_starts_from_the_first_is_taught_by_it_and_names_both(
    tiny_model_folder, tmp_path, monkeypatch
) -> None:
    plan = a_plan(SHORT)
    first = train_arm("sdft", Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER), plan, tmp_path / "1")
    base, incumbent = load_base(tiny_model_folder), load_base(tiny_model_folder)
    adapter = read_adapter(tmp_path / "1" / FILE_NAME, first.adapter)
    merge(incumbent, adapter)
    prompts, replies = [[5, 6, 7]], [[8, 9, 10]]

    def logits(model) -> torch.Tensor:
        with torch.no_grad():
            return completion_logits(model, prompts, replies)[0]

    after_one = logits(incumbent.model)
    assert not torch.allclose(after_one, logits(base.model), atol=1e-4)
    taught_by: list[torch.Tensor] = []
    score = SelfDistillationObjective._score

    def watched(self, *arguments):
        with self._roles.acting("incumbent") as model:
            taught_by.append(logits(model))
        return score(self, *arguments)

    monkeypatch.setattr(SelfDistillationObjective, "_score", watched)
    second = train_arm(
        "sdft", Incumbent(incumbent, adapter, first.adapter), replace(plan, lineage=(first.adapter,)), tmp_path / "2"
    )
    assert len(taught_by) == 3
    for teacher in taught_by:  # the incumbent at every step, whatever the candidate has become
        torch.testing.assert_close(teacher, after_one)
    both = read_adapter(tmp_path / "2" / FILE_NAME, second.adapter)
    assert both.rank == 2 * plan.lora.rank
    fresh = load_base(tiny_model_folder)
    merge(fresh, both)
    torch.testing.assert_close(logits(fresh.model), logits(incumbent.model), atol=1e-4, rtol=1e-3)

    third_from = load_base(tiny_model_folder)
    merge(third_from, both)
    third = train_arm(
        "sft",
        Incumbent(third_from, both, second.adapter),
        replace(plan, lineage=(first.adapter, second.adapter)),
        tmp_path / "3",
    )
    assert (second.parent, second.lineage) == (first.adapter, (first.adapter,))
    assert (third.parent, third.lineage) == (second.adapter, (first.adapter, second.adapter))


def test_replay_rows_go_round_and_their_gradient_has_its_weight(tiny_model_folder) -> None:
    settings = TrainingSettings(batch_size=4, replay_share=0.5)
    batches = [Batch(step, 0, step, (0, 1, 2, 3), True) for step in range(3)]
    rows = [row for batch in batches for row in prior_rows(batch, 6, 0.5, settings, REPLAY)]
    assert sorted(rows) == list(range(6))

    def gradient(weight: float) -> torch.Tensor:
        roles = RoleModel(load_base(tiny_model_folder), a_plan().lora, 0)
        SupervisedObjective(roles, [[5, 6]], [[7, 8]], Ledger(1), weight=weight).accumulate(Batch(0, 0, 0, (0,), True))
        return next(p.grad for n, p in roles.parameters().items() if "lora_B" in n and p.grad.abs().sum() > 0)

    torch.testing.assert_close(gradient(3.0), 3 * gradient(1.0))


def test_balanced_anchors_see_a_small_group_as_often_as_a_large_one(tiny_model_folder, tmp_path) -> None:
    settings = TrainingSettings(batch_size=4, anchor_share=1.0)
    groups = ["skin"] * 9 + ["heart"] * 3
    batches = [Batch(step, 0, step, (0, 1, 2, 3), True) for step in range(6)]
    rows = [row for batch in batches for row in prior_rows(batch, 12, 1.0, settings, ANCHORS, groups)]
    assert sorted(row for row in rows if row >= 9) == sorted([9, 10, 11] * 4)
    assert {row for row in rows if row < 9} == set(range(9))
    plain = [row for batch in batches for row in prior_rows(batch, 12, 1.0, settings, ANCHORS)]
    assert sorted(plain) == sorted([*range(12)] * 2)

    training = SHORT.model_copy(update={"anchor_share": 0.5})
    plan = replace(a_plan(training), prior_groups=("a", "b", "b"))
    manifests = [
        train_arm(
            "sdft",
            Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER),
            replace(plan, training=training.model_copy(update={"anchor_sampling": sampling})),
            tmp_path / sampling,
        )
        for sampling in ("shuffled", "balanced")
    ]
    assert manifests[0].adapter != manifests[1].adapter


def test_masked_thinking_has_no_gradient(tiny_model_folder) -> None:
    """A reply that is all thought teaches nothing when masked; one with an answer teaches the answer alone."""
    loaded = load_base(tiny_model_folder)
    thought, answer = (loaded.tokenizer(text)["input_ids"] for text in ("<think>gout?</think>", "gout"))

    def loss(reply: list[int], masked: bool) -> float:
        roles = RoleModel(load_base(tiny_model_folder), a_plan().lora, 0)
        one = SupervisedObjective(roles, [[5, 6]], [reply], Ledger(1), mask_thinking=masked)
        return one.accumulate(Batch(0, 0, 0, (0,), True))

    assert loss(thought, True) == 0.0 < loss(thought, False)
    with torch.no_grad():
        whole = loaded.model(input_ids=torch.tensor([[5, 6, *thought, *answer]])).logits[0].log_softmax(-1)
    at = range(1 + len(thought), 1 + len(thought) + len(answer))
    expected = -sum(float(whole[i, token]) for i, token in zip(at, answer, strict=True)) / len(answer)
    assert loss([*thought, *answer], True) == pytest.approx(expected, abs=1e-4)


def test_an_adapter_is_kept_at_the_rank_that_is_asked_for_and_tells_what_that_cost(tiny_model_folder, tmp_path) -> None:
    plan = a_plan(SHORT)
    first = train_arm("sft", Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER), plan, tmp_path / "1")
    adapter = read_adapter(tmp_path / "1" / FILE_NAME, first.adapter)
    incumbent = load_base(tiny_model_folder)
    merge(incumbent, adapter)
    bounded = plan.lora.model_copy(update={"max_rank": plan.lora.rank})
    second = train_arm("sft", Incumbent(incumbent, adapter, first.adapter), replace(plan, lora=bounded), tmp_path / "2")
    assert read_adapter(tmp_path / "2" / FILE_NAME, second.adapter).rank == plan.lora.rank
    assert 0 < second.norm_lost < 1
    assert first.norm_lost == 0


def test_a_kept_rank_holds_at_least_one_update() -> None:
    with pytest.raises(ValidationError, match="max_rank"):
        LoraSettings(rank=16, max_rank=8)
