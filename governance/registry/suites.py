"""Sealed suites: which ones every candidate must face, and how often each was already spent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, distinct, func, insert, select, update

from data_contracts import Digest, Suite
from governance.registry.errors import NotFoundError, SuiteError
from governance.store.tables import suite_spend, suites

Kind = Literal["prior", "new"]


@dataclass(frozen=True)
class SuiteEntry:
    """What the registry knows of a suite."""

    digest: Digest
    suite_id: str
    kind: str
    retired: bool


def find(connection: Connection, digest: Digest) -> SuiteEntry | None:
    """Return a suite's entry."""
    return next((entry for entry in entries(connection) if entry.digest == digest), None)


def entries(connection: Connection) -> tuple[SuiteEntry, ...]:
    """Return all suites in the order they were registered."""
    rows = connection.execute(select(suites).order_by(suites.c.position))
    return tuple(SuiteEntry(row.digest, row.suite_id, row.kind, row.retired) for row in rows)


def priors(connection: Connection) -> tuple[Digest, ...]:
    """Return the digests of the suites every candidate must face."""
    return tuple(e.digest for e in entries(connection) if e.kind == "prior" and not e.retired)


def register(connection: Connection, suite: Suite, kind: Kind) -> bool:
    """Seal a suite. Return whether that changed anything; a prior suite stays one.

    Raises:
        SuiteError: another suite with this id is in use, or this one was retired or is new.
    """
    digest = suite.digest
    for entry in entries(connection):
        if entry.digest == digest and entry.retired:
            raise SuiteError(f"suite {suite.id}: was retired and stays so; seal a new version")
        if entry.digest == digest and (entry.kind, kind) == ("new", "prior"):
            raise SuiteError(f"suite {suite.id}: is new; it joins the prior ones when its update is promoted")
        if entry.digest != digest and entry.suite_id == suite.id and not entry.retired:
            raise SuiteError(f"suite {suite.id}: sealed with other content; retire it first, or use another id")
    if find(connection, digest):
        return False
    last = connection.scalar(select(func.max(suites.c.position))) or 0
    row = {"digest": digest, "suite_id": suite.id, "kind": kind, "retired": False, "position": last + 1}
    connection.execute(insert(suites).values(**row))
    return True


def retire(connection: Connection, digest: Digest) -> SuiteEntry:
    """Take a suite out of use; its seal and its history stay.

    Raises:
        NotFoundError: there is no such suite in use.
    """
    entry = find(connection, digest)
    if entry is None or entry.retired:
        raise NotFoundError(f"suite {digest}: none in use; see `clinical-sdft suite list`")
    connection.execute(update(suites).where(suites.c.digest == digest).values(retired=True))
    return entry


def join_priors(connection: Connection, suite: Suite) -> bool:
    """Make a new suite one that every later candidate must face. Return whether it was not one already."""
    entry = find(connection, suite.digest)
    if entry is None:
        return register(connection, suite, "prior")
    if entry.kind == "prior" or entry.retired:
        return False
    connection.execute(update(suites).where(suites.c.digest == suite.digest).values(kind="prior"))
    return True


def attempt(connection: Connection, judged: Iterable[Digest], lineage: Digest, candidate: Digest) -> int:
    """Return the number of an attempt: 1 + how many other candidates of this line the most-spent suite has judged.

    Counting by suite and not by set keeps a spent suite spent when another one joins it. A suite is its id: all of
    its versions count together, so that retiring one and sealing the next does not begin anew.
    """
    spent = (
        connection.scalar(
            select(func.count(distinct(suite_spend.c.candidate))).where(
                suite_spend.c.suite.in_(_versions(connection, digest)),
                suite_spend.c.lineage == lineage,
                suite_spend.c.candidate != candidate,
            )
        )
        for digest in judged
    )
    return 1 + max((number or 0 for number in spent), default=0)


def spent_by_line(connection: Connection, suite_id: str) -> dict[Digest, int]:
    """Return how many candidates of each line of models the versions of a suite have judged."""
    versions = select(suites.c.digest).where(suites.c.suite_id == suite_id)
    query = (
        select(suite_spend.c.lineage, func.count(distinct(suite_spend.c.candidate)))
        .where(suite_spend.c.suite.in_(versions))
        .group_by(suite_spend.c.lineage)
    )
    return {line: count for line, count in connection.execute(query)}


def _versions(connection: Connection, digest: Digest) -> list[Digest]:
    """Return the digests of all versions of a suite, this one among them."""
    name = connection.scalar(select(suites.c.suite_id).where(suites.c.digest == digest))
    return [digest, *connection.scalars(select(suites.c.digest).where(suites.c.suite_id == name))]


def spend(connection: Connection, judged: Iterable[Digest], lineage: Digest, candidate: Digest, attempt: int) -> None:
    """Remember that a candidate was judged on these suites."""
    for digest in judged:
        key = {"suite": digest, "lineage": lineage, "candidate": candidate}
        if not connection.scalar(select(func.count()).select_from(suite_spend).filter_by(**key)):
            connection.execute(insert(suite_spend).values(**key, attempt=attempt))
