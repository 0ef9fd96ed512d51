"""A plan becomes a message: powers, costs, bounds and what flows back, each worked by hand."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from platone.aggregator.domain.portfolio_offer import (
    planned_pod,
    portfolio_offer,
    portfolio_offer_id,
    trades_by_pod,
)
from platone.aggregator.domain.power_program import PlannedShare, SitePlan
from platone.aggregator.domain.site import EarlierTrade, FlexibleSite
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset, Battery, Plant, ShiftableLoad
from platone.messages.base import MarketType
from platone.messages.market import SessionReference
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.plan import MostEnergy, PlannedPod

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))
START = DAY.instant(48)
WINDOW = SessionWindow(DAY, START, DAY.instant(52))
CELL = Asset(
    asset_id="cell",
    pod_id="P1",
    battery=Battery(
        capacity_kwh=10.0,
        charge_kw=5.0,
        discharge_kw=5.0,
        efficiency=0.8,
        state_of_charge=0.5,
        state_at=START,
    ),
)
ROOF = Asset(asset_id="roof", pod_id="P1", plant=Plant(peak_kw=8.0))
BOILER = Asset(
    asset_id="boiler",
    pod_id="P1",
    shiftable_load=ShiftableLoad(power_kw=2.0, longest_shift=3, most_kwh=5.0),
)


def site(*sides: int) -> FlexibleSite:
    """Four quarter-hours from 48 on, of 10, 11, 12 and 13 kW."""
    side = np.array(sides, dtype=np.int64)
    powers = np.array([10.0, 11.0, 12.0, 13.0])
    return FlexibleSite(
        pod_id="P1",
        assets=[CELL, ROOF, BOILER],
        first=48,
        count=4,
        day_kw=powers,
        side=side,
        price=np.zeros(4),
        more_kw=powers,
        less_kw=powers,
        sold_kwh=(0.0, 0.0),
        put_off_kwh=0.0,
        free=side == 0,
        kept_share=0.0,
    )


def share(place: int, asset: Asset, power_kw: float, cost: float = 0.0) -> PlannedShare:
    return PlannedShare(place, asset, power_kw, cost)


def test_a_quarter_hour_is_the_sum_of_its_assets_at_the_dearest_ones_cost() -> None:
    plan = SitePlan((share(1, BOILER, 1.5, 0.2), share(1, CELL, 2.25, 0.1), share(3, CELL, 1.0)))
    pod = planned_pod(site(-1, -1, 0, 1), plan)
    assert [(each.index, each.change_kw) for each in pod.quarters] == [(49, -3.75), (51, 1.0)]
    assert [each.price_eur_per_kwh for each in pod.quarters] == [0.2, 0.0]
    assert [(each.asset_id, each.change_kw) for each in pod.quarters[0].shares] == [
        ("cell", -2.25),
        ("boiler", -1.5),
    ]
    assert [each.cost_eur_per_kwh for each in pod.quarters[0].shares] == [0.1, 0.2]
    assert (pod.pod_id, pod.most_energy_kwh, pod.returns) == ("P1", None, ())


@pytest.mark.parametrize(("power_kw", "offered"), [(0.1, [48]), (0.0994, []), (0.0996, [48])])
def test_less_than_the_market_takes_is_not_offered(power_kw: float, offered: list[int]) -> None:
    pod = planned_pod(site(-1, 0, 0, 0), SitePlan((share(0, CELL, power_kw),), (2,)))
    assert [each.index for each in pod.quarters] == offered
    assert pod.returns == ((50,) if offered else ())


@pytest.mark.parametrize(
    ("shares", "bounds", "rebound"),
    [
        # 4 kW for a quarter-hour are 1 kWh; a battery of 80 % takes 1.25 kWh for it
        ([(0, CELL, 4.0)], {}, 1.25),
        ([(3, CELL, 4.0)], {}, -0.8),  # and gives 0.8 kWh of one that it took
        ([(0, CELL, 4.0), (1, CELL, 4.0), (3, CELL, 4.0)], {}, 1.7),
        ([(0, BOILER, 4.0)], {}, 1.0),
        ([(3, ROOF, 4.0)], {}, 0.0),
        ([(0, CELL, 4.0), (1, CELL, 4.0)], {-1: 0.5}, 0.625),
        ([(0, CELL, 4.0)], {-1: 3.0}, 1.25),
        ([(3, CELL, 4.0), (0, CELL, 4.0)], {1: 0.25}, 1.05),
        ([(0, CELL, 1.0 / 3)], {}, 0.104167),
    ],
)
def test_what_flows_back_is_known(
    shares: list[tuple[int, Asset, float]], bounds: dict[int, float], rebound: float
) -> None:
    plan = SitePlan(tuple(share(*each) for each in shares), (), bounds)
    assert planned_pod(site(-1, -1, 0, 1), plan).rebound_kwh == pytest.approx(rebound, abs=5e-7)


def test_bounds_are_told_by_side() -> None:
    plan = SitePlan((share(0, CELL, 1.0),), (), {-1: 2.5})
    assert planned_pod(site(-1, 0, 0, 0), plan).most_energy_kwh == MostEnergy(less=2.5)
    plan = SitePlan((share(0, CELL, 1.0),), (), {1: 2.5})
    assert planned_pod(site(1, 0, 0, 0), plan).most_energy_kwh == MostEnergy(more=2.5)


def offered(plan: SitePlan) -> list[tuple[list[tuple[int, float, float]], float | None]]:
    told = site(-1, 1, -1, 1)
    session = SessionReference(market_type=MarketType.REAL_TIME, start_time=START)
    made = portfolio_offer("A", session, WINDOW, [told], [planned_pod(told, plan)])
    assert (made.player_id, made.duration, made.start_time) == ("A", 1, START)
    assert made.player_service_id == portfolio_offer_id("A", session)
    assert made.player_service_id == "A/portfolio/realTime/2021-06-23T10:00:00.000Z"
    assert all(entry.pod == ["P1"] for entry in made.flexibility)
    return [
        (
            [(point.index, point.p, point.p_price) for point in entry.power],
            None if entry.order is None else entry.order.most_energy_kwh,
        )
        for entry in made.flexibility
    ]


def test_totals_are_baselines_and_changes_and_each_bound_is_an_entry() -> None:
    shares = tuple(share(place, CELL, place + 1.0, 0.1) for place in range(4))
    less, more = [(48, 9.0, 0.1), (50, 9.0, 0.1)], [(49, 13.0, 0.1), (51, 17.0, 0.1)]
    assert offered(SitePlan(shares, (), {-1: 2.5})) == [(less, 2.5), (more, None)]
    assert offered(SitePlan(shares, (), {1: 2.5})) == [(less, None), (more, 2.5)]
    assert offered(SitePlan(shares, (), {1: 2.5, -1: 2.5})) == [(less, 2.5), (more, 2.5)]
    (whole,) = offered(SitePlan(shares))
    assert [index for index, _, _ in whole[0]] == [48, 49, 50, 51]
    assert whole[1] is None


def test_every_site_has_its_plan() -> None:
    session = SessionReference(market_type=MarketType.REAL_TIME, start_time=START)
    with pytest.raises(ValueError, match="zip"):
        portfolio_offer("A", session, WINDOW, [site(0, 0, 0, 0)], [PlannedPod(pod_id="P1")] * 2)


def trade(index: int, change: float | None, **more: Any) -> ValidatedPower:
    told = {"player_service_id": "o", "player_offer_id": "A", "player_request_id": "DSO"}
    return ValidatedPower(
        index=index, **{"accepted_p_value": 1.0, "accepted_p_change": change, **told, **more}
    )


def test_sold_energy_is_found_by_point_of_delivery() -> None:
    trades = [
        trade(48, -2.0),
        trade(48, 1.0),
        trade(49, 0.0),
        trade(50, None),
        trade(51, 3.0, player_offer_id="B"),
        trade(52, 3.0, player_request_id=None),
    ]
    outcome = ValidatedOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=DAY.start,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod="P1", power=trades), ValidatedPod(pod="P2", power=[])],
    )
    sold = [EarlierTrade(START, -0.5), EarlierTrade(START, 0.25)]
    assert trades_by_pod([outcome], "A", DAY.zone) == {"P1": sold}
    assert trades_by_pod([], "A", DAY.zone) == {}


def test_half_a_kilowatt_more_is_more() -> None:
    """0.5 kW for a quarter-hour are 0.125 kWh, of which a battery of 80 % gives back 0.1 kWh."""
    plan = SitePlan((share(1, CELL, 0.5, 0.1), share(0, CELL, 0.5, 0.1)), (), {1: 2.5, -1: 0.05})
    pod = planned_pod(site(-1, 1, -1, 1), plan)
    assert pod.rebound_kwh == pytest.approx(0.05 / 0.8 - 0.1, abs=5e-7)
    assert offered(plan) == [([(48, 9.5, 0.1)], 0.05), ([(49, 11.5, 0.1)], 2.5)]
