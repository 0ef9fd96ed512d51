"""The least parts of requests, and a request that goes without while others do the opposite."""

import math

import numpy as np
import pytest
from tests.unit.market.market_case import ask

from platone.market.domain.linked_demand import (
    LinkedDemand,
    Missing,
    bound_demands,
    find_demands,
    unmet,
)
from platone.market.domain.mixed_program import MixedProgram, solve_mixed
from platone.market.domain.order_book import Ask
from platone.messages.order import OrderTerms


@pytest.mark.parametrize(
    ("terms", "need_kw", "least_kw"),
    [
        (OrderTerms(least_kw=5.0), -20.0, 5.0),
        (OrderTerms(least_share=0.1), -4.0, 0.4),
        (OrderTerms(least_share=0.1, least_kw=2.0), 4.0, 2.0),
        (OrderTerms(least_kw=5.0), -3.0, 3.0),  # more than it needs is not asked
        (OrderTerms(block="b"), 8.0, 8.0),  # a block is met whole
    ],
)
def test_the_least_part_is_the_larger_of_share_and_volume(
    terms: OrderTerms, need_kw: float, least_kw: float
) -> None:
    service = ask("r", ["A"], need_kw, 0.5)
    asked = Ask(service, np.array([0]), 0, need_kw, 0.5, terms)
    (found,) = find_demands([asked])
    assert found.need_kw == abs(need_kw)
    assert found.least_kw == pytest.approx(least_kw)


def test_who_goes_without_does_not_bound_what_others_buy() -> None:
    """Ten of something worth 1 each, of which each does 2 kW against a request of 20 kW."""
    program = MixedProgram()
    other, slack = program.variable(-1.0, 10.0), program.variable(0.001, 100.0)
    harm = (other, -2.0)
    program.row([harm, (slack, 1.0)], 20.0, math.inf)
    demand = LinkedDemand(ask=0, key=("DSO", "r", "0."), index=0, need_kw=20.0, least_kw=20.0)
    met, _ = bound_demands(program, [Missing(demand, slack, [harm])])
    found, _ = solve_mixed(program)
    assert [found[other], found[slack]] == pytest.approx([10.0, 40.0])
    assert unmet([demand], met, found.tolist()) == {0}
