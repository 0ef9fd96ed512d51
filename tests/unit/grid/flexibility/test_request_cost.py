"""What a request costs, in groups and of single points of delivery, and why one cannot be met."""

from collections.abc import Callable

import numpy as np
import pytest

from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

MakeNetwork = Callable[..., Network]
PRICES = {"POD-1": 0.05, "POD-2": 0.30, "POD-3": 0.10}
MARGIN_KW = 400.0


def ask(
    feeder: MakeNetwork, engine: GridModelPowerFlow, *, in_groups: bool, priced: bool = True
) -> FlexibilityNeed:
    """Return the request for one line before three consumers that is overloaded."""
    network = feeder((90.0, 900.0, 900.0), km=0.1)
    p_kw = np.array([[0.0, 1200.0, 1300.0, 1400.0]])
    pods = [
        PodFlexibility(
            pod_id=pod,
            max_up_kw=0.0,
            max_down_kw=MARGIN_KW,
            kvar_per_kw=0.0,
            cost_eur_per_kwh=price if priced else None,
        )
        for pod, price in PRICES.items()
    ]
    power = ConsumerPower(p_kw, np.zeros((1, 4)))
    return size_request(Limits(network), engine, power, pods, in_groups=in_groups)


def in_merit_order(total_kw: float) -> tuple[float, float]:
    """Return the price of the last and the cost of a total, by hand."""
    cost, last = 0.0, 0.0
    for price in sorted(PRICES.values()):
        taken = min(total_kw, MARGIN_KW)
        total_kw -= taken
        cost += taken * price
        last = price if taken > 0 else last
    return last, cost


def test_a_groups_limit_follows_the_merit_order_of_its_members(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    found = ask(feeder, engine, in_groups=True)
    (need,) = found.needs
    assert need.pods == tuple(sorted(PRICES))
    last, cost = in_merit_order(-need.change_kw)
    assert need.limit_eur_per_kwh == last == 0.10  # not 0.30, of the dearest member
    (told,) = found.costs
    assert told.asked == pytest.approx(cost)


def test_the_cost_of_single_changes_is_told_beside_that_of_groups(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    (in_groups,) = ask(feeder, engine, in_groups=True).costs
    single = ask(feeder, engine, in_groups=False)
    (alone,) = single.costs
    by_hand = sum(-need.change_kw * PRICES[need.pods[0]] for need in single.needs)
    assert alone.asked == alone.least == pytest.approx(by_hand)
    assert in_groups.least == pytest.approx(alone.least)
    assert in_groups.asked >= in_groups.least * (1 - 1e-6)
    assert {need.pods[0]: need.limit_eur_per_kwh for need in single.needs} == {
        need.pods[0]: PRICES[need.pods[0]] for need in single.needs
    }


def test_without_prices_no_limit_is_told(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    found = ask(feeder, engine, in_groups=True, priced=False)
    assert [need.limit_eur_per_kwh for need in found.needs] == [None]
    (told,) = found.costs
    assert told.asked == pytest.approx(-sum(need.change_kw for need in found.needs))


@pytest.mark.parametrize("in_groups", [True, False])
@pytest.mark.parametrize(
    ("pods", "reason"),
    [
        (
            [PodFlexibility(pod_id="POD-2", max_up_kw=300.0, max_down_kw=0.0, kvar_per_kw=0.0)],
            "could only make it worse",
        ),
        (
            [PodFlexibility(pod_id="POD-2", max_up_kw=0.0, max_down_kw=0.0, kvar_per_kw=0.0)],
            "No flexible point of delivery has an effect",
        ),
    ],
)
def test_the_wrong_direction_is_not_no_effect(
    feeder: MakeNetwork,
    engine: GridModelPowerFlow,
    pods: list[PodFlexibility],
    reason: str,
    *,
    in_groups: bool,
) -> None:
    network = feeder((900.0, 40.0))  # the second line alone is overloaded
    power = ConsumerPower(np.array([[0.0, 500.0, 2000.0]]), np.zeros((1, 3)))
    found = size_request(Limits(network), engine, power, pods, in_groups=in_groups)
    (left,) = found.incurable
    assert left.violation.state.element == "line1"
    assert reason in left.reason
