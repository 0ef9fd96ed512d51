"""A site as a plan sees it, and programs of its assets, at their edges, worked by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from platone.aggregator.domain.dispatch import SiteDispatch, dispatch_site, dispatch_sites
from platone.aggregator.domain.plan import plan_site
from platone.aggregator.domain.power_program import (
    PlannedShare,
    PowerProgram,
    cost_of,
    most_kw,
    solved,
)
from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.site import (
    EarlierTrade,
    Elsewhere,
    FlexibleSite,
    flexible_site,
    usable_assets,
)
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset, AvailableSpan, Battery, DayPreference, Plant
from platone.messages.asset import ShiftableLoad as Load
from platone.messages.plan import AskedQuarter, Side
from platone.messages.registry import MaxFlexibility, PointOfDelivery, PortfolioPod

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))
FIRST, SIZE = 48, 4
START = DAY.instant(FIRST)
WINDOW = SessionWindow(DAY, START, DAY.instant(FIRST + SIZE))
HOUR = timedelta(hours=1)


def battery(**changes: Any) -> Asset:
    told: dict[str, Any] = {
        "capacity_kwh": 10.0,
        "charge_kw": 5.0,
        "discharge_kw": 4.0,
        "efficiency": 1.0,
        "state_of_charge": 0.5,
        "state_at": START,
    }
    name = changes.pop("name", "cell")
    return Asset(asset_id=name, pod_id="P1", battery=Battery(**told | changes))


def load(**changes: Any) -> Asset:
    told: dict[str, Any] = {"power_kw": 2.0, "longest_shift": 3, "most_kwh": 5.0}
    return Asset(asset_id="boiler", pod_id="P1", shiftable_load=Load(**told | changes))


def plant(**changes: Any) -> Asset:
    return Asset(asset_id="roof", pod_id="P1", plant=Plant(**{"peak_kw": 8.0} | changes))


def site(assets: list[Asset], sides: str, **more: Any) -> FlexibleSite:
    """A site of 3 kW, asked by + and - from the quarter-hour 48 on."""
    asked = [
        AskedQuarter(
            index=FIRST + place,
            direction=Side.MORE if side == "+" else Side.LESS,
            price_eur_per_kwh=0.1,
        )
        for place, side in enumerate(sides)
        if side in "+-"
    ]
    item = PortfolioPod(
        pod=PointOfDelivery(
            pod_id="P1", aggregator_id="A", pn_p=40, inp=20, max_flexibility=more.get("bounds")
        )
    )
    elsewhere = Elsewhere(more.get("earlier", ()), more.get("reserved", ()))
    day = [more.get("kw", 3.0)] * 96
    wish = more.get("wish")
    return flexible_site(item, assets, day, WINDOW, asked, preference=wish, elsewhere=elsewhere)


def test_a_contract_bounds_both_sides() -> None:
    assert site([], "++--").more_kw[:2].tolist() == [37.0, 37.0]  # 40 less 3
    assert site([], "++--").less_kw[:2].tolist() == [23.0, 23.0]  # 3 to 20 fed in
    feeding = site([], "++--", kw=-25.0)
    assert (feeding.more_kw[0], feeding.less_kw[0]) == (65.0, 0.0)
    bounded = site([], "+-", bounds=MaxFlexibility(upper_p=5, down_p=6))
    assert (bounded.more_kw[0], bounded.less_kw[0]) == (5.0, 6.0)


def test_what_is_asked_is_not_free_and_what_was_sold_is_not_asked() -> None:
    wish = DayPreference(
        pod_id="P1", day=DAY.on, hours=(AvailableSpan(first_index=0, end_index=60),)
    )
    sold = [EarlierTrade(DAY.instant(48), -1.0), EarlierTrade(DAY.instant(55), -1.0)]
    found = site([], "+-+", earlier=sold, reserved={57}, wish=wish)
    assert found.side.tolist() == [0, -1, 1, 0]
    assert found.price.tolist() == [0.0, 0.1, 0.1, 0.0]
    asked_or_sold = {48, 49, 50, 55, 57}
    assert [FIRST + at for at in np.flatnonzero(found.free)] == [
        index for index in range(48, 60) if index not in asked_or_sold
    ]
    assert (found.first, found.count, len(found.day_kw)) == (48, 4, 48)
    assert found.kept_share == 0.0
    kept = DayPreference(pod_id="P1", day=DAY.on, least_state_of_charge=0.25)
    assert site([], "+", wish=kept).kept_share == 0.25
    assert site([], "+").kept_share == 0.0


def test_energy_of_other_trades_counts_from_when_the_oldest_state_was_told() -> None:
    earlier = [
        EarlierTrade(START - 3 * HOUR, -8.0),
        EarlierTrade(START - 2 * HOUR, -1.0),
        EarlierTrade(START - HOUR, 2.0),
        EarlierTrade(START + 30 * HOUR, -4.0),  # of the next day
    ]
    old, new = battery(state_at=START - 2 * HOUR), battery(name="new", state_at=START)
    told = site([old, new], "+", earlier=earlier)
    assert told.sold_kwh == (2.0, 5.0)
    assert told.put_off_kwh == 9.0  # of this day, whenever
    assert site([new], "+", earlier=earlier).sold_kwh == (0.0, 4.0)
    assert site([load()], "+", earlier=earlier).sold_kwh == (0.0, 4.0)


def test_a_state_of_two_days_ago_is_still_offered() -> None:
    old = battery(state_at=START - 48 * HOUR)
    older = battery(state_at=START - 48 * HOUR - timedelta(seconds=1))
    assert usable_assets([old, older, load(), plant()], WINDOW) == [old, load(), plant()]


def test_an_asset_gives_what_the_meter_shows_for_sure() -> None:
    drawing, feeding = site([], "+"), site([], "+", kw=-6.0)
    for at, asset, more, kw in (
        (drawing, battery(), True, 5.0),
        (drawing, battery(), False, 4.0),
        (drawing, plant(), True, 0.0),
        (feeding, plant(curtailable_share=0.5), True, 3.0),
        (feeding, plant(peak_kw=4.0), True, 4.0),
        (feeding, plant(), False, 0.0),
        (drawing, load(), False, 2.0),
        (drawing, load(power_kw=9.0), False, 3.0),
        (drawing, load(), True, 0.0),
        (feeding, load(), False, 0.0),
    ):
        assert most_kw(at, asset, 0, more=more) == kw


def test_costs_are_those_of_the_kind() -> None:
    assert cost_of(battery(wear_eur_per_kwh=0.1)) == 0.1
    assert cost_of(plant(curtailment_eur_per_kwh=0.2)) == 0.2
    assert cost_of(load(comfort_eur_per_kwh=0.3)) == 0.3


def test_a_bound_below_nothing_is_nothing() -> None:
    program = PowerProgram()
    column = program.column(3.0, 0.5)
    program.bound({column: 1.0}, -2.0)
    program.equal({column: 2.0}, 4.0)
    assert program.rows == [({0: 1.0}, 0.0), ({0: 2.0}, 4.0), ({0: -2.0}, -4.0)]
    assert (program.most, program.gain) == ([3.0], [0.5])


@pytest.mark.parametrize(
    ("most_kwh", "kept_from", "offered_kwh"),
    [(9.0, 52, 1.0), (9.0, 51, 0.5), (9.0, 50, 0.0), (0.75, 52, 0.75), (0.25, 52, 0.25)],
)
def test_a_load_puts_off_what_comes_back_within_its_shift(
    most_kwh: float, kept_from: int, offered_kwh: float
) -> None:
    """Asked twice, 2 kW may come back in each of the two after, as far as those are free."""
    hours = (AvailableSpan(first_index=0, end_index=kept_from),)
    wish = DayPreference(pod_id="P1", day=DAY.on, hours=hours)
    asset = load(longest_shift=2, most_kwh=most_kwh)
    plan = plan_site(site([asset], "--", wish=wish))
    assert sum(each.power_kw for each in plan.shares) / 4 == pytest.approx(offered_kwh, abs=1e-3)


def test_what_comes_back_keeps_to_the_contract() -> None:
    """At 39.5 of 40 kW half a kW may come back in each of two quarter-hours."""
    asset = load(longest_shift=2)
    plan = plan_site(site([asset], "-", kw=39.5))
    assert [each.power_kw for each in plan.shares] == [pytest.approx(1.0, abs=1e-3)]


def test_charge_is_followed_in_the_order_of_time() -> None:
    """Half a kWh is free: 2 kW go in, out and in again, whatever the order they are told in."""
    asset = battery(capacity_kwh=1.0)
    found = dispatch_site(site([asset], "+-+"), {2: 2.0, 0: 2.0, 1: 2.0})
    assert found.uncovered_kw == {}
    found = dispatch_site(site([asset], "++-"), {2: 2.0, 1: 2.0, 0: 2.0})
    assert sum(found.uncovered_kw.values()) == pytest.approx(2.0, abs=0.01)


def test_half_of_a_batterys_loss_is_on_either_way() -> None:
    """Of 64 % each way keeps 80 %: 2.5 kWh in the cell are 2 kWh at the meter, 8 kW."""
    asset = battery(capacity_kwh=5.0, efficiency=0.64, discharge_kw=20.0, charge_kw=20.0)
    out = dispatch_site(site([asset], "-"), {0: 10.0})
    assert out.uncovered_kw == {0: pytest.approx(2.0, abs=0.002)}
    into = dispatch_site(site([asset], "+"), {0: 15.0})  # 3.125 kWh, 12.5 kW
    assert into.uncovered_kw == {0: pytest.approx(2.5, abs=0.002)}


@pytest.mark.parametrize(
    ("moved_kwh", "count", "left_kw"),
    [
        # 5 kWh are held; each way keeps 80 %: 2 kWh given cost 2.5 kWh, and 2.5 leave 2 kWh: 8 kW
        (-2.0, 1, 8.0),
        (2.5, 1, 22.4),  # 2 kWh were stored: 7 kWh leave 5.6 kWh
        (-9.0, 1, 0.0),  # empty, not less
        (9.0, 1, 32.0),  # full, not more: 10 kWh leave 8 kWh
        (-2.0, 2, 24.0),  # by equal parts: 3.75 kWh in each leave 3 kWh of it
    ],
)
def test_what_was_sold_before_was_in_the_batteries(
    moved_kwh: float, count: int, left_kw: float
) -> None:
    told = {"efficiency": 0.64, "discharge_kw": 60.0, "state_at": START - HOUR}
    cells = [battery(name=f"cell-{number}", **told) for number in range(count)]
    earlier = [EarlierTrade(START - HOUR / 2, moved_kwh)]
    found = dispatch_site(site([*cells, plant()], "-", earlier=earlier), {0: 60.0})
    missing_kw = found.uncovered_kw[0]
    assert 60.0 - missing_kw == pytest.approx(left_kw, abs=0.005)


@pytest.mark.parametrize(
    ("sold_kw", "uncovered"),
    [(4.0015, {}), (4.003, {0: 0.003}), (4.0126, {0: pytest.approx(0.0126, abs=6e-4)})],
)
def test_what_is_missing_is_told_from_two_watts_on(
    sold_kw: float, uncovered: dict[int, float]
) -> None:
    """What is less is the rounding of shares to watts."""
    assert dispatch_site(site([battery()], "-"), {0: sold_kw}).uncovered_kw == uncovered


def test_each_site_has_its_own_dispatch_in_their_order() -> None:
    sites = [site([battery(name=name)], "-") for name in ("one", "two", "three")]
    found = dispatch_sites(sites, [{0: 1.0}, {}, {0: 3.0}])
    assert [
        [(share.asset.asset_id, share.power_kw) for share in each.shares]
        for each in found
        if isinstance(each, SiteDispatch)
    ] == [[("one", 1.0)], [], [("three", 3.0)]]
    with pytest.raises(ValueError, match="zip"):
        dispatch_sites(sites, [{}])


def test_no_more_comes_back_than_was_put_off() -> None:
    """2 kW for a quarter-hour, and three free ones of 2 kW after it: one is enough."""
    plan = plan_site(site([load()], "-"))
    assert [each.power_kw for each in plan.shares] == [2.0]
    assert len(plan.returns) == 1


@pytest.mark.parametrize(("kept_from", "put_off_kw"), [(4, 0.0), (5, 2.0)])
def test_what_is_put_off_comes_back_before_the_day_ends(kept_from: int, put_off_kw: float) -> None:
    """A day that ends with the fifth quarter-hour, which is free or is not."""
    told = site([load(longest_shift=90)], "----")
    arrays = {name: getattr(told, name)[:5] for name in ("day_kw", "more_kw", "less_kw", "free")}
    ending = replace(told, **arrays | {"free": np.arange(5) < kept_from, "side": told.side})
    ending.free[:4] = False
    plan = plan_site(ending)
    assert sum(each.power_kw for each in plan.shares) == pytest.approx(put_off_kw, abs=0.004)
    assert plan.returns == ((4,) if put_off_kw else ())


def test_what_was_put_off_before_counts_of_a_loads_energy() -> None:
    """Of 0.75 kWh that it may put off in a day 0.5 went to an earlier trade: 1 kW is left."""
    earlier = [EarlierTrade(DAY.instant(40), -0.5)]
    plan = plan_site(site([load(most_kwh=0.75)], "-", earlier=earlier))
    assert [each.power_kw for each in plan.shares] == [pytest.approx(1.0, abs=1e-3)]


def test_what_is_put_off_may_come_back_at_once() -> None:
    asset = load(longest_shift=1)
    plan = plan_site(site([asset], "-"))
    assert [each.power_kw for each in plan.shares] == [pytest.approx(2.0, abs=1e-3)]
    assert plan.returns == (1,)


def test_what_has_no_solution_is_told_by_its_point_of_delivery() -> None:
    program = PowerProgram()
    column = program.column(3.0, 0.5)
    program.shares[column] = PlannedShare(0, battery(), 3.0, 0.0)
    program.equal({column: 1.0}, 4.0)
    with pytest.raises(PlanFailed, match="P1: no plan was found") as failed:
        solved(program, "P1")
    assert failed.value.fields == {"podId": "P1"}


def test_powers_are_whole_watts_rounded_down() -> None:
    """0.1 kW that the solver tells as a little less is 100 W; 0.0019 kW is 1 W, 0.0009 none."""
    program = PowerProgram()
    for kw in (0.1, 0.0019, 0.0009, 2.9999):
        column = program.column(kw, 1.0)
        program.shares[column] = PlannedShare(column, battery(), kw, 0.0)
        program.bound({column: 3.0}, 3.0 * kw)
    found = solved(program, "P1")
    assert [(each.place, each.power_kw) for each in found.shares] == [
        (0, 0.1),
        (1, 0.001),
        (3, 2.999),
    ]
    assert solved(PowerProgram(), "P1").shares == ()


@pytest.mark.parametrize(("short_kw", "told_kw"), [(0.5e-7, 0.1), (1.5e-7, 0.099)])
def test_as_much_as_the_solver_may_be_off_is_forgiven(short_kw: float, told_kw: float) -> None:
    """HiGHS keeps bounds to 1e-7 where it is told nothing else: what is short of more is short."""
    program = PowerProgram()
    column = program.column(0.1 - short_kw, 1.0)
    program.shares[column] = PlannedShare(0, battery(), 0.1, 0.0)
    program.bound({column: 1.0}, 1.0)
    assert [each.power_kw for each in solved(program, "P1").shares] == [told_kw]


def test_where_it_comes_back_is_told_in_the_order_of_time() -> None:
    """The most that may be the solver's error, 1e-7 kW, is none that comes back."""
    program = PowerProgram()
    share = program.column(1.0, 1.0)
    program.shares[share] = PlannedShare(0, battery(), 1.0, 0.0)
    for place, kw in ((40, 1.0), (9, 2.0), (17, 1e-7), (2, 0.5)):
        back = program.column(kw, 1.0)
        program.returns[back] = place
    program.bound({share: 1.0}, 1.0)
    assert solved(program, "P1").returns == (2, 9, 40)


def test_a_day_holds_its_first_instant_and_not_its_end() -> None:
    for at, kwh in ((DAY.start, 1.0), (DAY.instant(95), 1.0), (DAY.end, 0.0)):
        told = site([load()], "+", earlier=[EarlierTrade(at, -1.0)])
        assert told.put_off_kwh == kwh


def test_a_site_without_a_dispatch_keeps_the_others_theirs() -> None:
    """No solver takes a bound of 1e30 kW."""
    sites = [site([battery()], "-"), site([battery()], "-")]
    failed, found = dispatch_sites(sites, [{0: 1e30}, {0: 1.0}])
    assert isinstance(failed, PlanFailed)
    assert isinstance(found, SiteDispatch)
    assert [each.power_kw for each in found.shares] == [1.0]
