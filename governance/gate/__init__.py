"""The regression gate: may this update go on to review?

The statistics are exact: a suite passes only when the hypothesis "the true drop is the margin or more" is rejected
with a bounded error. `decide` applies a policy to paired scores; `explain` says the result in plain words.
"""

from governance.gate.betting import betting_drop_upper, betting_p_value
from governance.gate.bounds import drop_upper_bound, gain_lower_bound, never_event_bound
from governance.gate.clopper_pearson import clopper_pearson_p_value, clopper_pearson_upper
from governance.gate.decide import POOLED_ID, decide
from governance.gate.errors import GateError
from governance.gate.exact import noninferiority_p_value
from governance.gate.explain import explain
from governance.gate.mcnemar import holm, mcnemar_p_value
from governance.gate.power import floor_n, power, required_n
from governance.gate.spending import spent_alpha

__all__ = [
    "POOLED_ID",
    "GateError",
    "betting_drop_upper",
    "betting_p_value",
    "clopper_pearson_p_value",
    "clopper_pearson_upper",
    "decide",
    "drop_upper_bound",
    "explain",
    "floor_n",
    "gain_lower_bound",
    "holm",
    "mcnemar_p_value",
    "never_event_bound",
    "noninferiority_p_value",
    "power",
    "required_n",
    "spent_alpha",
]
