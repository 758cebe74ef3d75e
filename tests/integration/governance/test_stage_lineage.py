"""An update's manifest names every adapter it stands on, as the registry knows them."""

from types import SimpleNamespace

import pytest
from governance_world import digest, suite

from clinical_sdft.stages.train import _lineage
from governance.services import commands


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_adapters_before_an_update_first_to_parent(world) -> None:
    def before() -> tuple[str, ...]:
        return _lineage(SimpleNamespace(governance=world.gov, incumbent=world.model))  # type: ignore[arg-type]

    assert before() == (digest("adapter-0"),)
    priors = [world.prior]
    for name in ("u1", "u2"):
        bundle = world.approved(name, priors=tuple(priors))
        priors.append(suite(f"new-{name}", ("asthma", "gout")))
        commands.promote(world.gov, update_id=name, actor="abel")
        world.model = bundle.candidate
    assert before() == (digest("adapter-0"), digest("adapter-u1"), digest("adapter-u2"))
