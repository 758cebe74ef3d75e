"""A signature: a fresh proof of identity, then a decision on exactly what was shown (21 CFR 11.50, 11.70, 11.200)."""

from data_contracts import Digest, Signature
from governance.approvals import people, signatures
from governance.approvals.errors import SignatureError
from governance.approvals.id_token import Act
from governance.approvals.proving import Proven
from governance.audit import log
from governance.registry.records import load_update
from governance.services.handle import Governance
from governance.services.identity import prove_for_signature
from governance.store.database import writing


def sign(
    gov: Governance,
    *,
    update_id: str,
    username: str,
    decision: signatures.Decision,
    reason: str,
    bundle: Digest,
    password: str | None = None,
    code: str | None = None,
    id_token: str | None = None,
) -> Signature:
    """Sign an update after a fresh proof of identity; an earlier sign-in does not count.

    Args:
        gov: the workspace.
        update_id: the update.
        username: who signs.
        decision: approve or reject.
        reason: in the signer's words.
        bundle: digest of the bundle that was shown to the signer.
        password: as typed now.
        code: of the second factor, once one is enrolled.
        id_token: in place of both, of a person who is linked to the identity provider.

    Raises:
        SignInError: the proof does not hold, or the account waits.
        SignatureError: this person may not sign this, or not with this proof; the attempt is logged.
        NotFoundError: there is no such update.
    """
    act = Act(username, update_id, bundle, decision)
    try:
        proven = prove_for_signature(gov, act, password, code, id_token)
        return _sign(gov, proven, act, reason)
    except SignatureError:
        with writing(gov.engine) as connection:
            account = people.find(connection, username)
            actor = account.person.username if account else "unknown"
            log.append(connection, gov.clock, actor=actor, action="signature-refused", update_id=update_id)
        raise


def _sign(gov: Governance, proven: Proven, act: Act, reason: str) -> Signature:
    with writing(gov.engine) as connection:
        record = load_update(connection, gov.objects, act.update_id)
        account = people.find(connection, proven.person.username)
        if account is None or act.bundle != record.stored.bundle:
            raise SignatureError(f"signature on {act.update_id}: another bundle was shown; read the update again")
        person, granted = account.person, tuple(role for role in account.person.roles if role in proven.roles)
        signatures.refuse_signer(person, granted, record.bundle, record.status, record.signed, act.decision)
        moment = log.now(connection, gov.clock)
        signature = signatures.make(person, record.bundle, act.decision, reason, moment)
        signatures.add(connection, signature, granted)
        log.append(
            connection,
            gov.clock,
            actor=person.username,
            action="update-signed",
            subject=signature.digest,
            update_id=act.update_id,
            details={
                "decision": act.decision,
                "roles": signatures.join_roles(granted),
                "bundle": act.bundle,
                "proof": proven.how,
            },
        )
    return signature
