"""From the review queue to patients: gate explain, review, promote, rollback."""

from typing import Annotated, Literal

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    ReasonOption,
    WorkspaceOption,
    ask_code,
    ask_password,
    governed,
    known_actor,
    open_both,
    prove,
    show,
)
from clinical_sdft.commands.serve import warn

gate = typer.Typer(help="The regression gate.", no_args_is_help=True)
review = typer.Typer(help="Updates that wait for people.", no_args_is_help=True)

UpdateArgument = Annotated[str, typer.Argument(help="Id of the update, as `update list` shows it.")]


@gate.command("explain")
def gate_explain(
    update_id: UpdateArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Say in plain words why an update passed, failed, or is undecided."""
    from governance.services import queries

    governance = governed(workspace)
    decision = queries.update_detail(governance, update_id).decision
    show(decision.model_dump(mode="json"), as_json, queries.gate_explanation(governance, update_id))


@review.command("list")
def review_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List updates that wait for signatures or promotion."""
    from data_contracts.governance import UpdateStatus
    from governance.services import queries

    waiting = (UpdateStatus.WAITING, UpdateStatus.APPROVED)
    rows = [row for row in queries.updates(governed(workspace)) if row.status in waiting]
    lines = [f"{row.update_id:56} {row.status:20} {row.approvals} of 2 approvals" for row in rows]
    show([vars(row) for row in rows], as_json, "\n".join(lines) or "nothing waits for review")


@review.command("approve")
def review_approve(
    update_id: UpdateArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Sign for an update. Two people must: a clinician and an approver, neither the requester.

    Asks for the password (CLINICAL_SDFT_PASSWORD) and, once a second factor is enrolled, for its code
    (CLINICAL_SDFT_TOTP). A person linked to the identity provider signs in there, in a browser on this machine.
    """
    _sign(workspace, update_id, actor, "approve", reason)


@review.command("reject")
def review_reject(
    update_id: UpdateArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Sign against an update; one rejection ends it. Asks for the same proof of identity as an approval."""
    _sign(workspace, update_id, actor, "reject", reason)


def promote(update_id: UpdateArgument, actor: ActorOption, workspace: WorkspaceOption = DEFAULT_WORKSPACE) -> None:
    """Put an approved update in force; its suite joins the prior suites. `serve hand-off` brings it to the servers."""
    from clinical_sdft.ops.serving.mlflow_mirror import mirror_if_wanted
    from governance.services import commands

    opened, governance = open_both(workspace)
    actor = known_actor(governance, actor, "promote")
    promotion = commands.promote(governance, update_id=update_id, actor=actor)
    commands.checkpoint(governance)
    mirror_if_wanted(opened.settings.serving, governance, warn)
    typer.echo(f"in force: {promotion.current}")


def rollback(
    model: Annotated[str, typer.Argument(help="Digest of a version that was in force before.")],
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Put an earlier version back in force; a retired one stays out. Asks for your password, and code.

    `serve hand-off` brings it to the servers.
    """
    from clinical_sdft.ops.serving.mlflow_mirror import mirror_if_wanted
    from governance.services import commands

    opened, governance = open_both(workspace)
    actor = prove(governance, known_actor(governance, actor, "roll back"), "rollback").person.username
    promotion = commands.rollback(governance, model=model, actor=actor, reason=reason)
    commands.checkpoint(governance)
    mirror_if_wanted(opened.settings.serving, governance, warn)
    typer.echo(f"in force: {promotion.current}")


def _sign(
    workspace: WorkspaceOption, update_id: str, actor: str, decision: Literal["approve", "reject"], reason: str
) -> None:
    from clinical_sdft.commands.browser import fetch_id_token
    from governance.services import commands, queries

    governance = governed(workspace)
    bundle = queries.update_detail(governance, update_id).bundle_digest
    password = code = id_token = None
    if queries.proofs_of(governance, actor)["oidc"] == "enrolled":
        id_token = fetch_id_token(governance, actor, update_id, bundle, decision)
    else:
        password, code = ask_password(actor), ask_code(governance, actor)
    signature = commands.sign(
        governance,
        update_id=update_id,
        username=actor,
        password=password,
        code=code,
        id_token=id_token,
        decision=decision,
        reason=reason,
        bundle=bundle,
    )
    after = queries.update_detail(governance, update_id)
    typer.echo(f"{signature.printed_name}, {signature.signed_at:%Y-%m-%d %H:%M:%S} UTC: {signature.meaning}")
    typer.echo(f"{update_id}: {after.status}" + "".join(f"; missing: {item}" for item in after.missing))
