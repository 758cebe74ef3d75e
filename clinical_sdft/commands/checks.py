"""What `doctor` looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from clinical_sdft.models.loading import base_digest, model_digest
from clinical_sdft.versions import base_folder
from clinical_sdft.workspace import Workspace
from governance.services import commands, queries
from governance.services.handle import Governance

NEEDED_BYTES = 3_000_000_000


@dataclass(frozen=True)
class Check:
    """One thing an update needs, and whether it is there."""

    name: str
    ok: bool
    detail: str


def run_checks(workspace: Workspace, governance: Governance, free_bytes: int) -> list[Check]:
    """Return all checks; none of them changes anything."""
    return [
        _check("model", lambda: _model(workspace, governance)),
        _check("de-identification", lambda: _deid(workspace)),
        _check("store", lambda: _store(governance)),
        _check("prior suites", lambda: _suites(governance)),
        _check("rules", _rules),
        _check("serving", lambda: _serving(workspace, governance)),
        Check("disk", free_bytes > NEEDED_BYTES, f"{free_bytes / 1e9:.0f} GB free, an update wants 3"),
    ]


def _check(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, detail = look()
    except Exception as error:  # a doctor reports what it finds, whatever it is
        ok, detail = False, str(error).splitlines()[0] if str(error) else type(error).__name__
    return Check(name, ok, detail)


def _model(workspace: Workspace, governance: Governance) -> tuple[bool, str]:
    current = queries.current_model(governance)
    if current is None:
        return False, "no version is installed"
    version = model_digest(base_digest(base_folder(workspace.settings.model)), current.adapter)
    return version == current.current, f"{workspace.settings.model}, version in force {current.current[7:19]}"


def _deid(workspace: Workspace) -> tuple[bool, str]:
    from clinical_sdft.deid import Deidentifier, chosen_ner, load_key, named_policy

    settings = workspace.settings
    ner = chosen_ner(settings.deid_ner, settings.deid_ner_digest)
    policy = named_policy(settings.deid_policy)
    Deidentifier(ner, policy, load_key(workspace.root))
    return True, f"{ner.name}, policy {policy.name}"


def _rules() -> tuple[bool, str]:
    from clinical_sdft.ingest.rules.sandbox import self_test

    return self_test(), "CEL and FHIRPath are evaluated in a confined process"


def _store(governance: Governance) -> tuple[bool, str]:
    report = commands.verify_store(governance)
    return report.ok, f"{report.events} events verified" if report.ok else str(report.problems[0])


def _serving(workspace: Workspace, governance: Governance) -> tuple[bool, str]:
    servers, state = len(workspace.settings.serving.servers), queries.serving_state(governance)
    if not servers and state.name is None:
        return True, "no server is named, nothing was handed off"
    done = "the version in force" if state.in_step else "not the version in force; run `clinical-sdft serve hand-off`"
    return state.in_step, f"{servers} servers named, handed off: {done}"


def _suites(governance: Governance) -> tuple[bool, str]:
    suites = queries.prior_suites(governance)
    items = sum(len(suite.items) for suite in suites)
    return bool(suites), f"{len(suites)} suites, {items} items" if suites else "none; add one with `suite add`"
