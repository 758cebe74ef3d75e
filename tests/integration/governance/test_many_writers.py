"""Many processes append at once, and processes die while they do: nothing is lost, torn, or out of order."""

import os
import random
import signal
import time
from multiprocessing import get_context

import pytest

from governance.audit.log import Draft
from governance.services import commands, queries

FORK = get_context("fork")
WRITERS, EACH = 8, 24
KILLS = [12, pytest.param(200, marks=pytest.mark.slow)]


def write(folder, url, name, count, confirmed):
    """Append `count` events, one by one and in batches of three in turn, with a signed head now and then."""
    gov = commands.open_governance(folder, database_url=url)
    number = 0
    while number < count:
        if number % 2:
            drafts = [Draft(name, "tick", details={"number": number + more, "batch": number}) for more in range(3)]
            commands.record_events(gov, drafts)
            number += 3
        else:
            commands.record_event(gov, actor=name, action="tick", details={"number": number})
            number += 1
        if number % 10 == 0:
            commands.checkpoint(gov)
        if confirmed is not None:
            os.write(confirmed, number.to_bytes(4, "big"))
    gov.engine.dispose()


def start(world, name, count, confirmed=None):
    world.gov.engine.dispose()  # a child must not inherit a connection
    process = FORK.Process(target=write, args=(world.gov.workspace, world.url, name, count, confirmed))
    process.start()
    return process


def numbers(world, name):
    """Return what a writer wrote, in the order of the log."""
    ticks = reversed(queries.events(world.gov, limit=None, action="tick"))
    return [event.details["number"] for event in ticks if event.actor == name]


def test_eight_processes_append_and_nothing_is_lost_or_reordered(world):
    before = len(queries.events(world.gov, limit=None))
    writers = [start(world, f"writer-{number}", EACH) for number in range(WRITERS)]
    for process in writers:
        process.join(timeout=60)
    assert [process.exitcode for process in writers] == [0] * WRITERS
    wrote = [numbers(world, f"writer-{number}") for number in range(WRITERS)]
    assert all(one == list(range(len(one))) and len(one) >= EACH for one in wrote)
    events = queries.events(world.gov, limit=None)
    assert [event.seq for event in events] == list(reversed(range(len(events))))
    assert len(events) == before + sum(len(one) for one in wrote)
    report = commands.verify_store(world.gov)
    assert report.ok and report.events == len(events)


@pytest.mark.parametrize("kills", KILLS)
def test_killed_writers_leave_a_log_that_holds_and_keep_what_they_confirmed(world, kills):
    """kill -9 at a random moment: what was confirmed is there, what was not is there whole or not at all."""
    moments = random.Random(11)
    for round_number in range(kills):
        name = f"victim-{round_number}"
        read, confirmed = os.pipe()
        process = start(world, name, 100_000, confirmed)
        os.close(confirmed)
        os.read(read, 4)  # it has begun
        time.sleep(moments.random() * 0.03)
        os.kill(process.pid, signal.SIGKILL)
        process.join(timeout=10)
        rest = read_all(read)
        kept = numbers(world, name)
        assert kept == list(range(len(kept))), f"round {round_number}: torn or out of order"
        assert len(kept) >= (int.from_bytes(rest[-4:], "big") if rest else 1), f"round {round_number}: lost"
        assert len(kept) % 4 in (0, 1), f"round {round_number}: half a batch"
    report = commands.verify_store(world.gov)
    assert report.problems == [] and report.events == len(queries.events(world.gov, limit=None))


def read_all(handle):
    with open(handle, "rb") as file:
        return file.read()
