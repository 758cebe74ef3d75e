"""What commands share: where the workspace is, who acts, and how results are printed."""

import getpass
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from clinical_sdft.errors import InputError

if TYPE_CHECKING:
    from clinical_sdft.workspace import Workspace
    from governance.services.handle import Governance
    from governance.services.identity import Purpose
    from governance.services.views import Act, Proven

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLINICAL_SDFT_WORKSPACE", help="Folder of the workspace."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
ActorOption = Annotated[
    str, typer.Option("--as", envvar="CLINICAL_SDFT_USER", help="Who acts: a username of this workspace.")
]

ReasonOption = Annotated[str, typer.Option(help="Why, in your words; it is kept for good.")]

DEFAULT_WORKSPACE = Path(".")
out = Console()
err = Console(stderr=True)


def open_both(root: Path) -> "tuple[Workspace, Governance]":
    """Open a workspace and its governance store."""
    from clinical_sdft.workspace import Workspace
    from governance.services.handle import open_governance, time_stamp_authority

    workspace = Workspace(root)
    settings = workspace.settings
    authority = time_stamp_authority(root, settings.time_stamp_url, settings.time_stamp_roots)
    return workspace, open_governance(root, database_url=settings.database_url, authority=authority)


def governed(root: Path) -> "Governance":
    """Open the governance store of a workspace."""
    return open_both(root)[1]


def known_actor(governance: "Governance", username: str, act: "Act | None" = None) -> str:
    """Return the username if it is a person of this workspace who may act so.

    Raises:
        InputError: nobody has that name here, or the person's roles do not allow it.
    """
    from governance.services import queries
    from governance.services.views import ALLOWED, may

    people = {person.username: person for person in queries.people(governance)}
    if username not in people:
        raise InputError(
            f"--as {username}: no such person here; known: {', '.join(people) or 'nobody'}; add one with "
            "`clinical-sdft people add`"
        )
    if act is not None and not may(people[username], act):
        raise InputError(f"--as {username}: may not {act}; that takes the role {' or '.join(ALLOWED[act])}")
    return username


def reader(governance: "Governance", username: str | None) -> str:
    """Return who reads: a person of this workspace, or the account of the machine where nobody is named.

    Raises:
        InputError: nobody has that name here.
    """
    if username:
        return known_actor(governance, username)
    try:
        return f"machine account {getpass.getuser()}"
    except (KeyError, OSError):  # a container's number without a name
        return f"machine account {os.getuid()}"


def ask_password(username: str) -> str:
    """Return a password from CLINICAL_SDFT_PASSWORD, or ask for it without echo."""
    given = os.environ.get("CLINICAL_SDFT_PASSWORD")
    return given if given is not None else getpass.getpass(f"Password of {username}: ")


def ask_code(governance: "Governance", username: str) -> str | None:
    """Return the code of a person's second factor from CLINICAL_SDFT_TOTP, or ask for it; None where none is enrolled.

    It is shown while it is typed: it is worth nothing a minute later.
    """
    from governance.services import queries

    if queries.proofs_of(governance, username)["totp"] != "enrolled":
        return None
    given = os.environ.get("CLINICAL_SDFT_TOTP")
    return given if given is not None else str(typer.prompt(f"Code of {username}'s authenticator", err=True))


def prove(governance: "Governance", username: str, purpose: "Purpose") -> "Proven":
    """Ask who acts for a fresh proof: the password, and the code once a second factor is enrolled.

    Raises:
        SignInError: it does not hold.
    """
    from governance.services import commands

    password = ask_password(username)
    return commands.prove_now(governance, username, password, ask_code(governance, username), purpose=purpose)


def show(value: Any, as_json: bool, text: str) -> None:
    """Print `value` as JSON, or `text`."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
    else:
        out.print(text, highlight=False, markup=False, soft_wrap=True)
