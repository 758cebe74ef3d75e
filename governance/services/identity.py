"""Proofs of identity: people and their passwords, second factors, and the hospital's identity provider."""

from typing import Literal

from sqlalchemy import Connection

from data_contracts import Digest, Person, sha256_digest
from data_contracts.governance import DetailValue
from governance.approvals import credentials, id_token, oidc_login, people, roles, totp
from governance.approvals.errors import PersonError, ProviderError, SignatureError
from governance.approvals.id_token import Act, IdTokenProof
from governance.approvals.oidc import Provider
from governance.approvals.oidc_login import Login
from governance.approvals.proving import PasswordProof, Proof, Proven, prove
from governance.approvals.totp import NewTotp
from governance.approvals.vault import Vault, open_vault
from governance.audit import log
from governance.services.handle import Governance
from governance.store.database import reading, writing

Purpose = Literal[
    "signature", "enrolment", "reset", "rollback", "retirement", "hold", "retention", "acceptance", "quarantine",
    "reidentification", "conflict", "suite", "order",
]  # fmt: skip


def add_person(gov: Governance, person: Person, password: str, *, actor: str) -> None:
    """Add a person with a password.

    Raises:
        PersonError: the username is taken, or the password has fewer than 12 characters.
        RoleError: there is an administrator, and the actor is none.
    """
    with writing(gov.engine) as connection:
        roles.require_administrator(connection, actor)
        account = people.add(connection, person, password)
        log.append(
            connection,
            gov.clock,
            actor=actor,
            action="person-added",
            subject=person.digest,
            details={"username": person.username, "credential": people.credential(account)},
        )


def authenticate(gov: Governance, username: str, password: str) -> Person:
    """Return the person who signs in to look around; what changes something asks for a fresh proof (`prove_now`).

    Raises:
        SignInError: username and password do not belong together, or (AccountWaitsError) the account waits.
    """
    return prove(gov.engine, gov.clock, username, PasswordProof(password), purpose="sign-in").person


def prove_now(gov: Governance, username: str, password: str, code: str | None, *, purpose: Purpose) -> Proven:
    """Return the person who proves, afresh, who acts: password, and a code once a second factor is enrolled.

    Raises:
        SignInError: they do not belong together, or (AccountWaitsError) the account waits.
        SignatureError: the person must enrol a second factor first.
        VaultError: the second factor's key is not there.
    """
    proof = PasswordProof(password, code, lambda: vault_of(gov))
    proven = prove(gov.engine, gov.clock, username, proof, purpose=purpose)
    totp_state = proofs_of(gov, username)["totp"]
    lacking = totp_state == "withdrawn" or (gov.rules.require_totp and totp_state == "none")
    if lacking and purpose != "enrolment":
        name = proven.person.username
        raise SignatureError(f"{purpose}: {name} must enrol a second factor first, `clinical-sdft people enroll-totp`")
    return proven


def prove_for_signature(gov: Governance, act: Act, password: str | None, code: str | None, token: str | None) -> Proven:
    """Return the signer, proved as the rules ask for it: never by less than what the person is bound to.

    Raises:
        SignInError: the proof does not hold, or the account waits.
        SignatureError: this person must prove it in another way.
    """
    if token is not None:
        proof: Proof = IdTokenProof(token, act, provider_of(gov), vault_of(gov), gov.clock)
        return prove(gov.engine, gov.clock, act.username, proof, purpose="signature")
    proven = prove_now(gov, act.username, password or "", code, purpose="signature")
    if proofs_of(gov, act.username)["oidc"] == "enrolled":
        where = f"signature on {act.update_id}"
        raise SignatureError(f"{where}: {act.username} signs through the identity provider; sign in there")
    return proven


def proofs_of(gov: Governance, username: str) -> dict[credentials.Kind, credentials.State]:
    """Return which proofs a person is bound to beside the password; of nobody for an unknown name."""
    kinds: tuple[credentials.Kind, ...] = ("totp", "oidc")
    with reading(gov.engine) as connection:
        account = people.find(connection, username)
        name = account.person.username if account else ""
        return {kind: credentials.state(connection, name, kind) for kind in kinds}


def new_totp(username: str) -> NewTotp:
    """Return a fresh secret for an authenticator app; nothing is kept of it until `enroll_totp`."""
    return totp.new(username)


def enroll_totp(
    gov: Governance, *, username: str, password: str, secret: str, code: str, old_code: str | None = None
) -> None:
    """Bind a person to a second factor; from now on nothing is signed without its code.

    Args:
        gov: the workspace.
        username: whose factor it is.
        password: as typed now.
        secret: as `new_totp` gave it.
        code: what the authenticator shows; proves that it took the secret. It is used up.
        old_code: of the factor before, where one is replaced.

    Raises:
        SignInError: the proof does not hold.
        PersonError: the code is not of this secret.
    """
    totp.check_secret(username, secret)
    username = prove_now(gov, username, password, old_code, purpose="enrolment").person.username
    vault = vault_of(gov)
    with writing(gov.engine) as connection:
        step = totp.step_of(secret, code, gov.clock())
        proof = f"totp:{step}"
        if step is None or not credentials.use(connection, username, proof, step):
            raise PersonError(
                f"person {username}: not a fresh code of this secret; look at the clocks, take the next code"
            )
        said = {"purpose": "enrolment", "proof": proof}
        log.append(connection, gov.clock, actor=username, action="proof-accepted", details=said)
        sealed = vault.seal(secret.encode(), username)
        _add_credential(gov, connection, "totp-enrolled", username, "totp", sealed, actor=username)


def reset_totp(gov: Governance, *, username: str, by: Proven, reason: str) -> None:
    """Take a lost second factor back; its owner signs nothing before enrolling another.

    Raises:
        RoleError: who acts is no administrator.
        PersonError: it is one's own, or there is none; or there is no reason.
    """
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "reset", "reset a second factor")
        account = people.find(connection, username)
        if account is None or credentials.state(connection, account.person.username, "totp") != "enrolled":
            raise PersonError(f"person {username}: has no second factor to reset")
        if account.person.username == actor:
            raise PersonError(f"person {username}: another administrator resets yours; or enrol anew with a code")
        owner = account.person.username
        _add_credential(gov, connection, "totp-reset", owner, "totp", credentials.WITHDRAWN, actor=actor, reason=reason)


def link_identity(gov: Governance, *, username: str, subject: str | None, by: Proven, reason: str) -> None:
    """Say which subject of the identity provider a person is, or (None) take that back.

    Raises:
        RoleError: who acts is no administrator.
        PersonError: nobody has this name, or somebody else is this subject; or there is no reason.
        ProviderError: the rules name no identity provider.
    """
    value = credentials.WITHDRAWN if subject is None else id_token.link(provider_of(gov).rules.issuer, subject)
    with writing(gov.engine) as connection:
        actor = acting(connection, by, "reset", "link an identity")
        account = people.find(connection, username)
        if account is None:
            raise PersonError(f"person {username}: no such person here; add one with `clinical-sdft people add`")
        owner = account.person.username
        others = [name for name in credentials.owners(connection, "oidc", value) if subject is not None]
        if others and others != [owner]:
            raise PersonError(f"person {username}: this subject is {others[0]} already; one subject is one person")
        action = "identity-unlinked" if subject is None else "identity-linked"
        _add_credential(gov, connection, action, owner, "oidc", value, actor=actor, reason=reason)


def begin_login(
    gov: Governance,
    *,
    username: str,
    update_id: str,
    bundle: Digest,
    decision: Literal["approve", "reject"],
    redirect_uri: str,
) -> Login:
    """Return a sign-in at the identity provider, good for one signature: by this person, on exactly this.

    Args:
        gov: the workspace.
        username: who signs.
        update_id: the update.
        bundle: digest of the bundle that is shown to the signer.
        decision: approve or reject.
        redirect_uri: where the provider sends the browser back to.

    Raises:
        ProviderError: the rules name none, or it cannot be reached.
    """
    nonce = id_token.new_nonce(vault_of(gov), Act(username, update_id, bundle, decision), gov.clock())
    return oidc_login.begin(provider_of(gov), nonce, username, redirect_uri)


def redeem_login(gov: Governance, login: Login, code: str) -> str:
    """Return the ID token for the code that came back from the identity provider.

    Raises:
        ProviderError: the provider refuses, or cannot be reached.
    """
    return oidc_login.redeem(provider_of(gov), login, code)


def acting(connection: Connection, by: Proven, purpose: Purpose, act: roles.Act) -> str:
    """Return the username of who acts, when the proof was for this and the roles allow it.

    Raises:
        RoleError: they do not.
        PersonError: the proof was given for something else.
    """
    if by.purpose != purpose:
        raise PersonError(f"{by.person.username}: proved for {by.purpose}, not for {purpose}; prove it again")
    return roles.require(connection, by.person.username, act).username


def provider_of(gov: Governance) -> Provider:
    """Return the hospital's identity provider.

    Raises:
        ProviderError: the rules name none.
    """
    if gov.rules.oidc is None:
        raise ProviderError("identity provider: none is set up; name one in config.toml, in [governance.oidc]")
    return Provider(gov.rules.oidc)


def vault_of(gov: Governance) -> Vault:
    """Return what seals this workspace's second factors.

    Raises:
        VaultError: its key cannot be used.
    """
    return open_vault(gov.keys)


def _add_credential(
    gov: Governance,
    connection: Connection,
    action: str,
    username: str,
    kind: credentials.Kind,
    value: bytes,
    *,
    actor: str,
    reason: str | None = None,
) -> None:
    if reason is not None and not reason.strip():
        raise PersonError(f"person {username}: say why")
    position = credentials.add(connection, username, kind, value)
    details: dict[str, DetailValue] = {"username": username, "kind": kind, "position": position}
    log.append(
        connection,
        gov.clock,
        actor=actor,
        action=action,
        subject=sha256_digest(value),
        details=details if reason is None else details | {"reason": reason},
    )
