import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.leakage import refuse_overlap
from clinical_sdft.evaluation.metrics import PairedDrop, ReplyAccuracy
from clinical_sdft.evaluation.scoring import score_reply
from clinical_sdft.evaluation.suites import read_suite
from data_contracts import Demonstration, Suite, SuiteItem

DIGEST = "sha256:" + "0" * 64


def a_suite(labels=(("fungal infection", "tinea"), ("infection",), ("gout",))) -> Suite:
    item = SuiteItem(id="I1", question="Q?", answers=("fungal infection", "tinea"), specialty="dermatology")
    other = SuiteItem(id="I2", question="Toe?", answers=("gout",), specialty="rheumatology")
    return Suite(
        id="s", version="1", specialty="x", licence="CC0-1.0", source="here", labels=labels, items=(item, other)
    )


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("Most likely: fungal infection.", 1.0),
        ("most likely TINEA", 1.0),
        ("Fungal-infection", 1.0),
        ("fungal infection or gout", 0.0),
        ("infection", 0.0),
        ("fungal", 0.0),
        ("antifungal infections", 0.0),
        ("", 0.0),
    ],
)
def test_a_reply_is_right_when_it_names_the_answer_and_nothing_else(reply: str, score: float) -> None:
    suite = a_suite()
    assert score_reply(suite, suite.items[0], reply) == score


def test_without_labels_only_the_accepted_phrase_counts() -> None:
    suite = a_suite(labels=())
    assert score_reply(suite, suite.items[0], "tinea, not gout") == 1.0


def test_a_label_around_the_accepted_one_is_another_label() -> None:
    suite = a_suite(labels=(("fungal infection",), ("no fungal infection",)))
    assert score_reply(suite, suite.items[0], "Fungal infection.") == 1.0
    assert score_reply(suite, suite.items[0], "No fungal infection.") == 0.0


def test_metrics_compose_and_need_no_hub() -> None:
    metric = ReplyAccuracy(a_suite())
    result = metric.compute(predictions=["tinea", "knee"], references=["I1", "I2"])
    assert result == {"accuracy": 0.5, "scores": [1.0, 0.0]}
    drop = PairedDrop().compute(predictions=[1.0, 0.0, 0.0, 1.0], references=[1.0, 1.0, 1.0, 0.0])
    assert drop == {"n": 4, "broken": 2, "fixed": 1, "drop": 0.25}


def test_metrics_compose_with_evaluate_combine() -> None:
    import evaluate

    combined = evaluate.combine([PairedDrop()])
    assert combined.compute(predictions=[0.0], references=[1.0])["broken"] == 1


def demonstration(question: str) -> Demonstration:
    return Demonstration(
        id="D1", question=question, answer="a", label="a", quote="q", guideline=DIGEST, recommendation="R"
    )


def test_training_on_a_suite_question_is_refused_with_the_ids() -> None:
    refuse_overlap([demonstration("Knee?")], [a_suite()])
    with pytest.raises(InputError, match="D1 = s/I2"):
        refuse_overlap([demonstration("  TOE ?")], [a_suite()])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: s\nitems: []\n", "no items"),
        ("[1, 2]", "no items"),
        ("id: [", "line 1: not YAML"),
        ("id: s\nsurprise: 1\nitems: [{id: a}]\n", "suite.yaml"),
    ],
)
def test_a_suite_file_that_cannot_be_used_gets_one_line(tmp_path, text: str, message: str) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_suite(file)
    assert "\n" not in str(caught.value)


def test_a_written_suite_is_read_back(tmp_path) -> None:
    file = tmp_path / "suite.json"
    file.write_bytes(a_suite().canonical_bytes())
    assert read_suite(file) == a_suite()
