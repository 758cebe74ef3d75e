"""The embedded example is honest: its parts are disjoint, sourced, and as large as the gate needs."""

from clinical_sdft.demo.cases import write_cases
from clinical_sdft.demo.facts import data_file, everyday_items, new_diagnoses, prior_diagnoses
from clinical_sdft.demo.hospital import OTHER_LABELS, SEED, training_pairs
from clinical_sdft.demo.suites import NEW_PER_DIAGNOSIS, PRIOR_PER_DIAGNOSIS, new_suite, prior_suites
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.phrases import normalize, says
from data_contracts import GatePolicy
from governance.gate import power, spent_alpha


def test_sixteen_prior_and_eight_new_diagnoses_all_with_sources() -> None:
    assert len(prior_diagnoses()) == 16 and len({d.specialty for d in prior_diagnoses()}) == 4
    assert len(new_diagnoses()) == 8
    prior_names = {d.name for d in prior_diagnoses()}
    assert all(d.confusable in prior_names for d in new_diagnoses())
    assert all(d.sources for d in (*prior_diagnoses(), *new_diagnoses()))


def test_training_and_held_out_cases_share_no_set_of_findings_and_no_question() -> None:
    for diagnosis in (*prior_diagnoses(), *new_diagnoses()):
        training = write_cases(diagnosis, "training", 40, SEED)
        held_out = write_cases(diagnosis, "held-out", 20, 7)
        assert not {c.findings for c in training} & {c.findings for c in held_out}
        assert not {c.question for c in training} & {c.question for c in held_out}


def test_the_hospital_model_never_saw_a_new_diagnosis_or_a_suite_question() -> None:
    new_names = [name for d in new_diagnoses() for name in (d.name, *d.aliases)]
    pairs = training_pairs()
    assert not [n for n in new_names for p in pairs if says(p.reply, n)]
    assert not {n.lower() for n in new_names} & {label.lower() for label in OTHER_LABELS}
    trained = {normalize(pair.question) for pair in pairs}
    suites = (*prior_suites(), new_suite())
    assert not [item.id for suite in suites for item in suite.items if normalize(item.question) in trained]


def test_everyday_practice_and_suite_are_disjoint() -> None:
    practice = {normalize(item.question) for item in everyday_items("practice")}
    assert not practice & {normalize(item.question) for item in everyday_items("items")}


def test_no_case_names_its_diagnosis() -> None:
    for suite in (*prior_suites(), new_suite()):
        assert not [i.id for i in suite.items if any(says(i.question, answer) for answer in i.answers)]


def test_the_pooled_prior_suite_has_the_power_the_policy_asks_for() -> None:
    import json

    import yaml

    policy = GatePolicy.model_validate_json(json.dumps(yaml.safe_load(data_file("gate_policy.yaml").read_text())))
    n = sum(len(suite.items) for suite in prior_suites())
    assert n == 16 * PRIOR_PER_DIAGNOSIS + 72
    alpha = spent_alpha(policy.alpha, 1)
    assert power(n, policy.margin, policy.planned_discordance, alpha) >= policy.min_power
    assert len(new_suite().items) == 8 * NEW_PER_DIAGNOSIS


def test_the_guideline_recommends_each_new_diagnosis_with_cases() -> None:
    guideline = read_guideline(data_file("guideline_differentials.yaml"))
    assert {r.answer for r in guideline.recommendations} == {d.name for d in new_diagnoses()}
    assert len(guideline.cases) == 24
