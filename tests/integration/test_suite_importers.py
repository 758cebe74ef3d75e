"""The real benchmark files come in whole."""

from pathlib import Path

import pytest

from clinical_sdft.evaluation.describe import describe
from clinical_sdft.evaluation.importers import Style, import_suite

DATA = Path(__file__).parents[3] / "shared" / "data" / "suites"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not DATA.exists(), reason="the benchmarks are not beside the project"),
]
DDXPLUS = ("ddxplus/val_588.csv", "ddxplus/release_conditions.json", "ddxplus/release_evidences.json")


@pytest.mark.parametrize(
    ("name", "files", "style", "items", "chance"),
    [
        ("medmcqa", ("medmcqa/dev_even.jsonl",), Style(), 2092, 1 / 4),
        ("pubmedqa", ("pubmedqa/pubmedqa_test_set.json",), Style(), 500, 1 / 3),
        ("mmlu", ("mmlu/anatomy_test.csv", "mmlu/professional_medicine_test.csv"), Style(), 407, 1 / 4),
        ("ddxplus", DDXPLUS, Style(), 588, 1 / 49),
        ("harness", ("openbookqa/test.json",), Style(letters=False, plain=True), 500, 1 / 4),
        ("harness", ("arc_easy/test.json",), Style(), 2376, 0.25),
    ],
)
def test_real_files_come_in_whole(name: str, files, style: Style, items: int, chance: float) -> None:
    about = {"licence": "as published", "source": "as published", "version": "1", "specialty": "medicine"}
    suite = import_suite(name, [DATA / file for file in files], style, suite_id=name, **about)
    assert len(suite.items) == items
    assert describe(suite).chance == pytest.approx(chance, abs=1e-3)


def test_ddxplus_asks_of_men_and_women_of_all_ages_without_saying_the_answer() -> None:
    about = {"version": "1", "specialty": "medicine"}
    suite = import_suite("ddxplus", [DATA / file for file in DDXPLUS], Style(), suite_id="ddxplus", **about)
    found = describe(suite)
    assert set(found.subgroups["sex"]) == {"female", "male"} and len(found.subgroups["age"]) == 4
    assert len(suite.labels) == len(found.classes) == 49
