"""JNC 7 to ACC/AHA 2017: the flipping items stop the update until a signed act; what stays goes on to gate."""

import json
import random
import sys
import zipfile
from pathlib import Path

import pytest

from clinical_sdft import cli
from clinical_sdft.errors import BlockedError, InputError
from clinical_sdft.ingest.demonstrations import Phrasing
from clinical_sdft.ingest.guidelines import read_guideline
from clinical_sdft.ingest.rules.apply import apply_rules, balanced, demonstrations, split, suite_of
from clinical_sdft.ingest.rules.inbox import write_inbox
from clinical_sdft.ingest.rules.mapping import read_mapping
from clinical_sdft.ingest.rules.records import CaseRecord, read_cases
from clinical_sdft.stages.conflicts import open_conflicts, settle_first
from clinical_sdft.stages.update import Request, Update
from clinical_sdft.watch import Quiet
from clinical_sdft.workspace import Workspace
from data_contracts import Person, PersonRole, Suite, sha256_digest
from governance.services import commands, queries
from governance.services.handle import Governance, create, open_governance

RULES = Path(__file__).parents[1] / "unit" / "ingest" / "rules" / "data"
NHANES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "patients" / "nhanes_adults.csv.gz"
OLD, NEW = (read_guideline(RULES / f"{name}.yaml") for name in ("jnc_7", "acc_aha_2017"))
PASSWORD = "correct horse battery"
PHRASING = Phrasing()
DIGEST = sha256_digest(b"")


def drawn(count: int) -> list[CaseRecord]:
    """Return records as NHANES has them, drawn here: one person each, pressures to a tenth."""
    rng = random.Random(7)
    return [
        CaseRecord(
            sha256_digest(f"{number}".encode()),
            number,
            {"age": float(rng.randint(18, 85)), "sex": rng.choice(["woman", "man"])}
            | {"sbp": round(rng.gauss(126, 18), 1), "dbp": round(rng.gauss(74, 11), 1)},
        )
        for number in range(count)
    ]


def flips(item) -> bool:
    values = {field.name: field.value for field in item.fields}
    return values["sbp"] < 140 and values["dbp"] < 90 and (values["sbp"] >= 130 or values["dbp"] >= 80)


def hospital(root: Path, cases: list[CaseRecord]) -> tuple[Workspace, Governance, Suite]:
    """A hospital whose prior suite was made by the old guideline's rules, and whose inbox holds the new one's cases."""
    workspace = Workspace.create(root)
    governance = create(root)
    for name, role in (("ada", "administrator"), ("rita", "requester"), ("clara", "clinician"), ("paul", "approver")):
        person = Person(username=name, printed_name=name.title(), roles=(PersonRole(role),))
        commands.add_person(governance, person, PASSWORD, actor="ada")
    old = apply_rules(OLD, cases, "old")
    new = apply_rules(NEW, cases, "new")
    held_out = balanced(split(old, 0.3)[1], 120)
    suite = suite_of(OLD, held_out, PHRASING, name="pressure", specialty="s", licence="l", source="x")
    commands.register_suite(governance, suite, kind="prior", actor="ada")
    write_inbox(root / "inbox", "new", demonstrations(NEW, balanced(split(new, 0.3)[0], 60), PHRASING))
    return workspace, governance, suite


def update(workspace: Workspace, governance: Governance, new_suite: Suite) -> Update:
    request = Request(NEW, new_suite, None, "rita")
    folder = workspace.runs / "u-1"
    prior = queries.prior_suites(governance)
    return Update("u-1", request, folder, workspace, governance, Quiet(), DIGEST, DIGEST, prior)


def new_suite(cases: list[CaseRecord], guideline=NEW) -> Suite:
    held_out = balanced(split(apply_rules(guideline, cases, "new"), 0.3)[1], 40)
    return suite_of(guideline, held_out, PHRASING, name="new", specialty="s", licence="l", source="x")


def command(root: Path, monkeypatch: pytest.MonkeyPatch, *line: str) -> int:
    monkeypatch.setenv("CLINICAL_SDFT_PASSWORD", PASSWORD)
    monkeypatch.setenv("CLINICAL_SDFT_WORKSPACE", str(root))
    monkeypatch.setattr(sys, "argv", ["clinical-sdft", *line])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


NEW_FILE = str(RULES / "acc_aha_2017.yaml")


def made(workspace: Workspace) -> tuple:
    from clinical_sdft.ingest.rules.inbox import read_inbox

    return read_inbox(workspace.root / "inbox", NEW)


@pytest.fixture
def world(tmp_path: Path) -> tuple[Workspace, Governance, Suite, list[CaseRecord]]:
    cases = drawn(900)
    return (*hospital(tmp_path / "hospital", cases), cases)


def test_the_update_stops_until_the_flipping_items_are_retired_and_the_rest_still_gates(
    world, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace, governance, suite, cases = world
    root = workspace.root
    wanted = {f"pressure/{item.id}" for item in suite.items if flips(item)}
    assert 10 < len(wanted) < len(suite.items) - 10
    stopped = update(workspace, governance, new_suite(cases))
    with pytest.raises(BlockedError, match=f"contradicts {len(wanted)} old answers"):
        settle_first(stopped, made(workspace))
    assert {one.key for one in open_conflicts(workspace, governance, NEW)} == wanted
    assert command(root, monkeypatch, "conflicts", "list", NEW_FILE, "--json") == 3
    assert {f"{row['name']}/{row['item']}" for row in json.loads(capsys.readouterr().out)} == wanted
    settle = ["conflicts", "settle", NEW_FILE, "--retire", "pressure", "--reason", "the threshold moved", "--as"]
    for name in ("rita", "clara", "ada"):
        assert command(root, monkeypatch, *settle, name) == 2, "only who may also retire a suite, and signs answers"
        assert f"{name}: may not settle a conflict; that takes the role approver" in capsys.readouterr().err
    assert queries.prior_suites(governance) == (suite,)
    capsys.readouterr()
    assert command(root, monkeypatch, *settle, "paul") == 0
    assert f"{len(wanted)} settled, 0 still open" in capsys.readouterr().out
    [after] = queries.prior_suites(governance)
    assert after.items == tuple(item for item in suite.items if not flips(item)), "what stays goes on to gate"
    assert after.version.startswith(suite.version) and "acc-aha-2017" in after.version
    assert command(root, monkeypatch, "conflicts", "list", NEW_FILE) == 0
    settle_first(update(workspace, governance, new_suite(cases)), made(workspace))
    assert commands.verify_store(governance).ok
    [event] = queries.events(governance, action="conflicts-settled")
    assert (event.actor, event.details["retired"], event.details["suites"]) == ("paul", len(wanted), 1)
    [settlement] = queries.settlements(governance, NEW.digest)
    assert settlement.printed_name == "Paul" and settlement.reason == "the threshold moved"
    export = root / "exports" / "all.zip"
    assert commands.verify_export(commands.export_audit(governance, export, actor="ada")).ok
    with zipfile.ZipFile(export) as members:
        assert members.read("settlements.jsonl") == settlement.canonical_bytes() + b"\n"


def test_relabelled_items_ask_the_same_with_the_new_answer(world, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, governance, suite, _ = world
    line = ["conflicts", "settle", NEW_FILE, "--relabel", "all", "--reason", "as the new one says", "--as", "paul"]
    assert command(workspace.root, monkeypatch, *line) == 0
    [after] = queries.prior_suites(governance)
    assert [item.question for item in after.items] == [item.question for item in suite.items]
    changed = [(one.answers, two.answers) for one, two in zip(suite.items, after.items, strict=True) if one != two]
    assert set(changed) == {(("not hypertensive",), ("hypertension",))}
    assert len(changed) == sum(map(flips, suite.items))
    assert open_conflicts(workspace, governance, NEW) == ()


def test_what_is_not_named_stays_open(world, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, governance, _, _ = world
    before = open_conflicts(workspace, governance, NEW)
    line = ["conflicts", "settle", NEW_FILE, "--retire", before[0].key, "--reason", "unclear case", "--as", "paul"]
    assert command(workspace.root, monkeypatch, *line) == 0
    after = open_conflicts(workspace, governance, NEW)
    assert [one.item for one in after] == [one.item for one in before[1:]]


def test_a_wrong_password_settles_nothing(world, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, governance, suite, _ = world
    monkeypatch.setattr(sys.modules[__name__], "PASSWORD", "wrong horse battery")
    line = ["conflicts", "settle", NEW_FILE, "--retire", "all", "--reason", "r", "--as", "paul"]
    assert command(workspace.root, monkeypatch, *line) == 2
    assert queries.prior_suites(governance) == (suite,) and not queries.settlements(governance, NEW.digest)


def test_a_suite_of_the_update_that_contradicts_its_own_guideline_is_refused(world) -> None:
    workspace, governance, _, cases = world
    with pytest.raises(InputError, match=r"suite new: .* contradict the guideline itself"):
        settle_first(update(workspace, governance, new_suite(cases, OLD)), made(workspace))


@pytest.mark.shared_data
@pytest.mark.skipif(not NHANES.exists(), reason=f"the real data is not beside the project: {NHANES}")
def test_on_nhanes_the_flipping_stratum_is_retired_and_the_staying_strata_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_cases(NHANES, read_mapping(RULES / "nhanes.yaml", OLD), OLD, sha256_digest).cases
    workspace, governance, suite = hospital(tmp_path / "hospital", list(read[::10]))
    flipping = {item.id for item in suite.items if flips(item)}
    assert {one.item for one in open_conflicts(workspace, governance, NEW)} == flipping
    line = ["conflicts", "settle", NEW_FILE, "--retire", "all", "--reason", "2017 guideline", "--as", "paul"]
    assert command(workspace.root, monkeypatch, *line) == 0
    [after] = queries.prior_suites(open_governance(workspace.root))
    assert {item.id for item in suite.items} - {item.id for item in after.items} == flipping
    assert {item.answers for item in after.items} == {("hypertension",), ("not hypertensive",)}
    settle_first(update(workspace, governance, new_suite(list(read[5::10]))), made(workspace))
