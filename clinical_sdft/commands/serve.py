"""From the registry to the servers: serve status, hand-off, mirror."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinical_sdft.commands.common import (
    DEFAULT_WORKSPACE,
    ActorOption,
    JsonOption,
    WorkspaceOption,
    err,
    known_actor,
    open_both,
    show,
)
from clinical_sdft.errors import InputError, ServingError

if TYPE_CHECKING:
    from clinical_sdft.ops.serving.hand_off import HandOff
    from clinical_sdft.ops.serving.settings import ServingSettings
    from clinical_sdft.ops.serving.vllm import VllmServer
    from clinical_sdft.workspace import Workspace
    from governance.services.views import PlacedAdapter, ServingState

serve = typer.Typer(help="The servers that answer with the model in force.", no_args_is_help=True)

ServerOption = Annotated[
    list[str] | None,
    typer.Option("--server", help="URL of a vLLM server; may be given several times. Default: as in the settings."),
]
KEY_VARIABLE = "CLINICAL_SDFT_VLLM_API_KEY"


@serve.command("status")
def serve_status(
    server: ServerOption = None, workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False
) -> None:
    """Say what is in force, what was handed off, and what the servers have. Exit 1: they are not in step.

    Exit 5: a file of the adapter was altered.
    """
    from clinical_sdft.ops.serving.vllm import needed_rank
    from governance.services import commands, queries

    opened, governance = open_both(workspace)
    servers = _servers(_settings(opened, server), needed=False)
    promotion, placed = commands.place_in_force(governance)
    state = queries.serving_state(governance)
    offers = [_offer(one, state) for one in servers]
    value = {
        "model": promotion.current,
        "adapter": promotion.adapter,
        "name": placed.name if placed else None,
        "rank": placed.rank if placed else None,
        "max_lora_rank": needed_rank(placed.rank) if placed else None,
        "route": state.name,
        "handed_off_at": state.handed_off_at,
        "in_step": state.in_step,
        "servers": offers,
    }
    show(value, as_json, "\n".join(_status_lines(state, placed, offers)))
    if not (state.in_step and all(offer["answers"] for offer in offers)):
        raise typer.Exit(1)


@serve.command("hand-off")
def serve_hand_off(
    actor: ActorOption,
    server: ServerOption = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Let the servers answer with the model in force: verify, load, try out, switch, drain, unload.

    Start it as often as you like; where all is as it must be it changes nothing. Exit 3: the canary fails. Exit 5: the
    adapter is not what its digest says. Exit 1: a server refuses or is gone. What answered before still answers then.
    """
    from clinical_sdft.ops.serving.hand_off import hand_off
    from clinical_sdft.ops.serving.mlflow_mirror import mirror_if_wanted
    from data_contracts import Decoding
    from governance.services import commands

    opened, governance = open_both(workspace)
    settings = _settings(opened, server)
    done = hand_off(
        governance,
        settings,
        _servers(settings),
        actor=known_actor(governance, actor),
        decoding=Decoding(max_new_tokens=opened.settings.reply_tokens, system_prompt=opened.settings.system_prompt),
        say=warn,
    )
    if done.switched or done.unloaded:
        commands.checkpoint(governance)
    mirror_if_wanted(settings, governance, warn)
    show(vars(done), as_json, _hand_off_line(done))


@serve.command("mirror")
def serve_mirror(workspace: WorkspaceOption = DEFAULT_WORKSPACE, as_json: JsonOption = False) -> None:
    """Show every version that was in force in MLflow, and put its alias `current` on the one that is."""
    from clinical_sdft.ops.serving.mlflow_mirror import ALIAS, mirror

    opened, governance = open_both(workspace)
    serving = opened.settings.serving
    if not serving.mlflow_uri:
        raise InputError("mirror: no MLflow is named; set mlflow_uri under [serving] in config.toml")
    done = mirror(governance, serving.mlflow_uri, serving.mlflow_name)
    line = (
        f"{serving.mlflow_name}: {done.versions} versions, {done.added} new; {ALIAS} is {done.current}" if done else ""
    )
    show(vars(done) if done else None, as_json, line or "no model is in force yet")


def warn(line: str) -> None:
    """Print a line for people that is not the result."""
    err.print(line, highlight=False, markup=False, soft_wrap=True)


def _settings(workspace: "Workspace", servers: list[str] | None) -> "ServingSettings":
    from pydantic import ValidationError

    from clinical_sdft.ops.serving.settings import ServingSettings
    from clinical_sdft.validation import first_problem

    settings = workspace.settings.serving
    try:
        return ServingSettings(**settings.model_dump() | {"servers": servers}) if servers else settings
    except ValidationError as error:
        raise InputError(f"--server: {first_problem(error)}") from error


def _servers(settings: "ServingSettings", *, needed: bool = True) -> "list[VllmServer]":
    from clinical_sdft.ops.serving.http import Connection
    from clinical_sdft.ops.serving.vllm import VllmServer

    if needed and not settings.servers:
        raise InputError(
            "no server is named; give --server http://host:8000, or servers under [serving] in config.toml"
        )
    key = os.environ.get(KEY_VARIABLE)
    return [VllmServer(Connection(url.rstrip("/"), settings.answer_seconds, key)) for url in settings.servers]


def _offer(server: "VllmServer", state: "ServingState") -> dict[str, Any]:
    """Return what a server has: whether it answers under the route's name, and all names it offers."""
    try:
        names = sorted(server.models())
    except ServingError as error:
        return {"url": server.url, "answers": False, "names": [], "problem": str(error)}
    return {"url": server.url, "answers": state.name in names, "names": names, "problem": None}


def _status_lines(state: "ServingState", placed: "PlacedAdapter | None", offers: list[dict[str, Any]]) -> list[str]:
    from clinical_sdft.ops.serving.vllm import needed_rank

    if placed is None:
        lines = ["in force    the base model alone"]
    else:
        flag = f"--max-lora-rank {needed_rank(placed.rank)}"
        lines = [f"in force    {placed.name}", f"  verified, rank {placed.rank} (vLLM: {flag}), in {placed.folder}"]
    lines.append(f"handed off  {state.name or 'nothing yet'}")
    if not state.in_step:
        lines.append("  not the one in force; run `clinical-sdft serve hand-off`")
    for offer in offers:
        has = f"has {', '.join(offer['names'])}" if not offer["problem"] else offer["problem"]
        lines.append(f"{'ok  ' if offer['answers'] else 'FAIL'}        {offer['url']}: {has}")
    return lines


def _hand_off_line(done: "HandOff") -> str:
    servers = f"{done.servers} server{'s' if done.servers != 1 else ''}"
    if not done.switched:
        return f"{done.name}: answered on {servers} before; {done.unloaded} earlier adapters unloaded"
    replies = f"{done.prompts} canary replies, {done.equal} of {done.recorded} as evaluated"
    return f"{done.name}: answers on {servers}; {replies}; {done.unloaded} earlier adapters unloaded"
