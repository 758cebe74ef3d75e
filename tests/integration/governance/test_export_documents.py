"""The PDF and the model card: readable, true to the store, and equal for equal input."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from governance_world import PASSWORD, digest, suite
from pypdf import PdfReader
from test_audit_export import members_of, problems, resigned
from test_export_selections import LEARNED, learn_from

from data_contracts import Person, PersonRole, Role, Verdict
from governance.audit.note import load_key
from governance.export import verify as standalone
from governance.export.card import FILL_IN, model_card, model_card_text
from governance.export.pdf import report_pdf
from governance.export.selection import Selection
from governance.export.words import in_words
from governance.gate import decide as real_gate
from governance.registry.records import load_update
from governance.services import commands
from governance.store.database import reading

ROOT = Path(__file__).parents[3]


@pytest.fixture
def exported(world, tmp_path):
    learn_from(world, "u1", LEARNED, held_back=(digest("record-2"),))
    return commands.export_audit(world.gov, tmp_path / "audit.zip", actor="cora")


def text_of(pdf):
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


class TestPdf:
    def test_it_says_what_a_reader_must_know(self, exported):
        text = text_of(members_of(exported)["report.pdf"])
        for words in (
            "Audit report",
            "not a medical device by our word",
            "Verdict: PASS",
            "Verdict by suite",
            "Dr. Clara Clinician (clara)",
            "looked at every item",
            "approve that this model answers patients",
            "2026-03-01 09:",
            "What this export proves",
            "What it does not prove",
            "audit-exported",
        ):
            assert words in text, words
        assert digest("model-u1") in text.replace(" ", "")

    def test_it_has_no_time_of_its_own_and_nothing_active(self, exported):
        reader = PdfReader(io.BytesIO(members_of(exported)["report.pdf"]))
        assert reader.metadata.title == "Audit report"
        assert str(reader.metadata.get("/CreationDate", "")).startswith(("D:2000", ""))
        assert "/OpenAction" not in reader.trailer["/Root"] and "/AcroForm" not in reader.trailer["/Root"]
        fonts = {name for page in reader.pages for name in page["/Resources"]["/Font"]}
        assert fonts

    def test_equal_material_gives_equal_bytes_in_any_process(self, world, tmp_path):
        world.promoted("u1")
        code = (
            "import hashlib, sys; from pathlib import Path; from datetime import datetime, UTC;"
            "from governance.services.commands import open_governance; from governance.services import queries;"
            "from governance.export.collect import collect; from governance.export.pdf import report_pdf;"
            "from governance.export.selection import Selection; from governance.audit.note import load_key;"
            "from governance.audit import log;"
            "gov = open_governance(Path(sys.argv[1]), database_url=sys.argv[2] or None); key = load_key(gov.keys);"
            "head = log.checkpoint(gov.engine, key, gov.witness); event = queries.events(gov, limit=1)[0];"
            "m = collect(gov.engine, gov.objects, head=head, event=event, selection=Selection(),"
            " time_stamps=gov.time_stamps);"
            "print(hashlib.sha256(report_pdf(m, key)).hexdigest())"
        )
        found = set()
        for seed in ("1", "2"):
            environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"}
            command = [sys.executable, "-c", code, str(world.gov.workspace), world.url or ""]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
            assert done.returncode == 0, done.stderr
            found.add(done.stdout)
        assert len(found) == 1

    def test_names_of_many_lands_are_readable_and_markup_is_text(self, world, tmp_path):
        for username, name in (("luc", "Łucja Żółć-Ångström Ωμέγα Дарья"), ("eve", "<b>Eve</b> & Co")):
            person = Person(username=username, printed_name=name, roles=(PersonRole.CLINICIAN,))
            commands.add_person(world.gov, person, PASSWORD, actor="admin")
        path = commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora")
        text = text_of(members_of(path)["report.pdf"])
        assert "Łucja Żółć-Ångström Ωμέγα Дарья" in text and "<b>Eve</b> & Co" in text
        assert "None of what is shown here" not in text

    def test_a_long_log_shows_its_last_events_and_says_where_the_rest_is(self, world, tmp_path, monkeypatch):
        monkeypatch.setattr("governance.export.pdf.MOST_EVENTS", 3)
        path = commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora")
        text = text_of(members_of(path)["report.pdf"])
        assert re.search(r"The last 3 of \d+; events\.csv holds them all\.", text)

    def test_no_length_of_text_and_no_number_of_suites_stops_it(self, world, tmp_path):
        many = [suite(f"suite-{number:02}") for number in range(45)]
        for one in many:
            commands.register_suite(world.gov, one, kind="prior", actor="admin")
        bundle = world.submitted("u1", priors=(world.prior, *many))
        world.sign(bundle, "clara", reason="I looked at it. " * 1500 + "x" * 3000)
        world.sign(bundle, "abel", reason="line\x00 one\x0b\ttwo\u202e e\u0301nough")
        path = commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora")
        text = text_of(members_of(path)["report.pdf"])
        assert "suite-44 (prior suite)" in text and "line\ufffd one two\ufffd énough" in text
        assert text.count("looked") == 1500

    @pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
    def test_it_says_why_an_update_was_blocked(self, world, tmp_path, verdict):
        world.gate.verdict = verdict
        world.submitted("u1")
        path = commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora")
        text = text_of(members_of(path)["report.pdf"])
        assert f"the gate says {verdict.value}; the update is blocked by the gate" in text
        assert "Nobody has signed." in text and "Why: as the test wants it." in text

    def test_the_real_gates_decision_is_drawn(self, world, tmp_path, monkeypatch):
        monkeypatch.setattr("governance.gate.decide", real_gate)
        world.submitted("u1")
        path = commands.export_audit(world.gov, tmp_path / "x.zip", actor="cora")
        text = text_of(members_of(path)["report.pdf"])
        assert "all prior items together" in text and "INCONCLUSIVE" in text


class TestCard:
    def card(self, exported):
        return json.loads(members_of(exported)["updates/u1/model_card.json"])

    def test_it_has_the_elements_of_the_schema_in_their_order(self, exported):
        """Order and names: https://mc.chai.org/v0.2/schema.xsd, AppliedModelCard."""
        card = self.card(exported)["card"]
        assert list(card) == [
            "BasicInfo", "ReleaseInfo", "ModelSummary", "UsesAndDirections", "Warnings", "TrustIngredients",
            "KeyMetrics", "Resources", "Bibliography",
        ]  # fmt: skip
        assert list(card["UsesAndDirections"]) == [
            "IntendedUseAndWorkflow", "PrimaryIntendedUsers", "HowToUse", "TargetedPatientPopulation",
            "CautionedOutOfScopeSettings",
        ]  # fmt: skip
        assert list(card["Warnings"]) == [
            "KnownRisksAndLimitations", "KnownBiasesOrEthicalConsiderations", "ClinicalRiskLevel",
        ]  # fmt: skip
        metric = [
            "MetricGoal", "Results", "Interpretation", "TestType", "TestingDataDescription",
            "ValidationProcessAndJustification",
        ]  # fmt: skip
        assert {name: list(value) for name, value in card["KeyMetrics"].items()} == {
            "UsefulnessUsabilityEfficacy": metric, "FairnessEquity": metric, "SafetyReliability": metric,
        }  # fmt: skip

    def test_what_only_a_hospital_knows_is_named_and_listed(self, exported):
        card = self.card(exported)
        for path in card["hospital_must_fill"]:
            value = card["card"]
            for name in path.split("."):
                value = value[name]
            assert FILL_IN in value
        assert json.dumps(card["card"]).count(FILL_IN) == len(card["hospital_must_fill"]) > 10
        assert "KeyMetrics.FairnessEquity.MetricGoal" in card["hospital_must_fill"]

    def test_it_says_what_the_store_knows_and_no_more(self, exported):
        card = self.card(exported)
        facts, trust = card["facts"], card["card"]["TrustIngredients"]["AISystemFacts"]
        assert (facts["verdict"], facts["status"], facts["candidate"]) == ("PASS", "promoted", digest("model-u1"))
        assert facts["deidentification"]["quarantined"] == 1
        assert "1 patient records de-identified by policy safe_harbor" in trust["DevelopmentDataCharacterization"]
        assert "date 4" in trust["DevelopmentDataCharacterization"]
        assert "9 patients by sex, diagnosis: k = 2, 4 in groups" in trust["DevelopmentDataCharacterization"]
        assert "891 of 900 identifiers whole (0.990, 95% bounds 0.981" in trust["DevelopmentDataCharacterization"]
        limits = card["card"]["Warnings"]["KnownRisksAndLimitations"]
        assert "1 patient records were held back" in limits and "PASS" in limits
        assert "not a medical device by our word" in card["card"]["ModelSummary"]["Summary"]
        assert card["card"]["KeyMetrics"]["FairnessEquity"]["Results"] == []
        words = json.dumps(card).lower()
        assert "compliant" not in words and "a cold" not in words and "asthma" not in words

    def test_the_markdown_says_the_same_and_is_not_fooled_by_markup(self, world, exported):
        text = members_of(exported)["updates/u1/model_card.md"].decode()
        assert text.startswith("# Applied model card: Wheezing\n") and digest("model-u1") in text
        assert "## Uses and directions" in text and "### AI system facts" in text
        with reading(world.gov.engine) as connection:
            record = load_update(connection, world.gov.objects, "u1")
        bad = record.bundle.model_copy(update={"guideline_title": "x\n# y <script> *z*"})
        object.__setattr__(record, "bundle", bad)
        text = model_card_text(record).decode()
        assert "\n# y" not in text and "<script>" not in text
        assert json.loads(model_card(record))["facts"]["update"] == "u1"

    def test_a_card_of_another_bundle_is_named_even_under_a_new_manifest(self, world, exported, tmp_path):
        members = members_of(exported)
        name = "updates/u1/model_card.json"
        members[name] = members[name].replace(b'"verdict": "PASS"', b'"verdict": "FAIL"')
        path = tmp_path / "changed.zip"
        path.write_bytes(resigned(world, members))
        assert any(line.startswith(name) for line in problems(path))


def test_a_judgement_in_words_tells_losses_from_gains(world):
    world.judge("u1")
    new, prior = (one for one in world.gate(**world.gate.calls[-1]).judgements)
    assert (new.role, prior.role) == (Role.NEW, Role.GATED)
    assert "allowed is a loss of 5.0 points" in in_words(prior)
    learned = new.model_copy(update={"drop_upper": -0.4, "margin": -0.1})
    assert "leave open a gain of 40.0 points at the least; asked is a gain of 10.0 points" in in_words(learned)
    assert "leave open a loss of 3.0 points" in in_words(new.model_copy(update={"drop_upper": 0.03}))
    assert "leave open a gain of 2.0 points at the worst" in in_words(prior.model_copy(update={"drop_upper": -0.02}))


MEMBERS = (
    "report.pdf",
    "fhir/bundle.json",
    "updates/u1/model_card.json",
    "updates/u1/model_card.md",
    "updates/u1/deidentification.json",
    "events.jsonl",
)


@pytest.mark.parametrize("name", MEMBERS)
def test_one_flipped_byte_in_any_new_member_is_found_and_the_member_named(exported, tmp_path, name):
    members = members_of(exported)
    data = bytearray(members[name])
    data[len(data) // 2] ^= 1
    members[name] = bytes(data)
    path = tmp_path / "flipped.zip"
    path.write_bytes(standalone.build_zip(sorted(members.items())))
    assert any(line.startswith(name) for line in problems(path))


def test_the_pdf_is_made_of_the_material_alone(world):
    """No file, clock or network is asked: the same call twice is the same file."""
    from governance.export.collect import collect
    from governance.services import queries

    gov = world.gov
    head, event = commands.checkpoint(gov), queries.events(gov, limit=1)[0]
    material = collect(
        gov.engine, gov.objects, head=head, event=event, selection=Selection(), time_stamps=gov.time_stamps
    )
    assert report_pdf(material, load_key(gov.keys)) == report_pdf(material, load_key(gov.keys))
