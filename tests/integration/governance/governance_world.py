"""A small hospital for the governance tests: people, suites, a model in force, and updates on demand."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher

from data_contracts import (
    AdapterManifest,
    CostLedger,
    Decoding,
    GateDecision,
    GatePolicy,
    Guideline,
    ItemScore,
    LoraSettings,
    Person,
    PersonRole,
    Provenance,
    Recommendation,
    Role,
    Source,
    Suite,
    SuiteItem,
    SuiteJudgement,
    SuiteScores,
    TrainingSettings,
    UpdateBundle,
    Verdict,
    sha256_digest,
)
from governance.services import commands
from governance.services.handle import Governance

PASSWORD = "correct horse battery"
POLICY = GatePolicy(id="default", version="1")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def digest(name: str) -> str:
    return sha256_digest(name.encode())


@cache
def cheap_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class FakeClock:
    """A clock that moves on by a second at each look, or as told."""

    moment: datetime = START

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@dataclass
class FakeGate:
    """Says what it is told to say, and remembers how it was asked."""

    verdict: Verdict = Verdict.PASS
    calls: list[dict] = field(default_factory=list)

    def __call__(self, **asked) -> GateDecision:
        self.calls.append(asked)
        before = {scores.suite: scores for scores in asked["incumbent"]}
        judgements = tuple(
            _judgement(before[scores.suite], scores, asked["new_suite_id"], self.verdict)
            for scores in asked["candidate"]
        )
        return GateDecision(
            arm=asked["arm"],
            incumbent=asked["incumbent"][0].model,
            candidate=asked["candidate"][0].model,
            policy=asked["policy"].digest,
            attempt=asked["attempt"],
            judgements=judgements,
            verdict=self.verdict,
            reason="as the test wants it",
        )


def _judgement(before: SuiteScores, after: SuiteScores, new_suite_id: str, verdict: Verdict) -> SuiteJudgement:
    pairs = [(a.score >= 0.5, b.score >= 0.5) for a, b in zip(before.scores, after.scores, strict=True)]
    return SuiteJudgement(
        suite_id=after.suite_id,
        suite=after.suite,
        role=Role.NEW if after.suite_id == new_suite_id else Role.GATED,
        n=len(pairs),
        incumbent_accuracy=before.accuracy,
        candidate_accuracy=after.accuracy,
        broken=sum(a and not b for a, b in pairs),
        fixed=sum(b and not a for a, b in pairs),
        margin=0.05,
        alpha=0.05,
        drop=before.accuracy - after.accuracy,
        drop_upper=before.accuracy - after.accuracy + 0.01,
        regressed=False,
        verdict=verdict,
        reason="as the test wants it",
    )


def suite(name: str, answers: tuple[str, ...] = ("asthma", "gout", "lupus")) -> Suite:
    items = tuple(
        SuiteItem(id=f"{name}-{i}", question=f"What is {name} {i}?", answers=(answer,), specialty="medicine")
        for i, answer in enumerate(answers)
    )
    return Suite(id=name, version="1", specialty="medicine", licence="CC0-1.0", source="written for tests", items=items)


def scores(of: Suite, model: str, right: int) -> SuiteScores:
    given = tuple(
        ItemScore(item=item.id, reply=item.answers[0] if i < right else "a cold", score=1.0 if i < right else 0.0)
        for i, item in enumerate(of.items)
    )
    return SuiteScores(suite_id=of.id, suite=of.digest, model=model, decoding=Decoding(), scores=given)


def guideline() -> Guideline:
    source = Source(title="A guideline", publisher="A society", url="https://example.org/guideline")
    recommendation = Recommendation(
        id="r1", answer="asthma", statement="Say asthma.", quote="wheezing means asthma", source=source
    )
    return Guideline(
        id="g1",
        title="Wheezing",
        issuer="A society",
        version="2026",
        date=date(2026, 1, 1),
        licence="CC0-1.0",
        document="In this document, wheezing means asthma, always.",
        recommendations=(recommendation,),
    )


def manifest(adapter: str) -> AdapterManifest:
    provenance = Provenance(code_revision="abc", code_dirty=False, packages=(), python="3.11", created=START)
    return AdapterManifest(
        arm="sdft",
        base_model=digest("base"),
        parent=None,
        adapter=adapter,
        lora=LoraSettings(),
        training=TrainingSettings(),
        template="t1",
        beta=0.0,
        demonstrations=digest("demonstrations"),
        prior_prompts=None,
        losses=(1.0, 0.5),
        cost=CostLedger(phases=(), peak_memory_bytes=1),
        provenance=provenance,
    )


def build(folder: Path, monkeypatch, url: str | None = None) -> None:
    """Make the workspace that every test gets a copy of."""
    monkeypatch.setattr("governance.approvals.people._hasher", cheap_hasher)
    gov = commands.create(folder, database_url=url, clock=FakeClock())
    for username, name, *roles in (
        ("rita", "Rita Requester", PersonRole.REQUESTER, PersonRole.APPROVER),
        ("clara", "Dr. Clara Clinician", PersonRole.CLINICIAN),
        ("carl", "Dr. Carl Clinician", PersonRole.CLINICIAN),
        ("abel", "Abel Approver", PersonRole.APPROVER),
        ("dora", "Dr. Dora Doesboth", PersonRole.CLINICIAN, PersonRole.APPROVER),
        ("cora", "Cora Compliance", PersonRole.COMPLIANCE),
        ("admin", "Ada Admin", PersonRole.ADMINISTRATOR),
    ):
        person = Person(username=username, printed_name=name, roles=tuple(roles))
        commands.add_person(gov, person, PASSWORD, actor="admin")
    commands.register_suite(gov, suite("known"), kind="prior", actor="admin")
    first = {"model": digest("model-0"), "adapter": digest("adapter-0")}
    commands.install_model(gov, **first, actor="admin", reason="first")
    gov.engine.dispose()


@dataclass
class World:
    """An open workspace with its clock, its gate and what the tests need to know of it."""

    gov: Governance
    clock: FakeClock
    gate: FakeGate
    prior: Suite
    model: str = digest("model-0")
    """The model in force."""
    url: str | None = None
    """The database's URL; None for SQLite in the workspace."""

    @classmethod
    def open(cls, folder: Path, monkeypatch, url: str | None = None) -> "World":
        monkeypatch.setattr("governance.approvals.people._hasher", cheap_hasher)
        clock, gate = FakeClock(START + timedelta(hours=1)), FakeGate()
        monkeypatch.setattr("governance.gate.decide", gate, raising=False)
        gov = commands.open_governance(folder, database_url=url, clock=clock)
        return cls(gov, clock, gate, suite("known"), url=url)

    def judge(self, name: str, *, incumbent: str | None = None, priors: tuple[Suite, ...] | None = None, **more):
        """Judge candidate `model-NAME` on the prior suites and the new suite `new-NAME`."""
        new = suite(f"new-{name}", ("asthma", "gout"))
        tested = (new, *(priors or (self.prior,)))
        return commands.judge(
            self.gov,
            policy=more.pop("policy", POLICY),
            arm="sdft",
            incumbent=[scores(one, incumbent or self.model, 1) for one in tested],
            candidate=[scores(one, digest(f"model-{name}"), 2) for one in tested],
            suites=tested,
            new_suite_id=new.id,
            update_id=name,
            actor="pipeline",
            **more,
        )

    def bundle(self, name: str, *, priors: tuple[Suite, ...] | None = None, **changes) -> UpdateBundle:
        """Judge an update, store its objects, and return its bundle."""
        decision = self.judge(name, priors=priors, spend=changes.pop("spend", True))
        new, adapter = suite(f"new-{name}", ("asthma", "gout")), digest(f"adapter-{name}")
        tested, objects = (new, *(priors or (self.prior,))), self.gov.objects
        fields = {
            "update_id": name,
            "arm": "sdft",
            "requester": "rita",
            "guideline": objects.put_contract(guideline()),
            "guideline_title": "Wheezing",
            "demonstrations": digest("demonstrations"),
            "deidentification": None,
            "preflight": None,
            "manifest": objects.put_contract(manifest(adapter)),
            "adapter": adapter,
            "incumbent": self.model,
            "candidate": digest(f"model-{name}"),
            "new_suite": new.digest,
            "prior_suites": tuple(one.digest for one in tested[1:]),
            "incumbent_scores": tuple(scores(one, self.model, 1).digest for one in tested),
            "candidate_scores": tuple(scores(one, digest(f"model-{name}"), 2).digest for one in tested),
            "decision": decision.digest,
            "created": START,
        }
        return UpdateBundle(**(fields | changes))

    def submitted(self, name: str, **changes) -> UpdateBundle:
        bundle = self.bundle(name, **changes)
        commands.submit_update(self.gov, bundle)
        return bundle

    def sign(self, update: UpdateBundle, username: str, decision: str = "approve", **changes):
        fields = {"password": PASSWORD, "reason": "looked at every item", "bundle": update.digest} | changes
        return commands.sign(self.gov, update_id=update.update_id, username=username, decision=decision, **fields)

    def proven(self, username: str = "admin", purpose: str = "suite"):
        """A fresh proof of who acts."""
        return commands.prove_now(self.gov, username, PASSWORD, None, purpose=purpose)

    def approved(self, name: str, **changes) -> UpdateBundle:
        bundle = self.submitted(name, **changes)
        self.sign(bundle, "clara")
        self.sign(bundle, "abel")
        return bundle

    def promoted(self, name: str, **changes) -> UpdateBundle:
        bundle = self.approved(name, **changes)
        commands.promote(self.gov, update_id=name, actor="admin")
        return bundle
