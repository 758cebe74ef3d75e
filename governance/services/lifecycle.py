"""The life of an update: judged, submitted, promoted once signed, and rolled back when need be."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from data_contracts import (
    Digest,
    GateDecision,
    GatePolicy,
    Promotion,
    Suite,
    SuiteScores,
    UpdateBundle,
    UpdateStatus,
    Verdict,
    sha256_digest,
    short,
)
from governance.approvals import roles
from governance.audit import log
from governance.audit.errors import WitnessError
from governance.errors import GovernanceError
from governance.registry import marks, promotions, updates
from governance.registry import suites as sealed
from governance.registry.errors import NotFoundError, PromotionError, SubmissionError
from governance.registry.pointer import sync_pointer
from governance.registry.records import load_update
from governance.registry.submission import check_bundle
from governance.services.handle import Governance
from governance.services.sealing import seal
from governance.services.serving import place_in_force
from governance.store.database import reading, writing
from governance.store.tables import instant_text

PROMOTION_ACTIONS = {"install": "model-installed", "promote": "update-promoted", "rollback": "model-rolled-back"}


def judge(
    gov: Governance,
    *,
    policy: GatePolicy,
    arm: str,
    incumbent: Sequence[SuiteScores],
    candidate: Sequence[SuiteScores],
    suites: Sequence[Suite],
    new_suite_id: str,
    update_id: str,
    actor: str,
    spend: bool = True,
) -> GateDecision:
    """Let the gate decide on a candidate; the same inputs give the stored decision and spend nothing.

    The attempt is 1 + the number of other candidates of this line of models that the most-spent of the prior
    suites has judged before. A decision of ERROR spends nothing: it says nothing about the suites.

    Args:
        gov: the workspace.
        policy: margins and error bound.
        arm: name of the arm that made the candidate.
        incumbent: scores of the model in force, one per suite.
        candidate: scores of the candidate, one per suite.
        suites: the sealed suites, the new one included.
        new_suite_id: which of them asks for the new knowledge.
        update_id: the update this belongs to.
        actor: who asks.
        spend: False for a control arm: attempt 1, nothing spent, and never promotable.

    Raises:
        SubmissionError: there are no scores, or no such suite.
    """
    from governance.gate import decide

    inputs = _inputs(policy, arm, incumbent, candidate, suites, new_suite_id, control=not spend)
    for contract in (policy, *suites, *incumbent, *candidate):
        gov.objects.put_contract(contract)
    while True:
        with reading(gov.engine) as connection:
            if stored := updates.decision_on(connection, inputs):
                return GateDecision.from_bytes(gov.objects.get(stored.digest))
            attempt = _attempt(connection, inputs)
        decision = decide(
            policy=policy,
            arm=arm,
            incumbent=incumbent,
            candidate=candidate,
            suites=suites,
            new_suite_id=new_suite_id,
            attempt=attempt,
        )
        if _remember(gov, inputs, decision, update_id, actor):
            return decision


def _attempt(connection: Connection, inputs: updates.Inputs) -> int:
    if inputs.control:
        return 1
    line = promotions.lineage(connection, inputs.incumbent)
    return sealed.attempt(connection, inputs.prior_suites, line, inputs.candidate)


def _remember(gov: Governance, inputs: updates.Inputs, decision: GateDecision, update_id: str, actor: str) -> bool:
    """Store a decision; False when meanwhile another one over these suites made its attempt number stale."""
    with writing(gov.engine) as connection:
        if updates.decision_on(connection, inputs) or _attempt(connection, inputs) != decision.attempt:
            return False
        digest = gov.objects.put_contract(decision)
        updates.add_decision(connection, inputs, digest, update_id, decision.verdict)
        if not inputs.control and decision.verdict is not Verdict.ERROR:
            line = promotions.lineage(connection, inputs.incumbent)
            sealed.spend(connection, inputs.prior_suites, line, inputs.candidate, decision.attempt)
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="gate-decided",
            subject=digest,
            update_id=update_id,
            details={
                "inputs": sha256_digest(inputs.canonical_bytes()),
                "verdict": decision.verdict.value,
                "arm": decision.arm,
                "attempt": decision.attempt,
                "control": inputs.control,
            },
        )
    return True


def submit_update(gov: Governance, bundle: UpdateBundle) -> UpdateStatus:
    """Hand a bundle in for review; handing in the same one again changes nothing.

    Returns:
        WAITING when the gate said PASS, else BLOCKED (a control arm always is).

    Raises:
        SubmissionError: the bundle does not hang together, or its id names another one.
        ConflictError: its incumbent is not the model in force.
        MissingObjectError: an object it names is not stored.
    """
    gov.objects.put_contract(bundle)
    with writing(gov.engine) as connection:
        moment = log.now(connection, gov.clock)
        if updates.add_update(connection, bundle, instant_text(moment)):
            check_bundle(connection, gov.objects, bundle)
            status = updates.status(connection, updates.find_update(connection, bundle.update_id))
            log.append(
                connection,
                gov.clock,
                actor=bundle.requester,
                action="update-submitted",
                subject=bundle.digest,
                update_id=bundle.update_id,
                details={
                    "status": status.value,
                    "decision": bundle.decision,
                    "submitted_at": instant_text(moment),
                },
            )
        return updates.status(connection, updates.find_update(connection, bundle.update_id))


def install_model(gov: Governance, *, model: Digest, adapter: Digest, actor: str, reason: str) -> Promotion:
    """Put the first model in force; installing it again changes nothing.

    Raises:
        PromotionError: another model is in force; every later one must pass the gate.
    """
    with writing(gov.engine) as connection:
        found = promotions.current(connection)
        if found and (found.current, found.adapter) == (model, adapter):
            return found
        if found:
            raise PromotionError(
                f"registry: {short(found.current)} is in force; submit {short(model)} as an update instead"
            )
        promotion = _swap(
            gov,
            connection,
            kind="install",
            previous=None,
            current=model,
            adapter=adapter,
            update_id=None,
            actor=actor,
            reason=reason,
        )
    publish(gov)
    return promotion


def promote(gov: Governance, *, update_id: str, actor: str) -> Promotion:
    """Put an approved candidate in force, in one transaction with the log; its new suite joins the prior ones.

    Promoting the update that is in force already changes nothing, so an interrupted promotion can be repeated.

    Raises:
        RoleError: the actor is neither approver nor administrator.
        PromotionError: the update is not approved, or its version is retired.
        ConflictError: its incumbent is no longer the model in force.
        NotFoundError: there is no such update.
    """
    with writing(gov.engine) as connection:
        roles.require(connection, actor, "promote")
        record = load_update(connection, gov.objects, update_id)
        bundle, found = record.bundle, promotions.current(connection)
        if record.promotion is not None and record.promotion == found:
            promotion = found
        elif record.status is not UpdateStatus.APPROVED:
            raise PromotionError(f"update {update_id}: is {record.status.value}; only an approved one is promoted")
        else:
            names = " and ".join(entry.signature.printed_name for entry in record.signed)
            promotion = _swap(
                gov,
                connection,
                kind="promote",
                previous=bundle.incumbent,
                current=bundle.candidate,
                adapter=bundle.adapter,
                update_id=update_id,
                actor=actor,
                reason=f"approved by {names}",
            )
            if sealed.join_priors(connection, record.suites[0]):
                log.append(
                    connection,
                    gov.clock,
                    actor=actor,
                    action="suite-joined-prior",
                    subject=bundle.new_suite,
                    update_id=update_id,
                    details={"kind": "prior", "suite_id": record.suites[0].id},
                )
    publish(gov)
    return promotion


def rollback(gov: Governance, *, model: Digest, actor: str, reason: str) -> Promotion:
    """Put a model in force again that was before; the door has asked the actor for a fresh proof of identity.

    Raises:
        RoleError: the actor is neither approver nor administrator.
        NotFoundError: it never was in force.
        PromotionError: it is in force now, or retired.
    """
    with writing(gov.engine) as connection:
        roles.require(connection, actor, "roll back")
        line = promotions.history(connection)
        earlier = next((entry for entry in reversed(line) if entry.current == model), None)
        if earlier is None:
            raise NotFoundError(f"registry: {short(model)} never was in force; roll back to one that was")
        if line[-1].current == model:
            raise PromotionError(f"registry: {short(model)} is in force now; nothing to roll back")
        promotion = _swap(
            gov,
            connection,
            kind="rollback",
            previous=line[-1].current,
            current=model,
            adapter=earlier.adapter,
            update_id=None,
            actor=actor,
            reason=reason,
        )
    publish(gov)
    return promotion


def publish(gov: Governance) -> None:
    """Place the adapter in force for servers, bring the serving pointer up to date and sign the head of the log.

    Neither an adapter that cannot be placed nor a witness that cannot be reached undoes a promotion that is committed:
    handing the adapter off says what is wrong with it; the witness's failure becomes an event, and the next checkpoint
    covers these events too.
    """
    with suppress(GovernanceError):
        place_in_force(gov)
    sync_pointer(gov.engine, gov.serving)
    try:
        seal(gov)
    except WitnessError:
        with writing(gov.engine) as connection:
            log.append(connection, gov.clock, actor="system", action="checkpoint-failed")


def _swap(gov: Governance, connection: Connection, **fields: Any) -> Promotion:
    if not fields["reason"].strip():
        raise PromotionError("registry: say why this model shall be in force")
    marks.refuse_retired(connection, fields["current"])
    moment = log.now(connection, gov.clock)
    promotion = Promotion(valid_from=moment, **fields)
    promotions.swap(connection, promotion, moment)
    log.append(
        connection,
        gov.clock,
        actor=promotion.actor,
        action=PROMOTION_ACTIONS[promotion.kind],
        subject=promotion.digest,
        update_id=promotion.update_id,
        details={"previous": promotion.previous, "current": promotion.current},
    )
    return promotion


def _inputs(
    policy: GatePolicy,
    arm: str,
    incumbent: Sequence[SuiteScores],
    candidate: Sequence[SuiteScores],
    suites: Sequence[Suite],
    new_suite_id: str,
    *,
    control: bool,
) -> updates.Inputs:
    new = [suite.digest for suite in suites if suite.id == new_suite_id]
    if len(new) != 1 or not incumbent or not candidate:
        raise SubmissionError(f"gate: give scores of both models, and one suite with the id {new_suite_id}")
    return updates.Inputs(
        arm=arm,
        policy=policy.digest,
        incumbent=incumbent[0].model,
        candidate=candidate[0].model,
        new_suite=new[0],
        prior_suites=tuple(suite.digest for suite in suites if suite.id != new_suite_id),
        incumbent_scores=tuple(scores.digest for scores in incumbent),
        candidate_scores=tuple(scores.digest for scores in candidate),
        control=control,
    )
