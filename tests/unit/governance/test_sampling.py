"""The acceptance sampling plan against the exact hypergeometric distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from data_contracts import sha256_digest
from governance.approvals.sampling import draw, plan


@given(st.integers(1, 5000), st.sampled_from([0.01, 0.05, 0.1]), st.sampled_from([0.01, 0.05, 0.1]))
def test_a_lot_at_the_tolerated_share_passes_with_at_most_the_risk(lot: int, ltpd: float, risk: float) -> None:
    made = plan(lot, ltpd=ltpd, risk=risk)
    passes = hypergeom(lot, made.defective, made.sample).pmf(0)
    assert passes == pytest.approx(made.achieved, abs=1e-9)
    assert passes <= risk or made.sample == lot
    assert made.sample == 1 or hypergeom(lot, made.defective, made.sample - 1).pmf(0) > risk


def test_known_plans() -> None:
    assert [plan(lot).sample for lot in (1, 10, 20, 100, 500, 5000)] == [1, 10, 19, 45, 56, 59]


def test_nobody_can_draw_again_and_a_larger_sample_begins_with_the_smaller() -> None:
    lot = [sha256_digest(str(number).encode()) for number in range(50)]
    assert draw(lot, 10) == draw(lot[::-1], 10) == draw(lot, 30)[:10]
    assert draw(lot, 10) != draw(lot[:-1], 10)
