"""How long the gate takes to decide on suites of many items; prints figures, asserts nothing.

    python tests/benchmarks/gate_speed.py [--items 10000]

Run from the repository's root. "First" includes loading the statistics; "again" is the same process once more on other
scores, so that nothing remembered from before helps.
"""

import argparse
import time

from data_contracts import GatePolicy


def main() -> None:
    """Time `decide` on one prior suite, on ten, and pooled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    items = parser.parse_args().items
    for label, suites, pooled in (("one suite", 1, False), ("ten suites", 10, False), ("ten suites, pooled", 10, True)):
        for number, when in enumerate(("first", "again")):
            print(f"{items:,} items in {label:20} {when}: {timed(items, suites, pooled, number):.2f} s", flush=True)


def timed(items: int, suites: int, pooled: bool, number: int) -> float:
    """Return the seconds that one decision takes; scores are made before the clock starts."""
    from gate_comparison import make_suite, scored

    from governance.gate import decide

    share, new = items // suites, make_suite("new-suite", 200)
    priors = [make_suite(f"prior-{one}", share) for one in range(suites)]
    broken, fixed = share // 50 + number, share // 60
    before = [1.0] * (share - fixed) + [0.0] * fixed
    after = [0.0] * broken + [1.0] * (share - broken)
    tested = [*priors, new]
    incumbent = [
        *(scored(one, before, "incumbent") for one in priors),
        scored(new, [0.0] * 100 + [1.0] * 100, "incumbent"),
    ]
    candidate = [*(scored(one, after, "candidate") for one in priors), scored(new, [1.0] * 200, "candidate")]
    begun = time.perf_counter()
    decide(
        policy=GatePolicy(id="speed", version="1", pooled=pooled),
        arm="update",
        incumbent=incumbent,
        candidate=candidate,
        suites=tested,
        new_suite_id=new.id,
    )
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
