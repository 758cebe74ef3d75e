"""How an update was made: the pre-flight, the settings, the cost, and what it descends from."""

import streamlit as st

from app.components.markup import plain
from app.components.tables import pairs, rows
from app.components.words import moment, percent
from data_contracts import AdapterManifest, CostLedger, DeidentificationReport, PreflightReport, TemplateTrial
from governance.services.views import UpdateDetail

_NAMES = {"go": "✓ go", "amplify": "✓ go, amplified", "refuse": "✗ refuse"}


def making_tab(detail: UpdateDetail) -> None:
    """Show what made the proposed model."""
    st.markdown("**Pre-flight**: does seeing a demonstration help the model at all?")
    if detail.preflight is None:
        st.caption("This update had no pre-flight.")
    else:
        _preflight(detail.preflight)
    if detail.deidentification is not None:
        st.markdown("**Patient records**: what was taken out of them, and how sure that is")
        pairs(records_shown(detail.deidentification))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Training settings**")
        pairs(_settings(detail.manifest))
    with right:
        st.markdown("**Cost**")
        _cost(detail.manifest.cost)
        st.markdown("**Made with**")
        pairs(_origin(detail.manifest))
    st.markdown("**Lineage**: the digest of everything that this update stands on")
    pairs(_lineage(detail))


def _preflight(report: PreflightReport) -> None:
    st.markdown(f"{_NAMES[report.verdict]}: {plain(report.reason)}")
    student = f"{report.student_correct} of {report.n} ({percent(report.student_accuracy)})"
    st.caption(f"Without a demonstration the model in force answered {student} right; with one:")
    rows([_trial(trial, report) for trial in report.trials])


def _trial(trial: TemplateTrial, report: PreflightReport) -> dict[str, str]:
    settings = (trial.template, trial.beta, trial.calibration)
    chosen = settings == (report.template, report.beta, report.calibration)
    return {
        "template": trial.template,
        "amplification": f"{trial.beta:g}" + (f", calibrated {trial.calibration:g}" if trial.calibration else ""),
        "right": f"{trial.correct} of {trial.n}",
        "share": percent(trial.accuracy),
        "interval": f"{percent(trial.lower)} to {percent(trial.upper)}",
        "reply, nats a token": _nats(trial),
        "used": "✓ chosen" if chosen else "",
    }


def records_shown(report: DeidentificationReport) -> dict[str, object]:
    """Return what a reviewer reads of a de-identification: counts, the smallest group, recall on held-out notes."""
    shown: dict[str, object] = {
        "records": f"{report.released} released, {report.quarantined} held back",
        "identifiers replaced": ", ".join(f"{one.category} {one.count}" for one in report.replaced) or "none",
        "policy and model": f"{report.policy}, {report.ner_model}",
    }
    if report.smallest_group is not None:
        group = report.smallest_group
        shown["smallest group (k)"] = (
            f"{group.k} of {group.patients} patients share {', '.join(group.counted)}; "
            f"{group.alone} stand alone, {group.under_five} in groups of fewer than five"
        )
    if report.gold is not None:
        gold = report.gold
        shown["recall on held-out notes"] = (
            f"{percent(gold.span_full_recall)} of {gold.identifiers} identifiers found whole "
            f"(at 95%: {percent(gold.lower)} to {percent(gold.upper)}); in {gold.leaking} of {gold.documents} notes a "
            f"direct identifier was left, {gold.leaking_released} of them passed the second scan"
        )
    return shown


def _nats(trial: TemplateTrial) -> str:
    found = trial.log_probability
    return f"{found.mean:.2f} ({found.lower:.2f} to {found.upper:.2f})" if found else ""


def _settings(manifest: AdapterManifest) -> dict[str, object]:
    settings: dict[str, object] = {"method": manifest.arm.upper(), "template": manifest.template or "none"}
    settings |= {"amplification": manifest.beta}
    training = manifest.training.model_dump(exclude_none=True)
    settings |= {name.replace("_", " "): value for name, value in training.items()}
    settings |= {"adapter rank": manifest.lora.rank, "adapter alpha": manifest.lora.alpha}
    settings |= {"adapter targets": ", ".join(manifest.lora.targets)}
    if manifest.norm_lost:
        settings |= {"cut off by the adapter's max_rank": f"{manifest.norm_lost:.2%} of the squared norm"}
    if manifest.losses:
        settings |= {"loss, first to last step": f"{manifest.losses[0]:.3g} to {manifest.losses[-1]:.3g}"}
    return settings


def _cost(cost: CostLedger) -> None:
    phases = [
        {
            "phase": phase.phase,
            "seconds": f"{phase.seconds:,.1f}",
            "tokens": f"{phase.tokens:,}",
            "operations": f"{phase.flops:.2e}",
        }
        for phase in cost.phases
    ]
    total = {
        "phase": "all",
        "seconds": f"{cost.seconds:,.1f}",
        "tokens": f"{sum(phase.tokens for phase in cost.phases):,}",
        "operations": f"{cost.flops:.2e}",
    }
    rows([*phases, total])
    if cost.price_vs_sft is not None:
        st.caption(f"Plain SFT on the same demonstrations, as often: 1; this run: {cost.price_vs_sft:.1f} times that")
    st.caption(f"Most memory used: {cost.peak_memory_bytes / 2**20:,.0f} MiB")


def _origin(manifest: AdapterManifest) -> dict[str, object]:
    made = manifest.provenance
    return {
        "code revision": made.code_revision + (" (with uncommitted changes)" if made.code_dirty else ""),
        "when": moment(made.created),
        "python": made.python,
        "packages": ", ".join(f"{name} {version}" for name, version in made.packages) or "not recorded",
    }


def _lineage(detail: UpdateDetail) -> dict[str, object]:
    bundle, manifest = detail.bundle, detail.manifest
    named: dict[str, object] = {
        "bundle (what is signed)": detail.bundle_digest,
        "guideline": bundle.guideline,
        "demonstrations": bundle.demonstrations,
        "de-identification report": bundle.deidentification,
        "pre-flight report": bundle.preflight,
        "model in force": bundle.incumbent,
        "proposed model": bundle.candidate,
        "base model": manifest.base_model,
        "adapter": bundle.adapter,
        "adapter it started from": manifest.parent,
        "adapter's manifest": bundle.manifest,
        "prior prompts": manifest.prior_prompts,
        "new suite": bundle.new_suite,
        "gate's policy": f"{detail.decision.policy} ({detail.policy.id}, version {detail.policy.version})",
        "gate's decision": bundle.decision,
    }
    named |= {f"prior suite {number}": digest for number, digest in enumerate(bundle.prior_suites, 1)}
    return {name: value or "none" for name, value in named.items()}
