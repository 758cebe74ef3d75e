"""The ledger's prices, and what a person reads of them."""

from test_training import TRAINING, a_plan

from clinical_sdft.models.prompts import chat_prompt, reply_tokens
from clinical_sdft.outcome import cost_lines
from clinical_sdft.sdft.arms import Incumbent, train_arm
from clinical_sdft.sdft.cost import FORWARD_BACKWARD_FROZEN, Ledger, peak_memory_bytes
from data_contracts import NO_ADAPTER, CostLedger


def test_plain_sft_costs_one_sft_and_sdft_more(tiny_model_folder, tmp_path) -> None:
    from clinical_sdft.models.loading import load_base

    def price(arm: str) -> float:
        incumbent = Incumbent(load_base(tiny_model_folder), None, NO_ADAPTER)
        cost = train_arm(arm, incumbent, a_plan(TRAINING), tmp_path / arm).cost  # type: ignore[arg-type]
        assert cost.price_vs_sft is not None
        return cost.price_vs_sft

    assert price("sft") == 1.0
    assert price("sdft") > 2.0


def test_the_price_of_sft_is_that_of_questions_and_answers(tiny, tmp_path) -> None:
    plan = a_plan(TRAINING)
    rows = [
        len(chat_prompt(tiny.tokenizer, item.question, "")) + len(reply_tokens(tiny.tokenizer, item.answer))
        for item in plan.demonstrations
    ]
    weights = tiny.weights
    cost = train_arm("sft", Incumbent(tiny, None, NO_ADAPTER), plan, tmp_path).cost
    assert cost.sft_flops == FORWARD_BACKWARD_FROZEN * weights * TRAINING.passes * sum(rows)


def test_a_person_reads_phases_and_price() -> None:
    ledger = Ledger(1_000_000)
    ledger.add("rollout", 1.5, 3000)
    ledger.add("student", 3.0, 1000, FORWARD_BACKWARD_FROZEN)
    ledger.reckon_sft(1000)
    evaluation = Ledger(1_000_000)
    evaluation.add("evaluation", 2.0, 500)
    lines = cost_lines(ledger.closed(), evaluation.closed())
    assert [line.split()[0] for line in lines] == ["rollout", "student", "evaluation", "training"]
    assert "2.5 times" in lines[-1]
    assert len(cost_lines(CostLedger(phases=(), peak_memory_bytes=1))) == 0


def test_peak_memory_is_this_processs() -> None:
    before = peak_memory_bytes()
    kept = bytearray(before + (50 << 20)) if before < (1 << 30) else bytearray(50 << 20)
    kept[::4096] = b"x" * len(kept[::4096])
    assert peak_memory_bytes() >= before > 10 << 20
