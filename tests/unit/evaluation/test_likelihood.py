import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical_sdft.evaluation import run
from clinical_sdft.evaluation.likelihood import ChoiceReader
from clinical_sdft.evaluation.metrics import ChoiceAccuracy
from clinical_sdft.evaluation.prefixes import prefix_groups
from clinical_sdft.evaluation.prepare import Question, prepare
from clinical_sdft.evaluation.run import evaluate_suites
from clinical_sdft.evaluation.scorers.choice import Likelihood, chosen
from clinical_sdft.models.generation import BatchGenerator, Sampling
from clinical_sdft.sdft.cost import Ledger
from data_contracts import ChoiceScorer, Decoding, Suite, SuiteItem, Turn

MODEL = "sha256:" + "1" * 64
OPTIONS = ("gout", "a rather long name of an illness", "flu", "measles or so")
DECODING = Decoding(max_new_tokens=4, system_prompt="Answer briefly.")


def an_item(i: int) -> SuiteItem:
    scorer = {"scorer": ChoiceScorer(options=OPTIONS[: 2 + i % 3], length=("raw", "characters", "tokens")[i % 3])}
    question = "Which diagnosis? " + "pain and " * (i % 7) + f"a hot toe number {i}"
    if i % 4 == 0:
        return SuiteItem(id=f"i{i}", question=question, answers=("gout",), specialty="x")
    if i % 4 == 1:
        return SuiteItem(id=f"i{i}", question=question, answers=("gout",), specialty="x", form="plain", **scorer)
    turns = (Turn(role="user", content="Hello"), Turn(role="assistant", content="Yes?"))
    return SuiteItem(id=f"i{i}", question=question, answers=("gout",), specialty="x", turns=turns, **scorer)


def a_suite(size: int = 40) -> Suite:
    items = tuple(an_item(i) for i in range(size))
    return Suite(id="mixed", version="1", specialty="x", licence="CC0-1.0", source="here", items=items)


def one_option(model, prompt: tuple[int, ...], option: tuple[int, ...]) -> float:
    """The definition: one forward pass over prompt and option, the log-probability of every token of the option."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([[*prompt, *option]]), use_cache=False).logits[0].double()
    said = torch.log_softmax(logits[len(prompt) - 1 : -1], dim=-1)
    return float(said[range(len(option)), list(option)].sum())


def naive_reply(loaded, item: SuiteItem, question: Question) -> str:
    if not question.options:
        writer = BatchGenerator(loaded.model, loaded.tokenizer.eos_token_id)
        (tokens,) = writer.generate([question.prompt], Sampling(DECODING.max_new_tokens))
        return loaded.tokenizer.decode(tokens, skip_special_tokens=True).strip()
    read = [Likelihood(one_option(loaded.model, question.prompt, o), len(o)) for o in question.options]
    return item.scorer.options[chosen(item.scorer, read)]


def test_likelihoods_are_those_of_one_pass_per_option(tiny) -> None:
    questions = [q for q in prepare(tiny.tokenizer, a_suite(), "Answer briefly.") if q.options]
    read = ChoiceReader(tiny.model, tiny.context_tokens, batch_tokens=200).read(questions)
    for question, likelihoods in zip(questions, read, strict=True):
        expected = [one_option(tiny.model, question.prompt, option) for option in question.options]
        assert [one.total for one in likelihoods] == pytest.approx(expected, abs=1e-4)
        assert [one.tokens for one in likelihoods] == [len(option) for option in question.options]


def test_single_tokens_take_one_pass_over_all_questions(tiny) -> None:
    calls = []
    tiny.model.get_decoder().register_forward_pre_hook(lambda *_, **__: calls.append(1))
    questions = [Question((5, 6, i), ((7,), (8,))) for i in range(20)]
    read = ChoiceReader(tiny.model, tiny.context_tokens).read(questions)
    assert len(calls) == 2  # the shared prefix, and one batch
    assert read[3][1].total == pytest.approx(one_option(tiny.model, (5, 6, 3), (8,)), abs=1e-4)


def test_item_scores_are_those_of_a_loop_over_single_items(tiny, tmp_path) -> None:
    suite = a_suite()
    (scores,) = evaluate_suites(tiny, MODEL, [suite], DECODING, tmp_path, Ledger(1))
    questions = prepare(tiny.tokenizer, suite, DECODING.system_prompt)
    naive = [naive_reply(tiny, item, question) for item, question in zip(suite.items, questions, strict=True)]
    assert [row.reply for row in scores.scores] == naive
    picked = [row.reply for row, item in zip(scores.scores, suite.items, strict=True) if item.scorer.kind == "choice"]
    assert len(set(picked)) > 1


def test_an_interrupted_evaluation_goes_on_where_it_stopped(tiny, tmp_path, monkeypatch) -> None:
    suite = a_suite()
    (whole,) = evaluate_suites(tiny, MODEL, [suite], DECODING, tmp_path / "whole", Ledger(1))
    monkeypatch.setattr(run, "CHUNK", 16)
    answer, asked = run.answer_items, []

    def stops_at_the_third(loaded, items, *rest):
        asked.append(len(items))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return answer(loaded, items, *rest)

    monkeypatch.setattr(run, "answer_items", stops_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        evaluate_suites(tiny, MODEL, [suite], DECODING, tmp_path / "cut", Ledger(1))
    (again,) = evaluate_suites(tiny, MODEL, [suite], DECODING, tmp_path / "cut", Ledger(1))
    assert asked == [16, 16, 8, 8]
    assert again == whole
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["mixed.json"]


def test_what_another_model_left_behind_is_not_taken_up(tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(run, "CHUNK", 16)
    suite = a_suite()
    file = tmp_path / "mixed.partial.jsonl"
    file.write_bytes(b'{"model":"another"}\n"gout"')
    (scores,) = evaluate_suites(tiny, MODEL, [suite], DECODING, tmp_path, Ledger(1))
    assert len(scores.scores) == len(suite.items)
    assert not file.exists()


def test_suites_are_tokenised_once_for_all_models(tiny, tmp_path, monkeypatch) -> None:
    made = []
    monkeypatch.setattr(run, "prepare", lambda *args: made.append(1) or prepare(*args))
    kept: dict = {}
    for number in "12":
        model = MODEL[:-1] + number
        evaluate_suites(tiny, model, [a_suite(8)], DECODING, tmp_path / number, Ledger(1), lambda *_: None, kept)
    assert len(made) == 1


def test_a_prompt_that_is_too_long_loses_its_beginning(tiny) -> None:
    question = Question(tuple([9] * 30 + [5, 6, 7]), ((8, 8), (10,)))
    read = ChoiceReader(tiny.model, context_tokens=8).read([question])
    assert read[0][0].total == pytest.approx(one_option(tiny.model, question.prompt[-7:], (8, 8)), abs=1e-4)


@pytest.mark.parametrize(("length", "first"), [("raw", 0), ("characters", 1), ("tokens", 2)])
def test_the_three_ways_to_count_length(length: str, first: int) -> None:
    scorer = ChoiceScorer(options=("flu", "a longer option", "xx"), length=length)
    assert chosen(scorer, [Likelihood(-3.0, 1), Likelihood(-6.0, 3), Likelihood(-7.0, 7)]) == first


def test_choice_accuracy_is_a_metric() -> None:
    item = SuiteItem(id="i1", question="q", answers=("flu",), specialty="x", scorer=ChoiceScorer(options=OPTIONS))
    suite = Suite(id="s", version="1", specialty="x", licence="CC0-1.0", source="here", items=(item,))
    result = ChoiceAccuracy(suite).compute(predictions=[[-9.0, -10.0, -8.0, -20.0]], references=["i1"])
    assert result == {"acc": 1.0, "acc_norm": 0.0}


def few_shot(groups: int, each: int, own: int = 5, shots: int = 60) -> list[tuple[int, ...]]:
    system = (1, 2, 3)
    return [
        (*system, *(10 + g + shot for shot in range(shots)), *(100 + (g * each + i + k) % 200 for k in range(own)))
        for i in range(each)
        for g in range(groups)
    ]


def test_prompts_with_other_examples_are_grouped_by_them() -> None:
    prompts = few_shot(groups=3, each=12)
    groups = prefix_groups(prompts)
    assert sorted(sorted(group) for group in groups) == [list(range(g, 36, 3)) for g in range(3)]
    assert prefix_groups(few_shot(groups=12, each=1)) == [list(range(12))]
    assert prefix_groups([(1, 2)]) == [[0]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=40), min_size=1, max_size=60), st.integers(0, 30))
def test_every_prompt_stands_in_one_group(prompts: list[list[int]], repeated: int) -> None:
    prompts += [[*([1] * 30), number] for number in range(repeated)]
    groups = prefix_groups(prompts)
    assert sorted(row for group in groups for row in group) == list(range(len(prompts)))


def test_grouped_questions_read_as_single_ones_do(tiny) -> None:
    questions = [Question(prompt, ((7, 8), (9,))) for prompt in few_shot(groups=2, each=8)]
    read = ChoiceReader(tiny.model, tiny.context_tokens).read(questions)
    for question, likelihoods in zip(questions, read, strict=True):
        expected = [one_option(tiny.model, question.prompt, option) for option in question.options]
        assert [one.total for one in likelihoods] == pytest.approx(expected, abs=1e-4)
