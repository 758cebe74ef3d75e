"""Proves who acts: the outcome becomes known only after it is logged, and failures slow the account down.

Two ports prove it (`Proof`): the password with a one-time code, and an ID token of the hospital's identity provider.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Engine

from data_contracts import Person, PersonRole
from governance.approvals import credentials, people, totp
from governance.approvals.errors import AccountWaitsError, SignInError
from governance.approvals.people import Account
from governance.approvals.vault import Vault
from governance.audit.log import Clock, append, now
from governance.store.database import reading, writing

_MINUTES = int(people.FIRST_WAIT.total_seconds() // 60)
_WAITING = f"after {people.MOST_FAILURES} failures an account waits {_MINUTES} minutes or longer"
_CODE = "code"


@dataclass(frozen=True)
class Finding:
    """What a proof came to; `fault` is None when it holds."""

    fault: str | None
    how: str = ""
    used: str | None = None
    """What was used up, as `proofs_used` names it."""
    roles: frozenset[PersonRole] | None = None
    """Roles that the proof grants; None leaves the person's own."""


Settle = Callable[[Connection, datetime], Finding]
"""The part of a proof that is checked, and used up, inside the transaction that logs the outcome."""


class Proof(Protocol):
    """A way to prove, afresh, who acts."""

    @property
    def refusal(self) -> str:
        """What a person reads when it does not hold; the same for every fault a guesser could learn from."""

    def examine(self, account: Account | None) -> Settle:
        """Do the slow part, outside of any transaction; an unknown account costs as much time as a known one.

        Raises:
            GovernanceError: the proof cannot be checked now, whoever gives it.
        """


@dataclass(frozen=True)
class PasswordProof:
    """The password and, once a person has enrolled one, the code of the second factor."""

    password: str
    code: str | None = None
    vault: Callable[[], Vault] | None = None
    """Opens the secrets; None checks the password alone."""

    @property
    def refusal(self) -> str:
        """The one line for every fault."""
        what = "username and password do not" if not self.code else "username, password and code do not"
        again = "type both again" if not self.code else "type all again, with a code that was not used before"
        return f"sign-in: {what} belong together; {again}"

    def examine(self, account: Account | None) -> Settle:
        """Hash the password."""
        right = people.matches(account, self.password)

        def settle(connection: Connection, moment: datetime) -> Finding:
            if account is None or not right:
                return Finding("password")
            if self.vault is None or credentials.state(connection, account.person.username, "totp") != "enrolled":
                return Finding(None, "password")
            return self._settle_code(connection, account.person.username, self.vault(), moment)

        return settle

    def _settle_code(self, connection: Connection, username: str, vault: Vault, moment: datetime) -> Finding:
        sealed = credentials.latest(connection, username, "totp") or b""
        step = totp.step_of(vault.unseal(sealed, username).decode(), self.code or "", moment)
        if step is None or not credentials.use(connection, username, f"totp:{step}", step):
            return Finding(_CODE)
        return Finding(None, "password and code", f"totp:{step}")


@dataclass(frozen=True)
class Proven:
    """A person who has just proved who they are, and for what."""

    person: Person
    purpose: str
    how: str
    roles: tuple[PersonRole, ...]
    at: datetime


def prove(engine: Engine, clock: Clock, username: str, proof: Proof, *, purpose: str) -> Proven:
    """Return who acts.

    Failures are counted in the transaction that settles the proof: trying many at once gains nothing. An unknown
    username costs as much time as a wrong password, reads the same, and is not written down (people type passwords
    there).

    Args:
        engine: the database.
        clock: returns an aware moment.
        username: as typed.
        proof: what was typed or brought.
        purpose: what for, a short slug for the log.

    Raises:
        AccountWaitsError: five failures or more; the account waits, whatever the proof.
        SignInError: the username and the proof do not belong together.
    """
    with reading(engine) as connection:
        account = people.find(connection, username)
    settle = proof.examine(account)
    with writing(engine) as connection:
        actor, moment = account.person.username if account else "unknown", now(connection, clock)
        waits = account is not None and people.waits(connection, actor, moment)
        finding = Finding("waits") if waits else settle(connection, clock())
        for action, details in _events(finding, purpose):
            append(connection, clock, actor=actor, action=action, details=details)
    if waits:
        raise AccountWaitsError(f"{proof.refusal}; {_WAITING}")
    if account is None or finding.fault is not None:
        raise SignInError(f"{proof.refusal}; {_WAITING}")
    roles = account.person.roles
    granted = roles if finding.roles is None else tuple(role for role in roles if role in finding.roles)
    return Proven(account.person, purpose, finding.how, granted, moment)


def _events(finding: Finding, purpose: str) -> list[tuple[str, dict[str, str]]]:
    said = {"purpose": purpose}
    if finding.fault is None:
        used = [("proof-accepted", said | {"proof": finding.used})] if finding.used else []
        return [("signed-in", said), *used]
    action = {"waits": "sign-in-refused", _CODE: "code-failed"}.get(finding.fault, "sign-in-failed")
    return [(action, said if action != "sign-in-failed" else said | {"fault": finding.fault})]
