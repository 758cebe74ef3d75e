"""The study's report: only finished chains, every arm a row, a plot that can be opened."""

from test_figures import CHAIN, result

from clinical_sdft.study.report import write_report


def test_finished_chains_stand_in_the_table_and_others_do_not(tmp_path):
    unfinished = [result(0, arm="sft-high", old="1111", a="0000", b="0000")]
    text = write_report([*CHAIN, *unfinished], {"toy": 2}, tmp_path).read_text("utf-8")
    assert "| sft | 1 | 75.0%" in text
    assert "sft-high" not in text


def test_arms_are_set_against_the_frozen_teacher(tmp_path):
    frozen = [item.model_copy(update={"arm": "sdft-frozen"}) for item in CHAIN]
    text = write_report([*CHAIN, *frozen], {"toy": 2}, tmp_path).read_text("utf-8")
    assert "| sft | +0.0 (+0.0 to +0.0) | +0.0 (+0.0 to +0.0) |" in text


def test_a_plot_is_written_for_each_data_set(tmp_path):
    write_report(CHAIN, {"toy": 2}, tmp_path)
    assert (tmp_path / "toy.png").read_bytes().startswith(b"\x89PNG")


def test_every_suite_stands_in_the_table_after_every_update(tmp_path):
    text = write_report(CHAIN, {"toy": 2}, tmp_path).read_text("utf-8")
    assert "| sft | 0 | 100.0% | 0.0% | 0.0% |" in text
    assert "| sft | 1 | 75.0% | 100.0% | – |" in text
    assert "| sft | 2 | 50.0% | 75.0% | 75.0% |" in text
