"""What people prove themselves with beside the password, and which proofs were used; both insert-only."""

from collections.abc import Iterator
from typing import Literal

from sqlalchemy import Connection, func, insert, select

from governance.store.tables import credentials, proofs_used

Kind = Literal["totp", "oidc"]
State = Literal["none", "enrolled", "withdrawn"]

WITHDRAWN = b""


def latest(connection: Connection, username: str, kind: Kind) -> bytes | None:
    """Return a person's credential: None when there never was one, `WITHDRAWN` when it was taken back."""
    query = select(credentials.c.value).where(credentials.c.username == username, credentials.c.kind == kind)
    value: bytes | None = connection.scalar(query.order_by(credentials.c.position.desc()).limit(1))
    return value


def state(connection: Connection, username: str, kind: Kind) -> State:
    """Say whether a person has such a credential."""
    value = latest(connection, username, kind)
    return "none" if value is None else "withdrawn" if value == WITHDRAWN else "enrolled"


def owners(connection: Connection, kind: Kind, value: bytes) -> Iterator[str]:
    """Yield the people whose credential this is now."""
    query = select(credentials.c.username).where(credentials.c.kind == kind, credentials.c.value == value).distinct()
    for username in connection.scalars(query).all():
        if latest(connection, username, kind) == value:
            yield username


def add(connection: Connection, username: str, kind: Kind, value: bytes) -> int:
    """Remember a credential, which replaces the one before; return its position."""
    position = (connection.scalar(select(func.max(credentials.c.position))) or 0) + 1
    row = {"position": position, "username": username, "kind": kind, "value": value}
    connection.execute(insert(credentials).values(**row))
    return position


def use(connection: Connection, username: str, proof: str, step: int | None = None) -> bool:
    """Use a proof up, in the caller's transaction; False when it, or a later time step, was used before."""
    mine = proofs_used.c.username == username
    if step is not None:
        last = connection.scalar(select(func.max(proofs_used.c.step)).where(mine))
        if last is not None and step <= last:
            return False
    if connection.scalar(select(func.count()).where(mine, proofs_used.c.proof == proof)):
        return False
    connection.execute(insert(proofs_used).values(username=username, proof=proof, step=step))
    return True
