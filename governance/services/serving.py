"""What a hand-off to servers needs of governance: the verified adapter, questions to try it on, and its memory.

Governance talks to no server. It says what may be loaded, and writes down what came of it.
"""

from collections.abc import Iterator
from itertools import chain, zip_longest

from data_contracts import Decoding, Digest, ItemScore, Promotion, Suite, SuiteScores
from governance.audit import log
from governance.registry import promotions, suites
from governance.registry.adapters import PlacedAdapter, adapter_name, place_adapter
from governance.registry.errors import ConflictError, NotFoundError
from governance.registry.pointer import HANDED_OFF, last_hand_off, sync_pointer
from governance.registry.records import UpdateRecord, load_update
from governance.registry.updates import all_updates
from governance.services.handle import Governance
from governance.services.views import CanaryQuestion, ServingState
from governance.store.database import reading, writing

SERVING_ACTIONS = frozenset({HANDED_OFF, "serving-failed", "serving-drained"})

_Row = tuple[Suite, SuiteScores, ItemScore]


def serving_state(gov: Governance) -> ServingState:
    """Return which model is in force, and which one was handed off last."""
    with reading(gov.engine) as connection:
        in_force, event = promotions.current(connection), last_hand_off(connection)
    if event is None:
        return ServingState(in_force, None, None, None)
    return ServingState(in_force, str(event.details["name"]), event.subject, event.recorded_at)


def place_in_force(gov: Governance) -> tuple[Promotion, PlacedAdapter | None]:
    """Put the adapter of the model in force where servers load it, hash it, and return both.

    Returns:
        The promotion that put the model in force; its adapter, or None when the model is its base alone.

    Raises:
        NotFoundError: no model is in force.
        MissingObjectError, IntegrityError, AdapterError: as `place_adapter` says.
    """
    with reading(gov.engine) as connection:
        promotion = promotions.current(connection)
    if promotion is None:
        raise NotFoundError("registry: no model is in force; run `clinical-sdft init` first")
    return promotion, place_adapter(gov.objects, gov.serving, promotion.adapter)


def served_names(gov: Governance) -> frozenset[str]:
    """Return the names of all adapters that ever were in force: on a server, these and no others are ours."""
    with reading(gov.engine) as connection:
        return frozenset(adapter_name(entry.adapter) for entry in promotions.history(connection))


def record_hand_off(
    gov: Governance, promotion: Promotion, *, name: str, actor: str, servers: int, prompts: int, equal: int
) -> None:
    """Write down that servers answer under a name from now on, and point the route there.

    Args:
        gov: the workspace.
        promotion: what put the model in force.
        name: what to ask the servers for.
        actor: who hands off.
        servers: number of servers.
        prompts: canary prompts that each of them answered.
        equal: how many replies, over all servers, were those of the evaluation.

    Raises:
        ConflictError: another model was put in force meanwhile.
    """
    with writing(gov.engine) as connection:
        found = promotions.current(connection)
        if found != promotion:
            raise ConflictError("registry: another model was put in force meanwhile; hand off again")
        details = {"name": name, "model": promotion.current, "adapter": promotion.adapter}
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action=HANDED_OFF,
            subject=promotion.digest,
            update_id=promotion.update_id,
            details=details | {"servers": servers, "prompts": prompts, "equal": equal},
        )
    sync_pointer(gov.engine, gov.serving)


def record_failure(gov: Governance, *, actor: str, stage: str, servers: int, error: str) -> None:
    """Write down that a hand-off failed.

    Args:
        gov: the workspace.
        actor: who tried.
        stage: `verify`, `load`, `canary`, `switch` or `unload`.
        servers: number of servers.
        error: kind of the error, not its text.
    """
    with writing(gov.engine) as connection:
        found = promotions.current(connection)
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="serving-failed",
            subject=found.digest if found else None,
            update_id=found.update_id if found else None,
            details={"stage": stage, "servers": servers, "error": error},
        )


def record_drained(gov: Governance, promotion: Promotion, *, actor: str, unloaded: int, drained: bool) -> None:
    """Write down that earlier adapters were taken from the servers.

    Args:
        gov: the workspace.
        promotion: what is in force instead.
        actor: who handed off.
        unloaded: adapters taken from servers, each server counted.
        drained: whether all requests to them had ended before.
    """
    with writing(gov.engine) as connection:
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="serving-drained",
            subject=promotion.digest,
            update_id=promotion.update_id,
            details={"unloaded": unloaded, "drained": drained},
        )


def canary_questions(gov: Governance, model: Digest, limit: int, fallback: Decoding) -> tuple[CanaryQuestion, ...]:
    """Return questions that show whether a server answers as the evaluated model did.

    Half of them are ones whose reply the update changed, where there are any: only they can tell whether the adapter is
    at work. The others go round the suites. An item that was answered by choosing has no written reply to compare with;
    such are asked only where there is nothing else, and plain prompts never: a server is asked in chats.

    Args:
        gov: the workspace.
        model: the version that shall answer.
        limit: at most so many.
        fallback: decoding for a version that was never evaluated here; then the prior suites ask, and no reply is
            known.
    """
    with reading(gov.engine) as connection:
        records = [load_update(connection, gov.objects, update.update_id) for update in all_updates(connection)]
        digests = suites.priors(connection)
    judged = [r for r in records if r.bundle.candidate == model] + [r for r in records if r.bundle.incumbent == model]
    if not judged:
        priors = (Suite.from_bytes(gov.objects.get(digest)) for digest in digests)
        rounds = _round_robin([_unevaluated(one, fallback) for one in priors])
        return tuple(rounds)[:limit]
    changed, same = _evaluated(judged[0], model)
    if not changed and not same:
        return tuple(_round_robin([_unevaluated(one, fallback) for one in judged[0].suites]))[:limit]
    first = changed[: max(limit // 2, limit - len(same))]
    return tuple((first + same)[:limit])


def _evaluated(record: UpdateRecord, model: Digest) -> tuple[list[CanaryQuestion], list[CanaryQuestion]]:
    """Return the questions an update was judged on: those it changed the reply to, and the others."""
    own, other = record.candidate_scores, record.incumbent_scores
    if model != record.bundle.candidate:
        own, other = other, own
    replies = {(scores.suite, score.item): score.reply for scores in other for score in scores.scores}
    by_digest = {suite.digest: suite for suite in record.suites}
    changed: list[list[CanaryQuestion]] = []
    same: list[list[CanaryQuestion]] = []
    for scores in own:
        suite = by_digest[scores.suite]
        written = {item.id for item in suite.items if item.form == "chat" and item.scorer.kind != "choice"}
        changed.append([])
        same.append([])
        for score in (score for score in scores.scores if score.item in written):
            differs = replies.get((scores.suite, score.item)) != score.reply
            (changed if differs else same)[-1].append(_question(suite, score.item, score.reply, scores.decoding))
    return list(_round_robin(changed)), list(_round_robin(same))


def _question(suite: Suite, item_id: str, reply: str | None, decoding: Decoding) -> CanaryQuestion:
    item = next(item for item in suite.items if item.id == item_id)
    prompt, tokens = decoding.system_prompt, decoding.max_new_tokens
    return CanaryQuestion(suite.id, item_id, item.question, prompt, tokens, reply, item.turns)


def _unevaluated(suite: Suite, decoding: Decoding) -> list[CanaryQuestion]:
    """Return the questions of a suite that a chat server can be asked, with no reply to compare with."""
    return [_question(suite, item.id, None, decoding) for item in suite.items if item.form == "chat"]


def _round_robin(lists: list[list[CanaryQuestion]]) -> Iterator[CanaryQuestion]:
    return (one for one in chain.from_iterable(zip_longest(*lists)) if one is not None)
