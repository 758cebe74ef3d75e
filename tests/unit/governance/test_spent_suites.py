"""The ledger of spent suites goes by the suite's id, whatever becomes of its versions."""

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from data_contracts import Suite, SuiteItem, sha256_digest
from governance.registry import suites
from governance.store.tables import metadata

LINE = sha256_digest(b"line")
ACTS = st.lists(st.sampled_from(["judge", "judge again", "new version", "another suite"]), max_size=25)


def a_suite(name: str, version: int) -> Suite:
    item = SuiteItem(id="i", question="q", answers=("a",), specialty="s")
    return Suite(id=name, version=str(version), specialty="s", licence="CC0-1.0", source="here", items=(item,))


@settings(max_examples=60, deadline=None)
@given(ACTS)
def test_attempts_only_ever_count_up(acts: list[str]) -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        current, others, judged = a_suite("s", 0), [], []
        suites.register(connection, current, "prior")
        for number, act in enumerate(acts, 1):
            if act == "new version":
                suites.retire(connection, current.digest)
                current = a_suite("s", number)
                suites.register(connection, current, "prior")
            elif act == "another suite":
                others.append(a_suite(f"other-{number}", 1))
                suites.register(connection, others[-1], "prior")
            else:
                name = judged[0] if act == "judge again" and judged else sha256_digest(str(number).encode())
                faced = [current.digest, *(other.digest for other in others)]
                attempt = suites.attempt(connection, faced, LINE, name)
                assert attempt == 1 + len(set(judged) - {name})
                suites.spend(connection, faced, LINE, name, attempt)
                judged.append(name)
        assert suites.spent_by_line(connection, "s").get(LINE, 0) == len(set(judged))
