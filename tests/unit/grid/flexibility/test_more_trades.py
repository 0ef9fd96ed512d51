"""More trades offered never mean less accepted without a stated reason.

Random networks and trades, each list a beginning of the next. Where the baselines keep all limits,
what was accepted of the shorter list can be accepted of the longer one too, so that the value
accepted does not fall. Wherever a trade gets less than before, limits are named: each is at its
limit in the end, and the trade makes it worse, by a power flow beside the optimiser.
"""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.grid.flexibility.conftest import TAN_PHI, Case, MakeCase

from platone.grid.flexibility.acceptance import Acceptance, Changes, accept
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower

SOLVED = 2e-5
"""Relative excess of a limit that counts as none: what the power flow's digits allow."""
SHARE = 1e-4
"""Part of the value, or of a trade, that rounding of a solution may cost."""
AT_LEAST_KW = 0.5
"""Less of a trade than before that is more than rounding, kW."""

trades = st.tuples(
    st.integers(0, 10_000), st.floats(-400, 400), st.sampled_from([0.0, 0.01, 0.05, 0.2])
)


def offered(case: Case, listed: list[tuple[int, float, float]]) -> Changes:
    consumers = case.power.p_kw.shape[1]
    count = len(listed)
    return Changes(
        np.zeros(count, np.int64),
        np.array([place % consumers for place, _, _ in listed], np.int64),
        np.array([kw for _, kw, _ in listed]),
        np.array([price for _, _, price in listed]),
        np.full(count, TAN_PHI),
    )


def moved(case: Case, changes: Changes, accepted_kw: np.ndarray) -> ConsumerPower:
    after = ConsumerPower(case.power.p_kw.copy(), case.power.q_kvar.copy())
    np.add.at(after.p_kw[0], changes.consumer, accepted_kw)
    np.add.at(after.q_kvar[0], changes.consumer, TAN_PHI * accepted_kw)
    return after


def value(changes: Changes, found: Acceptance) -> float:
    """What is accepted, by the rule's prices: 0 counts as a thousandth of the highest one."""
    price = np.maximum(changes.price_eur_per_kwh, 0.2 / 1000)
    return float(price @ np.abs(found.accepted_kw))


def check_reasons(
    case: Case, engine: GridModelPowerFlow, changes: Changes, found: Acceptance, less: np.ndarray
) -> None:
    """Each trade that has less names limits that bind, and that it makes worse."""
    limits = Limits(case.network)
    final = moved(case, changes, found.accepted_kw)
    excess = limits.of_elements(limits.excess(engine.solve(case.network, final)))[0]
    for trade in less:
        assert found.against.get(int(trade)), "no reason is stated"
        further = found.accepted_kw.copy()
        further[trade] = changes.change_kw[trade]
        there = moved(case, changes, further)
        worse = limits.of_elements(limits.excess(engine.solve(case.network, there)))[0]
        for element, _ in found.against[int(trade)]:
            assert excess[element] >= -SOLVED
            assert worse[element] > excess[element]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 200),
    is_mesh=st.booleans(),
    listed=st.lists(trades, min_size=2, max_size=40),
    share=st.floats(0.1, 0.9),
)
def test_more_trades_never_mean_less_accepted_without_a_reason(
    random_tree: MakeCase,
    random_mesh: MakeCase,
    engine: GridModelPowerFlow,
    *,
    seed: int,
    is_mesh: bool,
    listed: list[tuple[int, float, float]],
    share: float,
) -> None:
    case = (random_mesh if is_mesh else random_tree)(seed)
    limits = Limits(case.network)
    before = limits.of_elements(limits.excess(engine.solve(case.network, case.power)))[0]
    shorter = offered(case, listed[: max(1, int(share * len(listed)))])
    longer = offered(case, listed)
    few = accept(limits, engine, case.power, shorter)
    many = accept(limits, engine, case.power, longer)
    if (before <= -SOLVED).all():
        assert value(longer, many) >= value(shorter, few) * (1 - SHARE) - 0.2 * SHARE
    kept = np.abs(many.accepted_kw[: len(few.accepted_kw)])
    less = np.flatnonzero(kept < np.abs(few.accepted_kw) - AT_LEAST_KW)
    check_reasons(case, engine, longer, many, less)
