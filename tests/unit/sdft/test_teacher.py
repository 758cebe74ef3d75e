"""Three teachers on one set of weights: exact, resumable, and nothing in memory twice."""

import gc

import pytest
import torch

from clinical_sdft.models.adapters import Adapter, RoleModel, merge
from clinical_sdft.models.average import AverageDelta, follow
from clinical_sdft.models.loading import load_base
from clinical_sdft.sdft.cost import Ledger
from clinical_sdft.sdft.forward import completion_logits
from clinical_sdft.sdft.loss import TeacherScores
from clinical_sdft.sdft.teacher import EmaTeacher, FrozenTeacher, LiveTeacher, Reading, Scoring
from data_contracts import LoraSettings

PROMPTS = [[5, 6, 7, 8], [9, 10]]
COMPLETIONS = [[11, 12], [13, 14, 15]]
LORA = LoraSettings(rank=2, alpha=4)
RATE = 0.1
FULL = Scoring(support="full")


def move(roles: RoleModel, seed: int) -> None:
    """Let the candidate take a step of its own in both factors."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in roles.parameters().values():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)


def factors(seed: int, out: int = 12, width: int = 9, rank: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rank, width, generator=generator), torch.randn(out, rank, generator=generator)


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_of_a_constant_student_the_average_has_exactly_the_share_it_should(steps: int) -> None:
    """1-(1-r)^t of the delta, in low-rank form (2 steps) and in dense form (30); averaged factors lag behind."""
    a, b = factors(1)
    average, lagging_a, lagging_b = AverageDelta(), torch.zeros_like(a), torch.zeros_like(b)
    for _ in range(steps):
        average.follow(a, b, 2.0, RATE)
        lagging_a, lagging_b = lagging_a.lerp(a, RATE), lagging_b.lerp(b, RATE)
    share = 1 - (1 - RATE) ** steps
    assert ("dense" in average.tensors) == (steps == 30)
    torch.testing.assert_close(average.matrix(), share * 2.0 * b @ a, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(2.0 * lagging_b @ lagging_a, share**2 * 2.0 * b @ a, atol=1e-6, rtol=1e-4)


def test_of_a_moving_student_the_average_is_that_of_the_products() -> None:
    average, expected = AverageDelta(), torch.zeros(12, 9, dtype=torch.float64)
    for step in range(12):
        a, b = factors(step)
        average.follow(a, b, 0.5, RATE)
        expected = (1 - RATE) * expected + RATE * 0.5 * (b.double() @ a.double())
        torch.testing.assert_close(average.matrix().double(), expected, atol=1e-6, rtol=1e-5)
        x = torch.randn(4, 9)
        torch.testing.assert_close(average.apply(x).double(), x.double() @ expected.T, atol=1e-5, rtol=1e-4)


def test_the_average_never_takes_more_room_than_the_layer_itself() -> None:
    average = AverageDelta()
    for step in range(20):
        average.follow(*factors(step), 1.0, RATE)
        assert sum(tensor.numel() for tensor in average.tensors.values()) <= 12 * 9


def test_in_the_model_the_average_teacher_is_the_incumbent_plus_the_average(tiny_model_folder) -> None:
    roles = RoleModel(load_base(tiny_model_folder), LORA)
    teacher = EmaTeacher(roles, Ledger(1), FULL, RATE)
    frozen = FrozenTeacher(roles, Ledger(1), FULL)
    reading = Reading(PROMPTS)
    assert torch.equal(scored(teacher, reading), scored(frozen, reading))  # before any step
    expected: dict[str, torch.Tensor] = {}
    for step in range(3):
        move(roles, step)
        teacher.follow()
        adapter = roles.candidate_adapter()
        for module in adapter.modules:
            a, b = adapter.pair(module)
            delta = adapter.scale * b.double() @ a.double()
            expected[module] = (1 - RATE) * expected.get(module, torch.zeros_like(delta)) + RATE * delta

    other = load_base(tiny_model_folder)
    identity = {f"{m}.lora_B.weight": delta.float() for m, delta in expected.items()}
    identity |= {f"{m}.lora_A.weight": torch.eye(delta.shape[1]) for m, delta in expected.items()}
    merge(other, Adapter(identity, 1.0))
    with torch.no_grad():
        logits, _ = completion_logits(other.model, PROMPTS, COMPLETIONS)
    torch.testing.assert_close(scored(teacher, reading), logits.log_softmax(-1), atol=1e-4, rtol=1e-4)


def test_at_rate_one_the_average_is_the_student_and_the_live_teacher_always_is(tiny) -> None:
    roles = RoleModel(tiny, LORA)
    average, live = EmaTeacher(roles, Ledger(1), FULL, 1.0), LiveTeacher(roles, Ledger(1), FULL)
    before = scored(live, Reading(PROMPTS))
    for step in range(2):
        move(roles, step)
        average.follow()
    after = scored(live, Reading(PROMPTS))
    torch.testing.assert_close(scored(average, Reading(PROMPTS)), after, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(before, after, atol=1e-2)
    assert not after.requires_grad
    roles.model(input_ids=torch.tensor([[5, 6]])).logits.sum().backward()  # the student has its own factors back
    assert any(parameter.grad is not None for parameter in roles.parameters().values())


@pytest.mark.parametrize("steps", [1, 12])
def test_an_average_restored_scores_and_goes_on_bit_for_bit(steps: int, tiny) -> None:
    roles = RoleModel(tiny, LORA)
    one, two = (EmaTeacher(roles, Ledger(1), FULL, RATE) for _ in range(2))
    for step in range(steps):
        move(roles, step)
        one.follow()
    two.restore({name: tensor.clone() for name, tensor in one.state().items()})
    assert any(name.endswith(":dense") for name in one.state()) == (steps == 12)
    for teacher in (one, two):
        teacher.follow()
    assert torch.equal(scored(one, Reading(PROMPTS)), scored(two, Reading(PROMPTS)))


@pytest.mark.parametrize("kind", ["frozen", "ema", "live"])
def test_no_base_tensor_is_in_memory_twice(kind: str, tiny) -> None:
    """After all roles have been at work, every tensor alive is compared with every base weight of its shape."""
    roles = RoleModel(tiny, LORA)
    teacher = {
        "frozen": FrozenTeacher(roles, Ledger(1)),
        "ema": EmaTeacher(roles, Ledger(1), Scoring(), RATE),
        "live": LiveTeacher(roles, Ledger(1)),
    }[kind]
    for step in range(2):
        logits, _ = completion_logits(roles.model, PROMPTS, COMPLETIONS)
        logits.sum().backward()
        move(roles, step)
        teacher.follow()
        teacher.score(Reading(PROMPTS, plain=PROMPTS), COMPLETIONS)
    del logits
    base = [p for name, p in roles.model.named_parameters() if "lora_" not in name and p.ndim == 2]
    assert len({p.data_ptr() for p in base}) == len(base) > 10
    own = {p.untyped_storage().data_ptr() for p in base}
    by_shape = {tuple(p.shape): [q for q in base if q.shape == p.shape] for p in base}
    gc.collect()
    alive = [t for t in gc.get_objects() if isinstance(t, torch.Tensor) and t.untyped_storage().data_ptr() not in own]
    copies = [t for t in alive for p in by_shape.get(tuple(t.shape), []) if torch.equal(t.detach().float(), p.detach())]
    assert not copies
    a_copy = base[0].detach().clone()  # the search finds one where there is one
    assert any(t is a_copy for t in gc.get_objects()) and torch.equal(a_copy, base[0])


def test_each_teacher_writes_with_its_own_weights(tiny) -> None:
    """At rate 1 the average writes as the live one; the frozen one as the incumbent, whatever has been learnt."""
    roles = RoleModel(tiny, LORA)
    frozen, live = FrozenTeacher(roles, Ledger(1)), LiveTeacher(roles, Ledger(1))
    average = EmaTeacher(roles, ledger := Ledger(1), Scoring(), 1.0)
    before = [teacher.write(Reading(PROMPTS), 0, 6) for teacher in (frozen, live, average)]
    assert before[0] == before[1] == before[2]
    move(roles, 1)
    average.follow()
    after = [teacher.write(Reading(PROMPTS), 0, 6) for teacher in (frozen, live, average)]
    assert after[0] == before[0] != after[1] == after[2]
    spent = {phase.phase: phase for phase in ledger.closed().phases}["rollout"]
    assert spent.tokens == 2 * sum(map(len, PROMPTS)) + sum(len(row) for row in (*before[2], *after[2]))


def test_averages_of_all_modules_move_together(tiny) -> None:
    roles = RoleModel(tiny, LORA)
    move(roles, 1)
    averages: dict[str, AverageDelta] = {}
    follow(averages, roles.candidate_adapter(), RATE)
    assert set(averages) == set(roles.candidate_adapter().modules) and len(averages) == 14


def scored(teacher: FrozenTeacher | LiveTeacher | EmaTeacher, reading: Reading) -> torch.Tensor:
    scores: TeacherScores = teacher.score(reading, COMPLETIONS)
    return scores.log_probs_BTK
