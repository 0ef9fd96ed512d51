import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platone.aggregator.domain.plan import plan_site
from platone.aggregator.domain.power_program import SitePlan
from platone.aggregator.domain.site import EarlierTrade, Elsewhere, FlexibleSite, flexible_site
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import (
    Asset,
    AvailableSpan,
    Battery,
    DayPreference,
    Plant,
    ShiftableLoad,
)
from platone.messages.plan import AskedQuarter, Side
from platone.messages.registry import MaxFlexibility, PointOfDelivery, PortfolioPod

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))
FIRST = 48
SIZE = 4
START = DAY.instant(FIRST)
WINDOW = SessionWindow(DAY, START, DAY.instant(FIRST + SIZE))
HOUR = 0.25
MORE, LESS = Side.MORE, Side.LESS


def battery(name: str = "battery", **changes: Any) -> Asset:
    told: dict[str, Any] = {
        "capacity_kwh": 10.0,
        "charge_kw": 5.0,
        "discharge_kw": 5.0,
        "efficiency": 1.0,
        "state_of_charge": 0.5,
        "state_at": START,
    }
    return Asset(asset_id=name, pod_id="POD-1", battery=Battery(**told | changes))


def plant(**changes: Any) -> Asset:
    return Asset(asset_id="roof", pod_id="POD-1", plant=Plant(**{"peak_kw": 8.0} | changes))


def load(**changes: Any) -> Asset:
    told: dict[str, Any] = {"power_kw": 2.0, "longest_shift": 3, "most_kwh": 5.0}
    return Asset(asset_id="boiler", pod_id="POD-1", shiftable_load=ShiftableLoad(**told | changes))


def asked(*sides: Side | None, price: float = 0.1) -> list[AskedQuarter]:
    return [
        AskedQuarter(index=FIRST + place, direction=side, price_eur_per_kwh=price)
        for place, side in enumerate(sides)
        if side is not None
    ]


def site(
    assets: list[Asset],
    wanted: list[AskedQuarter],
    baseline_kw: float | list[float] = 3.0,
    **more: Any,
) -> FlexibleSite:
    flat = [baseline_kw] * SIZE if isinstance(baseline_kw, float) else baseline_kw
    day = [3.0] * 96
    day[FIRST : FIRST + SIZE] = flat
    bounds = more.pop("bounds", MaxFlexibility(upper_p=50, down_p=50))
    item = PortfolioPod(
        pod=PointOfDelivery(
            pod_id="POD-1", aggregator_id="A", pn_p=40, inp=40, max_flexibility=bounds
        )
    )
    elsewhere = Elsewhere(more.get("earlier", ()), more.get("reserved", ()))
    preference = more.get("preference")
    return flexible_site(
        item, assets, day, WINDOW, wanted, preference=preference, elsewhere=elsewhere
    )


def offered(plan: SitePlan) -> dict[int, float]:
    powers: dict[int, float] = {}
    for share in plan.shares:
        powers[share.place] = powers.get(share.place, 0.0) + share.power_kw
    return powers


def test_a_battery_offers_no_more_than_the_energy_that_it_can_give() -> None:
    plan = plan_site(site([battery()], asked(LESS, LESS, LESS, LESS)))
    assert sum(offered(plan).values()) * HOUR == pytest.approx(5.0, abs=0.002)
    assert max(offered(plan).values()) == pytest.approx(5.0)


def test_of_plans_worth_the_same_the_even_one_is_taken() -> None:
    plan = plan_site(site([battery(capacity_kwh=4.0)], asked(LESS, LESS, LESS, LESS)))
    assert list(offered(plan).values()) == pytest.approx([2.0] * 4, abs=0.002)


def test_where_prices_differ_energy_goes_to_the_dearest_quarter_hours() -> None:
    wanted = [*asked(LESS, LESS, price=0.1), *asked(None, None, LESS, LESS, price=0.3)]
    plan = plan_site(site([battery(capacity_kwh=5.0)], wanted))
    assert offered(plan) == pytest.approx({2: 5.0, 3: 5.0})


def test_the_customers_least_charge_stays() -> None:
    preference = DayPreference(pod_id="POD-1", day=DAY.on, least_state_of_charge=0.4)
    plan = plan_site(site([battery()], asked(LESS, LESS), preference=preference))
    assert sum(offered(plan).values()) * HOUR == pytest.approx(1.0, abs=0.002)


def test_hours_that_the_customer_keeps_are_not_offered() -> None:
    hours = (AvailableSpan(first_index=FIRST + 1, end_index=FIRST + 2),)
    preference = DayPreference(pod_id="POD-1", day=DAY.on, hours=hours)
    wanted = asked(LESS, LESS, LESS)
    assert offered(plan_site(site([battery()], wanted, preference=preference))).keys() == {1}
    away = DayPreference(pod_id="POD-1", day=DAY.on, available=False)
    assert plan_site(site([battery()], wanted, preference=away)) == SitePlan()


def test_earlier_trades_count_and_are_not_offered_again() -> None:
    earlier = [EarlierTrade(START, -1.0), EarlierTrade(START - timedelta(hours=1), -2.0)]
    told = battery(state_at=START - timedelta(hours=2))
    plan = plan_site(site([told], asked(LESS, LESS, LESS, LESS), earlier=earlier))
    assert 0 not in offered(plan)
    assert sum(offered(plan).values()) * HOUR == pytest.approx(2.0, abs=0.002)
    before_it_was_told = [EarlierTrade(START - timedelta(hours=3), -2.0)]
    whole = plan_site(site([told], asked(LESS, LESS, LESS, LESS), earlier=before_it_was_told))
    assert sum(offered(whole).values()) * HOUR == pytest.approx(5.0, abs=0.002)


def test_only_what_is_fed_in_for_sure_is_curtailed() -> None:
    fed_in = [-6.0, -1.0, 2.0, -20.0]
    roof = plant(curtailable_share=0.5)
    plan = plan_site(site([roof], asked(MORE, MORE, MORE, MORE), fed_in))
    assert offered(plan) == pytest.approx({0: 3.0, 1: 0.5, 3: 4.0})


def test_nobody_sells_below_cost() -> None:
    wanted = asked(MORE, MORE, price=0.1)
    dear, fair = plant(curtailment_eur_per_kwh=0.11), plant(curtailment_eur_per_kwh=0.1)
    assert plan_site(site([dear], wanted, [-5.0] * 4)) == SitePlan()
    assert offered(plan_site(site([fair], wanted, [-5.0] * 4))) == pytest.approx({0: 5.0, 1: 5.0})


def test_what_is_put_off_comes_back_in_quarter_hours_that_are_free() -> None:
    plan = plan_site(site([load(longest_shift=2)], asked(LESS, LESS, LESS, None)))
    # quarter-hour 3 alone is free for the first two of them; the third has two more after it
    assert offered(plan)[1] + offered(plan).get(2, 0.0) <= 4.0 + 1e-9
    assert 0 not in offered(plan)  # within two quarter-hours of it all is offered
    assert set(plan.returns) <= {3, 4}
    reserved = plan_site(
        site([load(longest_shift=2)], asked(LESS, LESS, LESS, None), reserved={51})
    )
    assert 1 not in offered(reserved)


def test_a_linked_battery_offers_its_power_everywhere_and_bounds_the_energy() -> None:
    plan = plan_site(site([battery(efficiency=0.81)], asked(LESS, LESS, LESS, MORE)), linked=True)
    assert offered(plan) == pytest.approx(dict.fromkeys(range(4), 5.0))
    assert plan.most_kwh == pytest.approx({-1: 5.0 * 0.9, 1: 5.0 / 0.9})
    both = plan_site(site([battery(), battery("second")], asked(LESS, LESS)), linked=True)
    assert both.most_kwh == {}


def _deliver(found: SitePlan, told: FlexibleSite, taken: tuple[float, ...]) -> None:
    """Live through an acceptance, cheapest asset first: no asset may pass what it can."""
    held = {each.asset_id: each.battery for each in told.assets if each.battery is not None}
    charge = {name: each.state_of_charge * each.capacity_kwh for name, each in held.items()}
    put_off = 0.0
    for place, part in enumerate(taken):
        left_kw = part * offered(found).get(place, 0.0)
        shares = sorted((s for s in found.shares if s.place == place), key=lambda s: s.cost)
        for share in shares:
            power_kw = min(share.power_kw, left_kw)
            left_kw -= power_kw
            name, side = share.asset.asset_id, int(told.side[place])
            if name in charge:
                one_way = held[name].efficiency ** 0.5
                charge[name] += side * power_kw * HOUR * (one_way if side > 0 else 1 / one_way)
                kept = told.kept_share * held[name].capacity_kwh
                assert min(kept, 0) - 1e-6 <= charge[name] <= held[name].capacity_kwh + 1e-6
                assert charge[name] >= kept - 1e-6
            elif share.asset.shiftable_load is not None:
                put_off += power_kw * HOUR
                assert put_off <= share.asset.shiftable_load.most_kwh + 1e-6
        assert left_kw == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_every_acceptance_can_be_delivered(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same cases each time
    sides = [draw.choice([MORE, LESS, None]) for _ in range(SIZE)]
    wanted = [
        AskedQuarter(index=FIRST + at, direction=side, price_eur_per_kwh=draw.uniform(0, 0.3))
        for at, side in enumerate(sides)
        if side is not None
    ]
    assets = [
        battery(
            capacity_kwh=draw.uniform(1, 8),
            state_of_charge=draw.uniform(0.5, 1),
            efficiency=draw.uniform(0.5, 1),
            wear_eur_per_kwh=draw.uniform(0, 0.2),
        ),
        battery("second", capacity_kwh=draw.uniform(1, 3), state_of_charge=draw.random()),
        plant(curtailment_eur_per_kwh=draw.uniform(0, 0.2)),
        load(longest_shift=draw.randint(1, 6), most_kwh=draw.uniform(0.1, 1)),
    ]
    preference = DayPreference(pod_id="POD-1", day=DAY.on, least_state_of_charge=draw.random() / 2)
    baseline = [draw.uniform(-9, 9) for _ in range(SIZE)]
    bounds = MaxFlexibility(upper_p=draw.uniform(1, 9), down_p=draw.uniform(1, 9))
    second = assets[1].battery
    assert second is not None
    if second.state_of_charge < preference.least_state_of_charge:
        assets.pop(1)  # it holds less than is kept: it gives nothing, and starts below
    told = site(assets, wanted, baseline, preference=preference, bounds=bounds)
    found = plan_site(told)
    for place, power_kw in offered(found).items():
        limit_kw = bounds.upper_p if told.side[place] > 0 else bounds.down_p
        assert power_kw <= limit_kw + 1e-9
    for taken in itertools.product((0.0, 0.5, 1.0), repeat=SIZE):
        _deliver(found, told, taken)


@pytest.mark.parametrize("seed", range(20))
def test_no_other_offer_is_worth_more(seed: int) -> None:
    """All offers of a battery in steps are tried, each against all its acceptances."""
    draw = random.Random(seed)  # noqa: S311 - the same cases each time
    sides = [draw.choice([MORE, LESS]) for _ in range(SIZE)]
    prices = [draw.choice([0.05, 0.1, 0.2]) for _ in range(SIZE)]
    wanted = [
        AskedQuarter(index=FIRST + at, direction=side, price_eur_per_kwh=price)
        for at, (side, price) in enumerate(zip(sides, prices, strict=True))
    ]
    held, efficiency = draw.uniform(0.2, 0.8), draw.choice([0.64, 1.0])
    told = battery(capacity_kwh=4.0, state_of_charge=held, efficiency=efficiency)
    found = plan_site(site([told], wanted))
    worth = sum(power * HOUR * prices[place] for place, power in offered(found).items())
    best = 0.0
    for powers in itertools.product((0.0, 1.0, 2.0, 3.0, 4.0, 5.0), repeat=SIZE):
        if _can_all_be_delivered(powers, sides, held * 4.0, efficiency):
            best = max(best, sum(p * HOUR * at for p, at in zip(powers, prices, strict=True)))
    assert worth >= best - 1e-3
    assert _can_all_be_delivered(
        tuple(offered(found).get(at, 0.0) for at in range(SIZE)), sides, held * 4.0, efficiency
    )


def _can_all_be_delivered(
    powers: tuple[float, ...], sides: list[Side], held_kwh: float, efficiency: float
) -> bool:
    for taken in itertools.product((0.0, 1.0), repeat=SIZE):
        charge = held_kwh
        for part, power, side in zip(taken, powers, sides, strict=True):
            energy = part * power * HOUR
            charge += energy * efficiency**0.5 if side is MORE else -energy / efficiency**0.5
            if not -1e-6 <= charge <= 4.0 + 1e-6:
                return False
    return True
