"""Proofs of identity beside the password: `people enroll-totp`, `reset-totp`, `link-oidc`, `unlink-oidc`."""

from typing import Annotated

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    ReasonOption,
    WorkspaceOption,
    ask_code,
    ask_password,
    err,
    governed,
    known_actor,
    prove,
)

UsernameArgument = Annotated[str, typer.Argument(help="Username of the person.")]


def enroll_totp(username: UsernameArgument, workspace: WorkspaceOption = DEFAULT_WORKSPACE) -> None:
    """Enrol your second factor (TOTP): the secret is shown once, and a code confirms that your app took it.

    From then on every signature asks for a code, and each code counts once. Asks for your password first, and where
    you replace a factor, for a code of the old one.
    """
    from governance.services import commands

    governance = governed(workspace)
    known_actor(governance, username)
    password, old_code = ask_password(username), ask_code(governance, username)
    fresh = commands.new_totp(username)
    err.print("Give this to your authenticator app; it is shown only now:", highlight=False)
    typer.echo(fresh.uri)
    code = str(typer.prompt("Code that the app shows for it", err=True))
    commands.enroll_totp(
        governance, username=username, password=password, secret=fresh.secret, code=code, old_code=old_code
    )
    typer.echo(f"{username}: enrolled; signatures ask for a code from now on. Wait for the next code before you sign.")


def reset_totp(
    username: UsernameArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Take back a lost second factor, as an administrator; its owner signs nothing before enrolling another."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "reset a second factor"), "reset")
    commands.reset_totp(governance, username=username, by=by, reason=reason)
    typer.echo(f"{username}: the second factor is taken back; enrol anew with `clinical-sdft people enroll-totp`")


def link_oidc(
    username: UsernameArgument,
    subject: Annotated[str, typer.Option(help="The person's `sub` at the identity provider of [governance.oidc].")],
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Say who a person is at the hospital's identity provider; from then on the person signs through it alone."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "link an identity"), "reset")
    commands.link_identity(governance, username=username, subject=subject, by=by, reason=reason)
    typer.echo(f"{username}: signs through the identity provider from now on")


def unlink_oidc(
    username: UsernameArgument,
    reason: ReasonOption,
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Take that back; the person signs with password and code again."""
    from governance.services import commands

    governance = governed(workspace)
    by = prove(governance, known_actor(governance, actor, "link an identity"), "reset")
    commands.link_identity(governance, username=username, subject=None, by=by, reason=reason)
    typer.echo(f"{username}: no longer linked to the identity provider")
