"""A whole hospital around the tiny reading model: workspace, people, policy, suites, a guideline, records."""

import json
from datetime import date
from pathlib import Path

from reading_model import KNOWN, NEW, QUESTION, case

from clinical_sdft.workspace import POLICY, PRIOR_PROMPTS, Workspace
from data_contracts import (
    Guideline,
    GuidelineCase,
    LoraSettings,
    Person,
    PersonRole,
    Recommendation,
    Source,
    Suite,
    SuiteItem,
    TrainingSettings,
)
from governance.services import commands
from governance.services.handle import Governance, create, open_governance

PASSWORD = "correct horse battery"
DEID_KEY = "5eed" * 16
"""One for all, so that two hospitals see the same surrogates and must train the same adapter."""
SIGNERS = ("clara", "abel")
PEOPLE = {
    "rita": PersonRole.REQUESTER,
    "clara": PersonRole.CLINICIAN,
    "abel": PersonRole.APPROVER,
    "cora": PersonRole.COMPLIANCE,
}
TRAINING = TrainingSettings(
    learning_rate=2e-3, batch_size=8, passes=12, rollout_reuse=2, skip_tokens=0, checkpoint_steps=4, anchor_weight=3.0
)
POLICY_TEXT = """\
schema_version: 1
id: tiny
version: "1"
alpha: 0.1
margin: 0.15
min_gain: 0.10
planned_discordance: 0.10
min_power: 0.5
pooled: true
"""


def build(root: Path, model: Path) -> Path:
    """Make the workspace; nothing has been trained yet."""
    from clinical_sdft.commands.setup import init

    workspace = Workspace.create(
        root, {"model": f"dir:{model}", "training": TRAINING, "lora": LoraSettings(rank=32, alpha=64)}
    )
    (root / "keys").mkdir()
    (root / "keys" / "deid.key").write_text(DEID_KEY)
    (root / "keys" / "deid.key").chmod(0o600)
    init(root, model=f"dir:{model}", adapter=None, user="ada")
    governance = create(root)
    for username, role in PEOPLE.items():
        person = Person(username=username, printed_name=username.title(), roles=(role,))
        commands.add_person(governance, person, PASSWORD, actor="ada")
    (root / POLICY).write_text(POLICY_TEXT)
    commands.register_suite(governance, suite("known", KNOWN, 60), kind="prior", actor="ada")
    prompts = [QUESTION.format(case=case(sign, 3000 + i)) for sign in KNOWN.values() for i in range(12)]
    lines = [json.dumps({"question": prompt}) for prompt in prompts]
    (root / PRIOR_PROMPTS).write_text("\n".join(lines) + "\n")
    name = "measles-and-dengue"
    (workspace.guidelines / f"{name}.json").write_bytes(guideline().canonical_bytes())
    (root / "inbox" / "suites" / f"{name}.json").write_bytes(suite("new", NEW, 40).canonical_bytes())
    (workspace.records / "records.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records()))
    return root


def opened(root: Path) -> tuple[Workspace, Governance]:
    """Open what `build` made."""
    return Workspace(root), open_governance(root)


def suite(name: str, signs: dict[str, str], size: int) -> Suite:
    """Return held-out items: their numbers are used nowhere else."""
    labels = list(signs)
    items = tuple(
        SuiteItem(
            id=f"{name}-{i}",
            question=QUESTION.format(case=case(signs[labels[i % len(labels)]], 5000 + i)),
            answers=(labels[i % len(labels)],),
            specialty="general",
        )
        for i in range(size)
    )
    return Suite(id=name, version="1", specialty="general", licence="CC0-1.0", source="written for tests", items=items)


def guideline() -> Guideline:
    """Return a guideline of two recommendations with cases."""
    source = Source(title="Test", publisher="Test", url="https://example.org")
    quotes = {label: f"Suspect {label} with {sign}." for label, sign in NEW.items()}
    return Guideline(
        id="tiny-guideline",
        title="Two new diagnoses",
        issuer="test",
        version="1",
        date=date(2026, 1, 1),
        licence="CC0-1.0",
        document=" ".join(quotes.values()),
        recommendations=tuple(
            Recommendation(id=f"R-{label}", answer=label, statement=quote, quote=quote, source=source)
            for label, quote in quotes.items()
        ),
        cases=tuple(
            GuidelineCase(id=f"C-{label}-{i}", recommendation=f"R-{label}", question=case(sign, 7000 + i), answer=label)
            for label, sign in NEW.items()
            for i in range(14)
        ),
    )


def records() -> list[dict[str, object]]:
    """Return four records of which the last cannot be cleaned: it has no patient."""
    rows: list[dict[str, object]] = [
        {
            "schema_version": 1,
            "id": f"T-{i}",
            "patient": {"id": f"P-{i}", "name": "Zelda Quartermain", "mrn": f"7755331{i}"},
            "narrative": f"Zelda Quartermain (MRN 7755331{i}): {case('rash', 8000 + i)}.",
            "diagnosis": "dengue",
        }
        for i in range(3)
    ]
    return [*rows, {"schema_version": 1, "id": "T-9", "patient": {}, "narrative": "Nobody.", "diagnosis": "dengue"}]
