"""What the demo leaves behind: `report.json`, and the one table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from clinical_sdft.outcome import ArmOutcome, UpdateOutcome
from clinical_sdft.sdft.cost import peak_memory_bytes
from clinical_sdft.workspace import Workspace
from data_contracts import PhaseCost, SuiteJudgement, UpdateStatus
from data_contracts.gate import Role


def demo_report(
    workspace: Workspace, outcome: UpdateOutcome, status: UpdateStatus, export: Path, verified: bool, seconds: float
) -> dict[str, Any]:
    """Return the report: figures per arm as fractions, wall times in seconds, memory in bytes."""
    sdft, sft = outcome.arm("sdft"), outcome.arm("sft")
    return {
        "seconds": round(seconds, 1),
        "peak_memory_bytes": peak_memory_bytes(),
        "seed": workspace.settings.training.seed,
        "update_id": outcome.update_id,
        "preflight": outcome.preflight,
        "demonstrations": outcome.demonstrations,
        "records_released": outcome.records_released,
        "records_quarantined": outcome.records_quarantined,
        "arms": [_incumbent_row(sdft), _arm_row(sdft, sft), _arm_row(sft, sft)],
        "export": str(export),
        "export_verified": verified,
        "status": status,
    }


def _incumbent_row(arm: ArmOutcome) -> dict[str, Any]:
    return {
        "arm": "incumbent",
        "new_accuracy": arm.judgement(Role.NEW).incumbent_accuracy,
        "prior_accuracy": arm.judgement(Role.POOLED).incumbent_accuracy,
        "prior_drop": 0.0,
        "prior_drop_upper": 0.0,
        "verdict": None,
        "suites": {
            judgement.suite_id: {
                "n": judgement.n,
                "accuracy": judgement.incumbent_accuracy,
                "broken": 0,
                "fixed": 0,
            }
            for judgement in (*arm.suites, arm.judgement(Role.NEW))
        },
    }


def _arm_row(arm: ArmOutcome, control: ArmOutcome) -> dict[str, Any]:
    pooled, new = arm.judgement(Role.POOLED), arm.judgement(Role.NEW)
    return {
        "arm": arm.arm,
        "new_accuracy": new.candidate_accuracy,
        "prior_accuracy": pooled.candidate_accuracy,
        "prior_drop": pooled.drop,
        "prior_drop_upper": pooled.drop_upper,
        "verdict": arm.verdict,
        "train_seconds": round(arm.cost.seconds, 1),
        "seconds_vs_sft": round(arm.cost.seconds / control.cost.seconds, 2),
        "flops_vs_sft": round(arm.cost.flops / control.cost.flops, 2),
        "phases": [phase.model_dump(mode="json") for phase in _phases(arm)],
        "suites": {judgement.suite_id: _suite_row(judgement) for judgement in (*arm.suites, new)},
    }


def _suite_row(judgement: SuiteJudgement) -> dict[str, Any]:
    return {
        "n": judgement.n,
        "accuracy": judgement.candidate_accuracy,
        "broken": judgement.broken,
        "fixed": judgement.fixed,
        "verdict": judgement.verdict,
    }


def print_report(report: dict[str, Any], workspace: Path, console: Console) -> None:
    """Print the demo's table and where its files are."""
    arms = report["arms"]
    table = Table("", *(arm["arm"] for arm in arms), title="One guideline, three models", title_justify="left")
    for name, cells in _rows(arms):
        table.add_row(name, *cells)
    console.print(table)
    console.print(f"{report['preflight']}")
    console.print(f"update    {report['update_id']}: {report['status']}")
    console.print(f"report    {workspace / 'report.json'}")
    console.print(f"export    {report['export']} (verified offline: {'yes' if report['export_verified'] else 'NO'})")
    console.print(f"{report['seconds']:.0f} s, peak memory {report['peak_memory_bytes'] / 1e9:.1f} GB")


def _rows(arms: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return the table's rows: what was measured, and each arm's figure."""
    *prior, _ = arms[0]["suites"]
    candidates = [arm["verdict"] is not None for arm in arms]

    def only_candidates(figure: Callable[[dict[str, Any]], str], otherwise: str = "") -> list[str]:
        return [figure(arm) if new else otherwise for arm, new in zip(arms, candidates, strict=True)]

    return [
        ("new suite", [f"{arm['new_accuracy']:.1%}" for arm in arms]),
        ("prior suites, pooled", [f"{arm['prior_accuracy']:.1%}" for arm in arms]),
        *((f"  {suite}", [f"{arm['suites'][suite]['accuracy']:.1%}" for arm in arms]) for suite in prior),
        ("prior drop, points", only_candidates(lambda arm: f"{100 * arm['prior_drop']:.1f}")),
        ("  upper bound", only_candidates(lambda arm: f"{100 * arm['prior_drop_upper']:.1f}")),
        ("verdict", only_candidates(lambda arm: str(arm["verdict"]), "in force")),
        ("training, seconds", only_candidates(lambda arm: f"{arm['train_seconds']:.0f}")),
        *(
            (f"  {name}", only_candidates(lambda arm, name=name: _seconds(arm, name)))  # type: ignore[misc]
            for name in ("rollout", "teacher", "student")
        ),
        ("  against SFT", only_candidates(lambda arm: f"{arm['seconds_vs_sft']:.1f} x")),
        ("  operations", only_candidates(lambda arm: f"{arm['flops_vs_sft']:.1f} x")),
        ("evaluation, seconds", only_candidates(lambda arm: _seconds(arm, "evaluation"))),
    ]


def _seconds(arm: dict[str, Any], name: str) -> str:
    """Return an arm's seconds in a phase; empty where it had none, or the report is from before they were kept."""
    spent = [phase["seconds"] for phase in arm.get("phases", ()) if phase["phase"] == name]
    return f"{spent[0]:.0f}" if spent else ""


def _phases(arm: ArmOutcome) -> tuple[PhaseCost, ...]:
    return (*arm.cost.phases, *(arm.evaluation.phases if arm.evaluation else ()))
