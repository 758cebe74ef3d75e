"""People, their passwords (Argon2id) and their sign-ins. Failures are events, and slow the account down."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, insert, select

from data_contracts import Person, sha256_digest
from governance.approvals.errors import AccountWaitsError, PersonError, SignInError
from governance.audit.log import Clock, append, now
from governance.store.database import reading, writing
from governance.store.tables import events, instant_text, people

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MOST_FAILURES = 5
WINDOW = timedelta(minutes=15)
SHORTEST_PASSWORD = 12  # characters


@dataclass(frozen=True)
class Account:
    """A person with the hash of the password."""

    person: Person
    password_hash: str


def add(connection: Connection, person: Person, password: str) -> Account:
    """Add a person.

    Raises:
        PersonError: the username is taken (also in other letter case), or the password is too short.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PersonError(f"person {person.username}: give a password of {SHORTEST_PASSWORD} characters or more")
    key = person.username.casefold()
    if connection.scalar(select(func.count()).where(people.c.username_key == key)):
        raise PersonError(f"person {person.username}: the username is taken and never given twice; choose another")
    account = Account(person, _hasher().hash(password))
    row = {
        "username": person.username,
        "username_key": key,
        "person": person.canonical_bytes(),
        "password_hash": account.password_hash,
    }
    connection.execute(insert(people).values(**row))
    return account


def everyone(connection: Connection) -> tuple[Person, ...]:
    """Return all people by username."""
    rows = connection.scalars(select(people.c.person).order_by(people.c.username_key))
    return tuple(Person.from_bytes(row) for row in rows)


def find(connection: Connection, username: str) -> Account | None:
    """Return an account; letter case does not matter."""
    row = connection.execute(select(people).where(people.c.username_key == username.casefold())).first()
    return None if row is None else Account(Person.from_bytes(row.person), row.password_hash)


def credential(account: Account) -> str:
    """Return the digest under which the log knows a password hash, so that a swapped one shows."""
    return sha256_digest(account.password_hash.encode())


def authenticate(engine: Engine, clock: Clock, username: str, password: str, *, purpose: str) -> Person:
    """Return the person to whom this username and password belong.

    The outcome becomes known only after it is logged, and failures are counted in the same transaction: trying
    many passwords at once gains nothing. An unknown username costs as much time as a wrong password, and is not
    written down (people type passwords there).

    Args:
        engine: the database.
        clock: returns an aware moment.
        username: as typed.
        password: as typed.
        purpose: what for, a short slug for the log.

    Raises:
        AccountWaitsError: five failures within 15 minutes; the account waits, whatever the password.
        SignInError: the two do not belong together.
    """
    with reading(engine) as connection:
        account = find(connection, username)
        waits = account is not None and _failures(connection, clock, account.person.username) >= MOST_FAILURES
    right = False if waits else _matches(account, password)
    with writing(engine) as connection:
        actor = account.person.username if account else "unknown"
        waits = account is not None and _failures(connection, clock, actor) >= MOST_FAILURES
        action = "sign-in-refused" if waits else "signed-in" if right else "sign-in-failed"
        append(connection, clock, actor=actor, action=action, details={"purpose": purpose})
    if waits:
        minutes = int(WINDOW.total_seconds() // 60)
        raise AccountWaitsError(f"sign-in: {MOST_FAILURES} failures; wait {minutes} minutes, then try again")
    if account is None or not right:
        raise SignInError("sign-in: username and password do not belong together; type both again")
    return account.person


def _failures(connection: Connection, clock: Clock, username: str) -> int:
    """Return the failures of an account since its last success, in the last 15 minutes."""
    since = instant_text(now(connection, clock) - WINDOW)
    mine = select(func.max(events.c.seq)).where(events.c.actor == username, events.c.action == "signed-in")
    query = select(func.count()).where(
        events.c.actor == username,
        events.c.action == "sign-in-failed",
        events.c.recorded_at > since,
        events.c.seq > func.coalesce(mine.scalar_subquery(), -1),
    )
    return connection.scalar(query) or 0


def _matches(account: Account | None, password: str) -> bool:
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return _hasher().verify(account.password_hash if account else _nobody(), password) and account is not None
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("no one has this password")
