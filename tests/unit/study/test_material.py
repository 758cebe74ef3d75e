"""What the study shows and what it asks never meet."""

from dataclasses import replace
from pathlib import Path

import pytest

from clinical_sdft.errors import InputError
from clinical_sdft.phrases import normalize
from clinical_sdft.study.arms import ARMS
from clinical_sdft.study.ddxplus import ddxplus
from clinical_sdft.study.material import Material, dealt
from clinical_sdft.study.nhanes import nhanes
from clinical_sdft.study.run import Study
from clinical_sdft.study.settings import TRAINING
from clinical_sdft.study.written_cases import written_cases

DATA = Path(__file__).parents[4] / "shared" / "data"
needs_data = [pytest.mark.shared_data, pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")]


def test_rows_are_dealt_in_runs_that_differ_by_one_at_most():
    assert [len(part) for part in dealt(range(49), 4)] == [13, 12, 12, 12]


@pytest.mark.parametrize(
    "material",
    [
        pytest.param(lambda: written_cases(3), id="written cases"),
        pytest.param(lambda: ddxplus(DATA), id="ddxplus", marks=needs_data),
        pytest.param(lambda: nhanes(DATA), id="nhanes", marks=needs_data),
    ],
)
def test_no_question_is_both_shown_and_asked(material):
    built: Material = material()
    shown = {normalize(item.question) for stage in built.stages for item in stage.demonstrations}
    shown |= {normalize(item.question) for item in (*built.preparation, *built.replay)}
    asked = {normalize(item.question) for _, suite in built.suites_at(0) for item in suite.items}
    assert not shown & asked


@pytest.mark.parametrize("read", [ddxplus, nhanes])
def test_a_missing_file_is_named(read, tmp_path):
    with pytest.raises(InputError, match="--data-folder must hold"):
        read(tmp_path)


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
def test_the_start_on_blood_pressure_learns_both_answers_equally_often():
    labels = [item.label for item in nhanes(DATA).preparation if item.recommendation == "htn-jnc7"]
    assert labels.count("hypertension") == labels.count("normal blood pressure") == 192


def test_a_user_s_change_goes_before_a_material_s_own(tmp_path):
    material = replace(written_cases(2), training={"passes": 5})

    def passes(changes):
        study = Study((material,), ARMS[:1], (1,), TRAINING, changes, tmp_path, tmp_path)
        return study.chains()[0].training.passes

    assert (passes({}), passes({"passes": "2"})) == (5, 2)
