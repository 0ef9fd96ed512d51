"""Relief that is counted in units far from a kilowatt is found too; scipy says the least cost."""

import numpy as np
import pytest
from scipy.optimize import linprog
from tests.unit.market.market_case import grid_limit, offer, session, trades

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, Method

JOINT = ClearingRules(method=Method.LEAST_COST)
DSO_PRICE = 0.6


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e-2, 1.0, 4.0])
@pytest.mark.parametrize("seed", range(12))
def test_the_least_cost_is_found_in_any_unit_of_relief(unit: float, seed: int) -> None:
    """As a DSO tells it: effects in its unit by kW, relief worth what its best kW may cost."""
    rng = np.random.default_rng(seed)
    change, price = -rng.uniform(0.1, 350, 26), np.round(rng.uniform(0.05, 0.4, 26), 3)
    change = np.round(change, 3)
    effect = np.where(rng.uniform(size=26) < 0.4, 0.0, rng.uniform(0.5, 1.0, 26)) * unit
    worth, need = DSO_PRICE / float(effect.max()), float(effect @ -change) * rng.uniform(0.3, 1.3)
    effects = {f"POD{i:02}": each for i, each in enumerate(effect.tolist())}
    limit = grid_limit("transformer", effects, most=-need, price=worth)
    offers = [
        offer(f"POD{i:02}", float(kw), float(eur))
        for i, (kw, eur) in enumerate(zip(change, price, strict=True))
    ]
    outcome = clear(session(*offers, rules=JOINT, limits=(limit,)))

    volume = np.zeros(26)
    for pod, powers in trades(outcome).items():
        volume[int(pod[3:])] = sum(abs(power.accepted_p_change or 0.0) for power in powers)
    missing = max(need - float(effect @ volume), 0.0)
    told = linprog(
        np.append(price, worth * unit),  # the missing part in parts of the unit, for scipy's sake
        A_ub=[np.append(-effect / unit, -1.0)],
        b_ub=[-need / unit],
        bounds=[*((0.0, -each) for each in change), (0.0, need / unit)],
    )
    assert float(price @ volume) + worth * missing == pytest.approx(told.fun, rel=1e-5)
    (shadow,) = outcome.shadow_prices
    assert shadow.price * unit == pytest.approx(-told.ineqlin.marginals[0], rel=1e-3, abs=1e-6)
