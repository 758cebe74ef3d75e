"""An applied model card per update, in the elements of CHAI's schema v0.2 (https://mc.chai.org/v0.2/schema.xsd).

Only what the store knows is said; the elements that only a hospital can fill say so and are listed. Machine-readable
figures stand beside the card in `facts`.
"""

import json
from typing import Any

from data_contracts import DeidentificationReport, GateDecision, Role, SuiteJudgement
from governance.export.words import ASSISTS, STATUSES, brief, in_words, moment, points
from governance.registry.records import UpdateRecord
from governance.store.tables import instant_text

FILL_IN = "To be filled in by the hospital: "
_NOT_KNOWN = "Not known to this system. " + FILL_IN

Card = dict[str, Any]


def model_card(record: UpdateRecord) -> bytes:
    """Return the card as JSON: `card`, `facts`, and `hospital_must_fill`, the paths of the open elements."""
    card = _card(record)
    value = {
        "schema": "CHAI Applied Model Card v0.2, element names",
        "hospital_must_fill": _open_elements(card),
        "card": card,
        "facts": _facts(record),
    }
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def model_card_text(record: UpdateRecord) -> bytes:
    """Return the card as Markdown."""
    card = _card(record)
    lines = [f"# Applied model card: {_inline(record.bundle.guideline_title)}", "", ASSISTS, ""]
    for section, value in card.items():
        lines += _element(section, value, depth=2)
    lines += ["## Facts", "", "```json", json.dumps(_facts(record), indent=1, ensure_ascii=False), "```", ""]
    return "\n".join(lines).encode()


def _element(name: str, value: Any, depth: int) -> list[str]:
    if isinstance(value, dict):
        inner = [line for key, one in value.items() for line in _element(key, one, depth + 1)]
        return [f"{'#' * depth} {_title(name)}", "", *inner]
    if isinstance(value, list):
        rows = [f"- {_inline(one['Label'])}: {_inline(one['ValueJson'])}" for one in value]
        return [f"**{_title(name)}:**", "", *rows, ""]
    return [f"**{_title(name)}:** {_inline(value)}", ""]


def _inline(text: str) -> str:
    """Keep text from being taken for markup or a new paragraph."""
    flat = " ".join(text.split())
    return flat.replace("\\", "\\\\").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("`", "\\`")


def _title(name: str) -> str:
    words = "".join(f" {one}" if one.isupper() and i else one for i, one in enumerate(name))
    return words.replace("A I ", "AI ").capitalize().replace("Ai ", "AI ")


def _open_elements(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for name, one in value.items() for found in _open_elements(one, f"{path}.{name}".lstrip("."))]
    return [path] if isinstance(value, str) and FILL_IN in value else []


def _card(record: UpdateRecord) -> Card:
    """Return the card in the schema's order."""
    return {
        "BasicInfo": {
            "ModelName": f"model {brief(record.bundle.candidate)}, update {record.stored.update_id}",
            "ModelDeveloper": f"{FILL_IN}who trained and answers for this model.",
            "DeveloperContact": f"{FILL_IN}whom to ask.",
        },
        "ReleaseInfo": _release(record),
        "ModelSummary": {
            "Summary": f"A language model updated by '{record.bundle.guideline_title}'. {ASSISTS}",
            "Keywords": f"guideline update, {record.bundle.arm}, adapter",
        },
        "UsesAndDirections": _uses(record),
        "Warnings": {
            "KnownRisksAndLimitations": " ".join(_limits(record)),
            "KnownBiasesOrEthicalConsiderations": f"No result by group of patients is stored. {FILL_IN}what is known.",
            "ClinicalRiskLevel": f"{FILL_IN}its own assessment.",
        },
        "TrustIngredients": {"AISystemFacts": _system(record), "TransparencyInformation": _transparency()},
        "KeyMetrics": _metrics(record.decision),
        "Resources": {
            "PeerReviewedPublications": "None is stored. On the method: arXiv 2601.19897 (a preprint).",
            "PatientConsentOrDisclosure": f"{FILL_IN}how patients are told.",
        },
        "Bibliography": f"Guideline: {_guideline(record)}.",
    }


def _release(record: UpdateRecord) -> Card:
    put = record.promotion
    return {
        "ReleaseStage": f"The update {STATUSES[record.status]}." + (" Control arm." if record.control else ""),
        "ReleaseDate": moment(put.valid_from) if put else "Was not put in force.",
        "ReleaseVersion": record.bundle.candidate,
        "GlobalAvailability": f"{FILL_IN}where it may be used.",
        "RegulatoryApproval": "None is known to this system; not a medical device by our word.",
    }


def _uses(record: UpdateRecord) -> Card:
    return {
        "IntendedUseAndWorkflow": "Assists with diagnostic questions as the guideline answers them. "
        f"{FILL_IN}where in its workflow.",
        "PrimaryIntendedUsers": f"{FILL_IN}who may use it.",
        "HowToUse": f"{FILL_IN}its directions.",
        "TargetedPatientPopulation": f"{FILL_IN}for which patients.",
        "CautionedOutOfScopeSettings": "Whatever the suites below do not ask was not measured. "
        f"{FILL_IN}settings to avoid.",
    }


def _limits(record: UpdateRecord) -> list[str]:
    decision = record.decision
    limits = [
        f"The gate said {decision.verdict.value}, at attempt {decision.attempt} on these suites.",
        "An answer counts as right where it names an accepted phrase of a sealed item; nothing else was judged.",
    ]
    for one in decision.judgements:
        if one.role is not Role.NEW and one.drop_upper > 0:
            limits.append(f"On {one.suite_id} a true loss of up to {points(one.drop_upper)} cannot be ruled out.")
        if one.role is Role.DESCRIPTIVE:
            limits.append(f"{one.suite_id} is shown only and blocks nothing by its bound.")
    broken = sum(one.broken for one in decision.judgements if one.role in (Role.GATED, Role.DESCRIPTIVE))
    limits.append(f"{broken} items of prior suites that were right before are wrong now.")
    if record.deidentification and record.deidentification.quarantined:
        limits.append(f"{record.deidentification.quarantined} patient records were held back and taught nothing.")
    return limits


def _system(record: UpdateRecord) -> Card:
    made, bundle = record.manifest, record.bundle
    return {
        "OutcomesAndOutputs": "Text: an answer to a diagnostic question.",
        "ModelType": f"Causal language model with a LoRA adapter of rank {made.lora.rank} ({bundle.arm}).",
        "FoundationModels": f"Base model {made.base_model}, adapter {made.adapter}.",
        "InputDataSource": f"Demonstrations {bundle.demonstrations}, made from the guideline and records as below.",
        "OutputAndInputDataTypes": "Text in, text out.",
        "DevelopmentDataCharacterization": _data(record),
        "BiasMitigationApproaches": f"{_NOT_KNOWN}what was done.",
        "OngoingMaintenance": _maintenance(record),
        "Security": f"Every artefact is named by its sha256. {FILL_IN}how access is guarded.",
        "Transparency": f"Code revision {made.provenance.code_revision}"
        f"{' with changes' if made.provenance.code_dirty else ''}, {moment(made.provenance.created)}; "
        f"lineage: from model {bundle.incumbent} to {bundle.candidate}.",
    }


def _data(record: UpdateRecord) -> str:
    report = record.deidentification
    if report is None:
        return f"No patient records. Guideline: {_guideline(record)}."
    replaced = ", ".join(f"{one.category} {one.count}" for one in report.replaced) or "none"
    return (
        f"{report.released} patient records de-identified by policy {report.policy} with {report.ner_model}, "
        f"{report.quarantined} held back; identifiers replaced: {replaced}. {_how_sure(report)}"
        f"Guideline: {_guideline(record)}."
    )


def _how_sure(report: DeidentificationReport) -> str:
    said = ""
    if report.smallest_group is not None:
        group = report.smallest_group
        said += (
            f"Smallest group of the {group.patients} patients by {', '.join(group.counted)}: k = {group.k}, "
            f"{group.under_five} in groups of fewer than five. "
        )
    if report.gold is not None:
        gold = report.gold
        said += (
            f"On {gold.documents} held-out notes the engine found {gold.found_whole} of {gold.identifiers} identifiers "
            f"whole ({gold.span_full_recall:.3f}, 95% bounds {gold.lower:.3f} to {gold.upper:.3f}). "
        )
    return said


def _guideline(record: UpdateRecord) -> str:
    one = record.guideline
    return f"{one.title}, {one.issuer}, version {one.version} of {one.date.isoformat()} ({record.bundle.guideline})"


def _maintenance(record: UpdateRecord) -> str:
    policy = record.policy
    return (
        f"Later updates must pass the gate under a policy such as {policy.id} {policy.version}: no true loss beyond "
        f"{points(policy.margin)} on prior suites, of which this update's suite becomes one when it is put in force. "
        f"{FILL_IN}how it is watched in use."
    )


def _transparency() -> Card:
    return {
        "FundingSource": f"{FILL_IN}who paid.",
        "ThirdPartyInformation": f"{_NOT_KNOWN}third parties.",
        "StakeholdersConsulted": f"{FILL_IN}whom it asked; the signatures of the update stand in the report.",
    }


def _metrics(decision: GateDecision) -> Card:
    new = [one for one in decision.judgements if one.role is Role.NEW]
    prior = [one for one in decision.judgements if one.role is not Role.NEW]
    return {
        "UsefulnessUsabilityEfficacy": _metric("The update's own suite: a proven gain.", new, decision),
        "FairnessEquity": {
            "MetricGoal": f"{FILL_IN}its goal.",
            "Results": [],
            "Interpretation": "Not measured: the store holds no result by group of patients.",
            "TestType": "None.",
            "TestingDataDescription": "None.",
            "ValidationProcessAndJustification": f"{FILL_IN}how it is examined.",
        },
        "SafetyReliability": _metric("Prior suites: no true loss beyond the margin.", prior, decision),
    }


def _metric(goal: str, judgements: list[SuiteJudgement], decision: GateDecision) -> Card:
    suites = ", ".join(f"{one.suite_id} ({one.n} items, {one.suite})" for one in judgements)
    return {
        "MetricGoal": goal,
        "Results": [{"Label": one.suite_id, "ValueJson": json.dumps(_figures(one))} for one in judgements],
        "Interpretation": " ".join(in_words(one) for one in judgements) or "Nothing was measured.",
        "TestType": "Internal, paired by item: the model in force and the update answered the same sealed suites.",
        "TestingDataDescription": suites or "None.",
        "ValidationProcessAndJustification": f"One-sided upper confidence bound of the true loss against a margin; "
        f"decision {decision.digest}, verdict {decision.verdict.value}: {decision.reason}",
    }


def _figures(one: SuiteJudgement) -> Card:
    return {
        "n": one.n,
        "incumbent_accuracy": one.incumbent_accuracy,
        "candidate_accuracy": one.candidate_accuracy,
        "broken": one.broken,
        "fixed": one.fixed,
        "drop": one.drop,
        "drop_upper": one.drop_upper,
        "margin": one.margin,
        "alpha": one.alpha,
        "verdict": one.verdict.value,
    }


def _facts(record: UpdateRecord) -> Card:
    bundle, report = record.bundle, record.deidentification
    return {
        "update": record.stored.update_id,
        "status": record.status.value,
        "control": record.control,
        "bundle": record.stored.bundle,
        "decision": bundle.decision,
        "verdict": record.decision.verdict.value,
        "policy": record.decision.policy,
        "guideline": bundle.guideline,
        "demonstrations": bundle.demonstrations,
        "deidentification": report.model_dump(mode="json") if report else None,
        "base_model": record.manifest.base_model,
        "adapter": bundle.adapter,
        "parent": record.manifest.parent,
        "incumbent": bundle.incumbent,
        "candidate": bundle.candidate,
        "in_force_from": instant_text(record.promotion.valid_from) if record.promotion else None,
        "suites": [
            {"suite": one.suite, "id": one.suite_id, "role": one.role.value, **_figures(one)}
            for one in record.decision.judgements
        ],
    }
