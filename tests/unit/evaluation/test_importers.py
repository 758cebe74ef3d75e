"""Benchmark files become suites, whole or not at all."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinical_sdft.errors import InputError
from clinical_sdft.evaluation.importers import FORMATS, Style, import_suite
from data_contracts import Suite

MEDMCQA = {
    "question": "Which?",
    "opa": "a",
    "opb": "b",
    "opc": "c",
    "opd": "d",
    "cop": 4,
    "subject_name": "Skin",
    "id": "m1",
}
PUBMEDQA = {"12": {"QUESTION": "Is it?", "CONTEXTS": ["One.", "Two."], "final_decision": "maybe"}}
CONDITIONS = {"Grippe": {"cond-name-eng": "Influenza"}, "Goutte": {"cond-name-eng": "Gout"}}
EVIDENCES = {
    "fievre": {"question_en": "Do you have a fever?", "value_meaning": {}},
    "trav1": {"question_en": "Did you travel?", "value_meaning": {"N": {"en": "N"}, "Eu": {"en": "Europe"}}},
}
PATIENTS = (
    "AGE,SEX,PATHOLOGY,EVIDENCES,INITIAL_EVIDENCE\n70,F,Grippe,\"['fievre', 'trav1_@_Eu', 'trav1_@_N']\",fievre\n"
)
ARC = {"id": "q7", "question": "Sky?", "choices": {"text": ["blue", "red"], "label": ["1", "2"]}, "answerKey": "2"}
SAMPLE = {
    "doc_id": 3,
    "target": "1",
    "arguments": {
        "gen_args_0": {"arg_0": "Question: Sky?\nAnswer:", "arg_1": " red"},
        "gen_args_1": {"arg_0": "Question: Sky?\nAnswer:", "arg_1": " blue"},
    },
}


def read(name: str, folder: Path, files: dict[str, str | bytes], **style) -> Suite:
    paths = []
    for file, content in files.items():
        paths.append(folder / file)
        paths[-1].write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    fields = {"suite_id": "s", "version": "1", "specialty": "x", "licence": "CC0-1.0", "source": "here"}
    return import_suite(name, paths, Style(**style), **fields)


def ddxplus(folder: Path, patients: str | bytes = PATIENTS, conditions=CONDITIONS, evidences=EVIDENCES) -> Suite:
    files = {"p.csv": patients, "c.json": json.dumps(conditions), "e.json": json.dumps(evidences)}
    return read("ddxplus", folder, files)


def test_medmcqa(tmp_path) -> None:
    (item,) = read("medmcqa", tmp_path, {"a.jsonl": json.dumps(MEDMCQA)}).items
    assert item.question == "Which?\nA. a\nB. b\nC. c\nD. d\nAnswer with the letter only."
    assert (item.id, item.answers, item.scorer.options, item.specialty) == ("m1", ("D", "d"), tuple("ABCD"), "Skin")
    (by_text,) = read("medmcqa", tmp_path, {"a.jsonl": json.dumps(MEDMCQA)}, letters=False, plain=True).items
    assert (by_text.question, by_text.answers, by_text.form) == ("Question: Which?\nAnswer:", ("d",), "plain")


@pytest.mark.parametrize(("cops", "answers"), [([0, 3], "AD"), ([1, 4], "AD")])
def test_medmcqa_counts_options_from_0_or_from_1(tmp_path, cops, answers) -> None:
    rows = "\n".join(json.dumps(MEDMCQA | {"cop": cop, "id": str(cop)}) for cop in cops)
    assert [item.answers[0] for item in read("medmcqa", tmp_path, {"a.jsonl": rows}).items] == list(answers)


def test_medmcqa_that_does_not_tell_is_asked_about(tmp_path) -> None:
    row = json.dumps(MEDMCQA | {"cop": 2})
    with pytest.raises(InputError, match="--first-answer"):
        read("medmcqa", tmp_path, {"a.jsonl": row})
    assert read("medmcqa", tmp_path, {"a.jsonl": row}, first_answer=0).items[0].answers[0] == "C"


def test_pubmedqa(tmp_path) -> None:
    (item,) = read("pubmedqa", tmp_path, {"a.json": json.dumps(PUBMEDQA)}).items
    assert item.question == "Abstract: One.\nTwo.\nQuestion: Is it?\nAnswer yes, no or maybe."
    assert (item.id, item.answers, item.scorer.options) == ("12", ("maybe",), ("yes", "no", "maybe"))
    hub = {"pubid": 9, "question": "Is it?", "context": {"contexts": ["One.", "Two."]}, "final_decision": "no"}
    (other,) = read("pubmedqa", tmp_path, {"a.jsonl": json.dumps(hub)}).items
    assert (other.question, other.id, other.answers) == (item.question, "9", ("no",))


def test_mmlu(tmp_path) -> None:
    table = '"Which, then?",a,b,c,d,B\nWho?,a,b,c,d,A\n'
    items = read("mmlu", tmp_path, {"medical_genetics_test.csv": table}).items
    assert [item.id for item in items] == ["medical_genetics-1", "medical_genetics-2"]
    assert (items[0].answers, items[0].specialty) == (("B", "b"), "medical genetics")
    hub = {"question": "Who?", "subject": "anatomy", "choices": ["a", "b"], "answer": 1}
    assert read("mmlu", tmp_path, {"x.jsonl": json.dumps(hub)}).items[0].answers == ("B", "b")


def test_ddxplus(tmp_path) -> None:
    suite = ddxplus(tmp_path)
    assert suite.labels == (("Influenza",), ("Gout",))
    (item,) = suite.items
    assert item.answers == ("Influenza",) and item.subgroup == {"sex": "female", "age": "65+"}
    assert "- Did you travel? Europe\n- Did you travel? no\nWhich" in item.question
    assert "Influenza" not in item.question


def test_harness_documents_and_samples(tmp_path) -> None:
    (document,) = read("harness", tmp_path, {"a.jsonl": json.dumps(ARC)}, letters=False, plain=True).items
    assert (document.question, document.scorer.options) == ("Question: Sky?\nAnswer:", ("blue", "red"))
    assert document.answers == ("red",)
    (sample,) = read("harness", tmp_path, {"a.jsonl": json.dumps(SAMPLE)}).items
    assert (sample.question, sample.scorer.options, sample.answers) == (document.question, ("red", "blue"), ("blue",))
    assert sample.form == "plain"
    written = {"doc_id": 1, "target": "red", "arguments": [["Sky?", {"until": ["\n"]}]]}
    (generated,) = read("harness", tmp_path, {"a.jsonl": json.dumps(written)}).items
    assert (generated.question, generated.answers, generated.scorer.kind) == ("Sky?", ("red",), "phrase")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("medmcqa", json.dumps(MEDMCQA) + "\n{", "a.jsonl: row 2: is no JSON"),
        ("medmcqa", json.dumps(MEDMCQA | {"cop": -1}), "row 1: `cop` is -1"),
        ("medmcqa", json.dumps(MEDMCQA | {"opc": None}), "row 1: there is no field `opc`"),
        ("medmcqa", json.dumps(MEDMCQA | {"question": "\ud800?"}), "row 1: a text holds half of a character"),
        ("medmcqa", json.dumps([MEDMCQA, MEDMCQA]), "duplicate item id: m1"),
        ("medmcqa", "[" * 100_000, "row 1: is no JSON"),
        ("medmcqa", "", "holds no rows"),
        ("medmcqa", b"\xff\xfe{", "is not UTF-8"),
        ("mmlu", json.dumps({"question": "q", "choices": ["a", "b"], "answer": 7}), "number 8 of 2 options"),
        ("mmlu", json.dumps({"question": "q", "choices": "ab", "answer": 0}), "`choices` is no list of texts"),
        ("pubmedqa", json.dumps(PUBMEDQA["12"] | {"final_decision": "perhaps"}), "not yes, no or maybe"),
        ("harness", json.dumps(ARC | {"answerKey": "Z"}), "the answer is none of the options"),
        ("harness", json.dumps(SAMPLE | {"target": 7}), "row 1: the target is number 7 of 2 options"),
        ("harness", json.dumps(SAMPLE | {"arguments": []}), "`arguments` holds no requests"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(tmp_path, name: str, content, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read(name, tmp_path, {"a.jsonl": content})
    assert words in str(caught.value) and str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("q,a,b,c,d\n", "row 1: has 5 columns"),
        ("q,a,b,c,d,E\n", "row 1: the last column is no letter"),
        ('q,a,b,c,d,A\nq,a,"b"x,c,d,A\n', "row 2: is no CSV"),
        ("q,,b,c,d,A\n", "row 1: the question or an option is empty"),
    ],
)
def test_a_bad_csv_row_is_named(tmp_path, table: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read("mmlu", tmp_path, {"a_test.csv": table})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Grippe", "Rhume", "row 2: `PATHOLOGY` is not in the conditions file"),
        ("trav1_@_Eu", "what", "row 2: an evidence is not in the evidences file"),
        ("70", "-1", "row 2: `AGE` is no number of years"),
        ("['fievre'", "[['fievre']", "row 2: `EVIDENCES` is no list of codes"),
        ("AGE,SEX", "YEARS,SEX", "row 1: no column AGE"),
    ],
)
def test_a_bad_ddxplus_row_is_named(tmp_path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ddxplus(tmp_path, PATIENTS.replace(old, new))


def test_ddxplus_needs_its_dictionaries(tmp_path) -> None:
    with pytest.raises(InputError, match=r"release_conditions\.json"):
        read("ddxplus", tmp_path, {"p.csv": PATIENTS})


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["A", "yes", " "])
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
_CELLS = st.text(string.printable, max_size=12) | st.sampled_from(
    ["A", "B", "70", "F", "Grippe", "fievre", "['fievre']", "[", '"']
)


def _rows(draw, good: dict) -> list:
    """Return rows of a format of which some fields were replaced, dropped or joined by others."""
    rows = []
    for number in range(draw(st.integers(1, 3))):
        row = dict(good) | ({"id": number} if draw(st.booleans()) else {})
        for field in draw(st.lists(st.sampled_from(sorted(good)), max_size=2)):
            row[field] = draw(_VALUES)
        rows.append(draw(_VALUES) if draw(st.integers(0, 9)) == 0 else row)
    return rows


@st.composite
def contents(draw, name: str) -> dict[str, str | bytes]:
    """Return the files of a format as somebody's broken script may write them."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return {draw(st.sampled_from(["a.jsonl", "a.csv"])): draw(st.binary(max_size=80))}
    if name == "ddxplus" or (name == "mmlu" and kind == 1):
        lines = [[draw(_CELLS) for _ in range(draw(st.integers(4, 7)))] for _ in range(draw(st.integers(0, 3)))]
        table = "\n".join(",".join(line) for line in lines)
        books = {
            "c.json": json.dumps(draw(st.just(CONDITIONS) | _VALUES)),
            "e.json": json.dumps(draw(st.just(EVIDENCES) | _VALUES)),
        }
        if name == "mmlu":
            return {"a_test.csv": table}
        head = draw(st.sampled_from(["AGE,SEX,PATHOLOGY,EVIDENCES,INITIAL_EVIDENCE\n", PATIENTS, ""]))
        return {"p.csv": head + table} | books
    good = {
        "medmcqa": MEDMCQA,
        "pubmedqa": PUBMEDQA["12"],
        "mmlu": {"question": "q", "subject": "s", "choices": ["a", "b"], "answer": 1},
        "harness": draw(st.sampled_from([ARC, SAMPLE])),
    }[name]
    rows = _rows(draw, good)
    texts = [json.dumps(row) for row in rows]
    whole = json.dumps({str(i): row for i, row in enumerate(rows)}) if kind == 2 else "\n".join(texts)
    cut = draw(st.integers(0, 30)) if draw(st.integers(0, 4)) == 0 else 0
    return {"a.jsonl": whole[: len(whole) - cut]}


def check_any_content(folder: Path, name: str, files: dict[str, str | bytes], letters: bool) -> None:
    try:
        suite = read(name, folder, files, letters=letters, first_answer=0)
    except InputError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert Suite.from_bytes(suite.canonical_bytes()) == suite


@pytest.mark.parametrize("name", FORMATS)
def test_any_content_is_a_suite_or_one_line(name: str, tmp_path) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(contents(name), st.booleans())
    def run(files, letters) -> None:
        check_any_content(tmp_path, name, files, letters)

    run()
    assert name in FORMATS


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_ten_thousand_contents_are_suites_or_one_line(name: str, tmp_path) -> None:
    @settings(max_examples=10_000, deadline=2000, suppress_health_check=list(HealthCheck), database=None)
    @given(contents(name), st.booleans())
    def run(files, letters) -> None:
        check_any_content(tmp_path, name, files, letters)

    run()
    assert name in FORMATS
