from clinical_sdft.evaluation.run import evaluate_suites
from clinical_sdft.sdft.cost import Ledger
from data_contracts import Decoding, Suite, SuiteItem

MODEL = "sha256:" + "1" * 64
DECODING = Decoding(max_new_tokens=4)


def suite(name: str) -> Suite:
    items = tuple(SuiteItem(id=f"{name}{i}", question=f"Toe {i}?", answers=("gout",), specialty="x") for i in range(5))
    return Suite(id=name, version="1", specialty="x", licence="CC0-1.0", source="here", items=items)


def test_every_item_is_scored_and_kept(tiny, tmp_path) -> None:
    heard = []
    suites = [suite("a"), suite("b")]
    scores = evaluate_suites(
        tiny, MODEL, suites, DECODING, tmp_path, Ledger(1), lambda done, total: heard.append((done, total))
    )
    assert [[row.item for row in s.scores] for s in scores] == [[i.id for i in s.items] for s in suites]
    assert heard == [(5, 10), (10, 10)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_scored_suite_is_read_not_repeated(tiny, tmp_path) -> None:
    first = evaluate_suites(tiny, MODEL, [suite("a")], DECODING, tmp_path, Ledger(1))
    ledger = Ledger(1)
    again = evaluate_suites(tiny, MODEL, [suite("a")], DECODING, tmp_path, ledger)
    assert again == first
    assert ledger.closed().phases == ()


def test_another_model_suite_or_decoding_is_scored_anew(tiny, tmp_path) -> None:
    evaluate_suites(tiny, MODEL, [suite("a")], DECODING, tmp_path, Ledger(1))
    for model, decoding in ((MODEL[:-1] + "2", DECODING), (MODEL, Decoding(max_new_tokens=3))):
        ledger = Ledger(1)
        scores = evaluate_suites(tiny, model, [suite("a")], decoding, tmp_path, ledger)
        assert (scores[0].model, scores[0].decoding) == (model, decoding)
        assert ledger.closed().phases


def test_a_thought_that_the_template_opens_and_nobody_closes_is_no_answer(tiny, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tiny.tokenizer, "chat_template", tiny.tokenizer.chat_template + "<think>\n")
    (scores,) = evaluate_suites(tiny, MODEL, [suite("a")], DECODING, tmp_path, Ledger(1))
    assert all(row.reply.startswith("<think>") for row in scores.scores)
