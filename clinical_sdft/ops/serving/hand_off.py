"""Hand the model in force to the servers: verify, load, try out, switch, drain, unload.

Until the switch nothing that patients' questions reach has changed: a failure before it takes the new adapter off the
servers again and leaves the old one answering. After it a failure leaves the new one answering and the old one loaded,
which the next hand-off takes away. Every step asks the servers what they have, so a hand-off that was killed anywhere
is finished by starting it again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from clinical_sdft.errors import ClinicalSdftError, ServingError
from clinical_sdft.locks import held
from clinical_sdft.ops.serving.canary import Answering, CanaryResult, try_out
from clinical_sdft.ops.serving.settings import ServingSettings
from clinical_sdft.ops.serving.vllm import Card
from data_contracts import Decoding, Promotion
from governance.errors import GovernanceError
from governance.services import commands, queries
from governance.services.handle import Governance
from governance.services.views import PlacedAdapter, ServingState

POLL_SECONDS = 1.0
QUIET_LOOKS = 2
"""Looks in a row that must find no request: one may be on its way from a client that read the old route."""

Watch = Callable[[str], None]


class Server(Answering, Protocol):
    """A server that loads and unloads adapters at run time."""

    def models(self) -> dict[str, Card]:
        """Return what it offers."""
        ...

    def load(self, name: str, path: str, rank: int) -> bool:
        """Load an adapter; return False when it was there already."""
        ...

    def unload(self, name: str) -> bool:
        """Forget an adapter; return False when there was none."""
        ...

    def in_flight(self, names: frozenset[str]) -> bool | None:
        """Say whether requests to adapters run or wait; None when that cannot be known."""
        ...


@dataclass(frozen=True)
class HandOff:
    """What a hand-off came to."""

    name: str
    model: str
    servers: int
    loaded: int
    """Servers that loaded the adapter now; the others had it."""
    prompts: int
    """Canary prompts asked, all servers together."""
    recorded: int
    equal: int
    """Replies equal to the evaluation's, of the `recorded` ones it has."""
    unloaded: int
    drained: bool
    """Whether all requests to earlier adapters had ended before these were unloaded."""
    switched: bool
    """False when everything was as it must be already."""


@dataclass
class _Run:
    """A hand-off at work."""

    governance: Governance
    settings: ServingSettings
    servers: Sequence[Server]
    actor: str
    say: Watch
    sleep: Callable[[float], None]
    began: ServingState
    name: str = ""
    """What to ask the servers for."""
    having: list[Server] = field(default_factory=list)
    """Servers that have the adapter now."""
    fresh: list[Server] = field(default_factory=list)
    """Those of them that loaded it in this run."""

    @contextmanager
    def stage(self, stage: str, *, undo: bool) -> Iterator[None]:
        """Turn a failure into an event and one line that says what answers now."""
        try:
            yield
        except (ClinicalSdftError, GovernanceError, OSError) as error:
            rest = self._undo() if undo else f"{self.name} answers; hand off again to unload what it replaced"
            count, kind = len(self.servers), type(error).__name__
            commands.record_failure(self.governance, actor=self.actor, stage=stage, servers=count, error=kind)
            if isinstance(error, OSError):
                raise
            raise type(error)(f"{stage}: {error}; {rest}") from error
        except KeyboardInterrupt:
            if undo:
                self._undo()
            raise

    def _undo(self) -> str:
        """Take the new adapter off the servers that do not answer with it, and say what answers."""
        state = queries.serving_state(self.governance)
        if state.handed_off_at != self.began.handed_off_at:
            return f"{self.name} answers once route.json is written; hand off again"
        routed = state.name
        left = []
        for server in self.fresh if self.name == routed else self.having:
            try:
                server.unload(self.name)
            except ServingError:
                left.append(server.url)
        still = f"{routed} still answers" if routed else "no adapter was handed off before"
        return still + (f"; {self.name} may be left on {', '.join(left)}" if left else "")


def hand_off(
    governance: Governance,
    settings: ServingSettings,
    servers: Sequence[Server],
    *,
    actor: str,
    decoding: Decoding,
    say: Watch = lambda line: None,
    sleep: Callable[[float], None] = time.sleep,
) -> HandOff:
    """Let all servers answer with the model in force; where they do already, nothing changes.

    Args:
        governance: the workspace's governance.
        settings: how carefully.
        servers: all servers that answer for this model.
        actor: who hands off.
        decoding: how a model that was never evaluated here is asked.
        say: hears one line a step.
        sleep: waits so many seconds.

    Raises:
        IntegrityError: the adapter is not what its digest says; no server was asked anything.
        BlockedError: the canary; the old adapter still answers.
        ServingError: a server refuses or is gone.
        ConflictError: another model was put in force meanwhile.
        BusyError: another hand-off is at work.
    """
    with held(governance.serving / ".lock", f"serving of {governance.workspace}", "a hand-off"):
        run = _Run(governance, settings, servers, actor, say, sleep, queries.serving_state(governance))
        with run.stage("verify", undo=True):
            promotion, placed = commands.place_in_force(governance)
        with run.stage("load", undo=True):
            _load(run, placed)
        results = _switch(run, promotion, decoding)
        with run.stage("unload", undo=False):
            unloaded, drained = _retire(run, promotion)
        return HandOff(
            name=run.name,
            model=promotion.current,
            servers=len(servers),
            loaded=len(run.fresh),
            prompts=sum(result.asked for result in results),
            recorded=sum(result.recorded for result in results),
            equal=sum(result.equal for result in results),
            unloaded=unloaded,
            drained=drained,
            switched=bool(results),
        )


def _load(run: _Run, placed: PlacedAdapter | None) -> None:
    if placed is None:
        run.name = _base_name(run.servers)
        run.say(f"{run.name}: the base model alone is in force; there is no adapter to load")
        return
    run.name = placed.name
    run.say(f"{placed.name}: verified, rank {placed.rank}")
    root = run.settings.adapters_path.rstrip("/") or str(placed.folder.parent.resolve())
    for server in run.servers:
        loaded = server.load(placed.name, f"{root}/{placed.name}", placed.rank)
        run.having.append(server)
        if loaded:
            run.fresh.append(server)
        run.say(f"  {server.url}: {'loaded' if loaded else 'has it'}")


def _base_name(servers: Sequence[Server]) -> str:
    names = {next((name for name, card in one.models().items() if card.parent is None), "none") for one in servers}
    if len(names) != 1 or names == {"none"}:
        raise ServingError(f"base models of the servers: {', '.join(sorted(names))}; start all with the same one")
    return names.pop()


def _switch(run: _Run, promotion: Promotion, decoding: Decoding) -> list[CanaryResult]:
    """Try the servers out and point the route to the new name; nothing where that was done before."""
    if (run.began.promotion, run.began.name) == (promotion.digest, run.name) and not run.fresh:
        return []
    with run.stage("canary", undo=True):
        limit = run.settings.canary_prompts
        questions = queries.canary_questions(run.governance, promotion.current, limit, decoding)
        if not questions:
            raise ServingError("canary: no prior suite asks anything; add one with `clinical-sdft suite add`")
        results = []
        for server in run.servers:
            result = try_out(server, run.name, questions, run.settings.canary_agreement)
            run.say(f"  {server.url}: {result.asked} canary replies, {result.equal} of {result.recorded} as evaluated")
            results.append(result)
    with run.stage("switch", undo=True):
        commands.record_hand_off(
            run.governance,
            promotion,
            name=run.name,
            actor=run.actor,
            servers=len(run.servers),
            prompts=len(questions),
            equal=sum(result.equal for result in results),
        )
    run.say(f"  route.json names {run.name}")
    return results


def _retire(run: _Run, promotion: Promotion) -> tuple[int, bool]:
    """Wait for requests to earlier adapters, unload these, and return how many, and whether all requests had ended."""
    ours = queries.served_names(run.governance) - {run.name}
    old = [(server, names) for server in run.servers if (names := ours & server.models().keys())]
    if not old:
        return 0, True
    left, drained = run.settings.drain_seconds, True
    for server, names in old:
        ended, waited = _drain(run, server, names, left)
        left, drained = left - waited, drained and ended
        for name in sorted(names):
            server.unload(name)
            run.say(f"  {server.url}: {name} unloaded{'' if ended else ', though requests to it may have run'}")
    unloaded = sum(len(names) for _, names in old)
    commands.record_drained(run.governance, promotion, actor=run.actor, unloaded=unloaded, drained=drained)
    return unloaded, drained


def _drain(run: _Run, server: Server, names: frozenset[str], seconds: float) -> tuple[bool, float]:
    """Wait until no request to these adapters runs; return whether all ended, and how many seconds that took."""
    waited, quiet = 0.0, 0
    while True:
        quiet = quiet + 1 if server.in_flight(names) is False else 0
        if quiet == QUIET_LOOKS or waited >= seconds:
            return quiet == QUIET_LOOKS, waited
        run.sleep(POLL_SECONDS)
        waited += POLL_SECONDS
