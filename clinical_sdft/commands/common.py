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

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="CLINICAL_SDFT_WORKSPACE", help="Folder of the workspace."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
ActorOption = Annotated[
    str, typer.Option("--as", envvar="CLINICAL_SDFT_USER", help="Who acts: a username of this workspace.")
]

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


def known_actor(governance: "Governance", username: str) -> str:
    """Return the username if it is a person of this workspace.

    Raises:
        InputError: nobody has that name here.
    """
    from governance.services import queries

    names = [person.username for person in queries.people(governance)]
    if username not in names:
        raise InputError(
            f"--as {username}: no such person here; known: {', '.join(names) or 'nobody'}; add one with "
            "`clinical-sdft people add`"
        )
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


def show(value: Any, as_json: bool, text: str) -> None:
    """Print `value` as JSON, or `text`."""
    if as_json:
        typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
    else:
        out.print(text, highlight=False, markup=False, soft_wrap=True)
