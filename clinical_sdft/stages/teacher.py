"""Stage three: does the teacher, shown a demonstration, answer better?"""

from collections.abc import Sequence

from clinical_sdft.errors import BlockedError
from clinical_sdft.files import write_bytes
from clinical_sdft.sdft.preflight import preflight
from clinical_sdft.stages.draft import demonstrations_digest
from clinical_sdft.stages.update import Update, load
from data_contracts import Demonstration, PreflightReport


def check_teacher(update: Update, demonstrations: Sequence[Demonstration]) -> PreflightReport:
    """Stop here where demonstrations do not help."""
    report = measure_teacher(update, demonstrations)
    update.watcher.say(f"  pre-flight: {report.reason}")
    if report.verdict == "refuse":
        raise BlockedError(f"update {update.id}: pre-flight refuses: {report.reason}")
    return report


def measure_teacher(update: Update, demonstrations: Sequence[Demonstration]) -> PreflightReport:
    """Measure whether the teacher, shown a demonstration, answers better than the student."""
    file = update.folder / "preflight.json"
    if not file.is_file():
        settings = update.workspace.settings
        report = preflight(
            load(update, update.incumbent_adapter, update.incumbent).loaded,
            demonstrations,
            demonstrations_digest(update),
            update.incumbent,
            system_prompt=settings.system_prompt,
            sample=settings.preflight_sample,
            seed=settings.training.seed,
            max_new_tokens=settings.training.rollout_tokens,
            tries=settings.preflight,
            fixed=settings.training,
        )
        write_bytes(file, report.canonical_bytes())
    report = PreflightReport.from_bytes(file.read_bytes())
    digest = update.governance.objects.put_contract(report)
    update.note("preflight-measured", digest, verdict=report.verdict, beta=report.beta)
    return report
