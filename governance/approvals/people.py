"""People and their passwords (Argon2id); how long an account waits after failures."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select

from data_contracts import Person, sha256_digest
from governance.approvals.errors import PersonError
from governance.store.tables import events, people

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MOST_FAILURES = 5
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=4)
SHORTEST_PASSWORD = 12  # characters

_TRACKS = (("sign-in-failed", "signed-in"), ("code-failed", "proof-accepted"))
"""Failures, and what ends their count. Codes have their own: a right password must not make guesses of a code free."""


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


def wait_after(failures: int) -> timedelta:
    """Return how long an account waits after so many failures in a row: 15 minutes at five, then twice as long each."""
    if failures < MOST_FAILURES:
        return timedelta()
    return min(FIRST_WAIT * (1 << min(failures - MOST_FAILURES, 10)), LONGEST_WAIT)


def waits(connection: Connection, username: str, moment: datetime) -> bool:
    """Say whether an account waits: after wrong passwords, or after wrong codes."""
    return any(moment < _free_from(connection, username, failed, ended) for failed, ended in _TRACKS)


def _free_from(connection: Connection, username: str, failed: str, ended: str) -> datetime:
    mine = events.c.actor == username
    end = select(func.max(events.c.seq)).where(mine, events.c.action == ended).scalar_subquery()
    query = select(func.count(), func.max(events.c.recorded_at)).where(
        mine, events.c.action == failed, events.c.seq > func.coalesce(end, -1)
    )
    failures, last = connection.execute(query).one()
    if not failures:
        return datetime.fromisoformat("0001-01-01T00:00:00+00:00")
    return datetime.fromisoformat(last) + wait_after(failures)


def matches(account: Account | None, password: str) -> bool:
    """Say whether the password is the account's; an unknown account costs as much time."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return _hasher().verify(account.password_hash if account else _nobody(), password) and account is not None
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


def _nobody() -> str:
    """Return a hash that no password has, without hashing: it costs what the others cost."""
    hasher = _hasher()
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (b64encode(bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19${costs}${salt}${digest}"
