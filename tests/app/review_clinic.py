"""A small clinic for the tests of the app: people, suites, and updates that the real gate judged."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from data_contracts import (
    AdapterManifest,
    CostLedger,
    Decoding,
    GatePolicy,
    Guideline,
    ItemScore,
    LoraSettings,
    Person,
    PersonRole,
    PhaseCost,
    PreflightReport,
    Provenance,
    Recommendation,
    Source,
    Suite,
    SuiteItem,
    SuiteScores,
    TemplateTrial,
    TrainingSettings,
    UpdateBundle,
    sha256_digest,
)
from governance.services import commands
from governance.services.handle import Governance

PASSWORD = "correct horse battery"
POLICY = GatePolicy(id="wide", version="1", alpha=0.2, margin=0.3, min_gain=0.05)
WHEN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
QUOTE = "Recurrent wheezing with reversible obstruction is asthma."
PEOPLE = (
    ("rita", "Rita Requester", PersonRole.REQUESTER, PersonRole.APPROVER),
    ("clara", "Dr. Clara Clinician", PersonRole.CLINICIAN),
    ("abel", "Abel Approver", PersonRole.APPROVER),
    ("cora", "Cora Compliance", PersonRole.COMPLIANCE),
    ("ada", "Ada Administrator", PersonRole.ADMINISTRATOR),
)

Right = Callable[[int], bool]


def digest(name: str) -> str:
    return sha256_digest(name.encode())


MODEL = digest("model in force")


def suite(name: str, size: int, answer: str = "gout") -> Suite:
    items = tuple(
        SuiteItem(
            id=f"{name}-{number:02}",
            question=f"Case {number} of {name}: which diagnosis fits? <b>BP 120/80</b>, T $37.2$ *today*",
            answers=(answer,),
            specialty="medicine",
            must_pass=number == 0,
        )
        for number in range(size)
    )
    return Suite(id=name, version="1", specialty="medicine", licence="CC0-1.0", source="written for tests", items=items)


PRIOR = (suite("rheumatology", 40), suite("cardiology", 24, "pericarditis"))


def scores(of: Suite, model: str, right: Right) -> SuiteScores:
    given = tuple(
        ItemScore(item=item.id, reply=f"It is {item.answers[0]}.", score=1.0)
        if right(number)
        else ItemScore(item=item.id, reply="It is a common cold.", score=0.0)
        for number, item in enumerate(of.items)
    )
    return SuiteScores(suite_id=of.id, suite=of.digest, model=model, decoding=Decoding(), scores=given)


def guideline() -> Guideline:
    source = Source(title="Guideline on wheezing", publisher="A society", url="https://example.org/wheezing")
    recommendation = Recommendation(
        id="r1",
        answer="asthma",
        statement="Call recurrent reversible wheezing asthma.",
        quote=QUOTE,
        strength="strong",
        evidence="moderate",
        source=source,
        confusable="bronchitis",
    )
    return Guideline(
        id="wheezing",
        title="Wheezing in adults",
        issuer="A society",
        version="2026",
        date=date(2026, 1, 1),
        licence="CC0-1.0",
        document=f"1 Scope\nAdults who wheeze.\n\n2 Diagnosis\n{QUOTE} Ask about <triggers> & nights.\n",
        recommendations=(recommendation,),
    )


def manifest(arm: str, adapter: str) -> AdapterManifest:
    phases = (
        PhaseCost(phase="rollout", seconds=40.5, tokens=9000, flops=2.4e12),
        PhaseCost(phase="student", seconds=81.25, tokens=9000, flops=4.8e12),
    )
    made = Provenance(
        code_revision="0123abc",
        code_dirty=False,
        packages=(("torch", "2.13.0"), ("peft", "0.21.2")),
        python="3.11.2",
        created=WHEN,
    )
    return AdapterManifest(
        arm=arm,
        base_model=digest("base"),
        parent=None,
        adapter=adapter,
        lora=LoraSettings(),
        training=TrainingSettings(),
        template="plain_quote",
        beta=0.0,
        demonstrations=digest("demonstrations"),
        prior_prompts=digest("prompts"),
        losses=(1.25, 0.5, 0.25),
        cost=CostLedger(phases=phases, peak_memory_bytes=900 * 2**20),
        provenance=made,
    )


def preflight() -> PreflightReport:
    trials = (
        TemplateTrial(template="plain_quote", beta=0.0, n=32, correct=29, accuracy=29 / 32, lower=0.758, upper=0.968),
        TemplateTrial(template="bare", beta=0.0, n=32, correct=20, accuracy=20 / 32, lower=0.453, upper=0.771),
    )
    return PreflightReport(
        model=MODEL,
        demonstrations=digest("demonstrations"),
        n=32,
        student_correct=6,
        student_accuracy=6 / 32,
        trials=trials,
        template="plain_quote",
        verdict="go",
        reason="the demonstration lifts the model from 18.8% to 90.6%",
    )


def submit(gov: Governance, name: str, *, prior: Right, new: Right, arm: str = "sdft", control: bool = False) -> None:
    """Judge a candidate of the model in force and hand its update in.

    Args:
        gov: the workspace.
        name: id of the update.
        prior: which items of each prior suite the candidate answers rightly.
        new: which items of the new suite it does.
        arm: how it was trained.
        control: whether it is shown for comparison only.
    """
    model, adapter = digest(f"model {name}"), digest(f"adapter {name}")
    fresh = suite(f"wheezing-{name}", 40, "asthma")
    tested = (fresh, *PRIOR)
    known = [scores(one, MODEL, lambda i: i % 10 != 3) for one in PRIOR]
    before = [scores(fresh, MODEL, lambda i: i == 0 or i % 5 == 1), *known]
    after = [scores(one, model, new if one is fresh else prior) for one in tested]
    decision = commands.judge(
        gov,
        policy=POLICY,
        arm=arm,
        incumbent=before,
        candidate=after,
        suites=tested,
        new_suite_id=fresh.id,
        update_id=name,
        actor="pipeline",
        spend=not control,
    )
    put = gov.objects.put_contract
    made = UpdateBundle(
        update_id=name,
        arm=arm,
        requester="rita",
        guideline=put(guideline()),
        guideline_title=guideline().title,
        demonstrations=digest("demonstrations"),
        deidentification=None,
        preflight=put(preflight()),
        manifest=put(manifest(arm, adapter)),
        adapter=adapter,
        incumbent=MODEL,
        candidate=model,
        new_suite=fresh.digest,
        prior_suites=tuple(one.digest for one in PRIOR),
        incumbent_scores=tuple(one.digest for one in before),
        candidate_scores=tuple(one.digest for one in after),
        decision=decision.digest,
        created=WHEN,
    )
    commands.submit_update(gov, made)


def build(folder: Path, *, empty: bool = False) -> Governance:
    """Make a workspace with people and a model in force, and one update of each kind unless it shall be empty."""
    gov = commands.create(folder)
    for username, name, *roles in PEOPLE:
        person = Person(username=username, printed_name=name, roles=tuple(roles))
        commands.add_person(gov, person, PASSWORD, actor="admin")
    for one in PRIOR:
        commands.register_suite(gov, one, kind="prior", actor="admin")
    commands.install_model(gov, model=MODEL, adapter=digest("adapter 0"), actor="admin", reason="the first")
    if not empty:
        submit(gov, "good", prior=lambda i: i % 10 != 3 and i != 17, new=lambda i: i % 8 != 7)
        submit(gov, "bad", prior=lambda i: i % 2 == 0, new=lambda i: i % 8 != 7)
        submit(gov, "plain", prior=lambda i: i % 3 == 0, new=lambda i: True, arm="sft", control=True)
    return gov
