import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platone.aggregator.domain.delivery import (
    Ordered,
    alarms_of,
    dispatched_quarters,
    measured_kw,
)
from platone.aggregator.domain.dispatch import SiteDispatch, dispatch_site
from platone.aggregator.domain.site import EarlierTrade, Elsewhere, FlexibleSite, flexible_site
from platone.grid.profile.meter_row import MeterRows
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset, Battery, DayPreference, Plant
from platone.messages.plan import AskedQuarter, Side
from platone.messages.registry import PointOfDelivery, PortfolioPod

DAY = MarketDay.holding(datetime(2021, 6, 23, 10, tzinfo=UTC))
FIRST = 48
START = DAY.instant(FIRST)
WINDOW = SessionWindow(DAY, START, DAY.end)
HOUR = 0.25
MORE, LESS = 1, -1


def battery(name: str, **changes: Any) -> Asset:
    told: dict[str, Any] = {
        "capacity_kwh": 10.0,
        "charge_kw": 4.0,
        "discharge_kw": 4.0,
        "efficiency": 1.0,
        "state_of_charge": 0.5,
        "state_at": START,
    }
    return Asset(asset_id=name, pod_id="POD-1", battery=Battery(**told | changes))


def site(
    assets: list[Asset],
    sold: dict[int, float],
    kept: float = 0.0,
    baseline_kw: float = 3.0,
    **more: Any,
) -> FlexibleSite:
    asked = [
        AskedQuarter(
            index=FIRST + place,
            direction=Side.MORE if change > 0 else Side.LESS,
            price_eur_per_kwh=0.0,
        )
        for place, change in sold.items()
    ]
    item = PortfolioPod(pod=PointOfDelivery(pod_id="POD-1", aggregator_id="A", pn_p=40, inp=40))
    wish = DayPreference(pod_id="POD-1", day=DAY.on, least_state_of_charge=kept)
    elsewhere = Elsewhere(more.get("earlier", ()))
    day = [baseline_kw] * 96
    return flexible_site(item, assets, day, WINDOW, asked, preference=wish, elsewhere=elsewhere)


def dispatched(
    assets: list[Asset], sold: dict[int, float], **more: Any
) -> tuple[SiteDispatch, dict[int, dict[str, float]]]:
    found = dispatch_site(site(assets, sold, **more), {at: abs(kw) for at, kw in sold.items()})
    shares: dict[int, dict[str, float]] = {}
    for each in found.shares:
        shares.setdefault(each.place, {})[each.asset.asset_id] = each.power_kw
    return found, shares


def test_the_cheaper_asset_goes_first_within_its_limits() -> None:
    cheap, dear = battery("cheap"), battery("dear", wear_eur_per_kwh=0.1)
    found, shares = dispatched([dear, cheap], {0: -6.0})
    assert shares == {0: {"cheap": 4.0, "dear": pytest.approx(2.0)}}
    assert found.uncovered_kw == {}


def test_energy_is_kept_for_what_is_sold_later() -> None:
    """The cheap one alone could give the first quarter-hour, and would then fail the second."""
    cheap = battery("cheap", capacity_kwh=2.0, discharge_kw=4.0)  # 1 kWh
    dear = battery("dear", capacity_kwh=2.0, discharge_kw=2.0, wear_eur_per_kwh=0.1)  # 1 kWh, 2 kW
    found, shares = dispatched([cheap, dear], {0: -4.0, 1: -4.0})
    assert found.uncovered_kw == {}
    assert shares[0] == shares[1] == {"cheap": pytest.approx(2.0), "dear": pytest.approx(2.0)}


def test_what_comes_in_can_go_out_again() -> None:
    empty = battery("empty", state_of_charge=0.0)
    found, _ = dispatched([empty], {0: 4.0, 1: -4.0})
    assert found.uncovered_kw == {}
    found, _ = dispatched([empty], {0: -4.0, 1: 4.0})
    assert found.uncovered_kw == {0: 4.0}


def test_what_is_missing_is_told_and_another_asset_takes_over() -> None:
    drained, spare = battery("drained", state_of_charge=0.05), battery("spare", wear_eur_per_kwh=1)
    found, shares = dispatched([drained], {0: -4.0})  # half a kWh is 2 kW
    assert found.uncovered_kw == {0: 2.0}
    assert shares[0] == {"drained": pytest.approx(2.0)}
    found, shares = dispatched([drained, spare], {0: -4.0})
    assert found.uncovered_kw == {}
    assert shares[0] == {"drained": pytest.approx(2.0), "spare": pytest.approx(2.0)}


def test_the_customers_charge_stays_and_what_was_given_before_counts() -> None:
    kept, _ = dispatched([battery("one")], {0: -4.0}, kept=0.45)
    assert kept.uncovered_kw == {0: 2.0}
    told = battery("one", state_at=START - timedelta(hours=1), state_of_charge=0.1)
    earlier = [EarlierTrade(START - timedelta(minutes=15), -0.5)]
    after, _ = dispatched([told], {0: -4.0}, earlier=earlier)
    assert after.uncovered_kw == {0: 2.0}


def test_a_plant_is_held_back_as_far_as_it_feeds_in() -> None:
    roof = Asset(asset_id="roof", pod_id="POD-1", plant=Plant(peak_kw=9.0))
    found, shares = dispatched([roof], {0: 5.0}, baseline_kw=-3.0)
    assert found.uncovered_kw == {0: 2.0}
    assert shares == {0: {"roof": 3.0}}


@pytest.mark.parametrize("seed", range(15))
def test_no_other_dispatch_covers_more(seed: int) -> None:
    """Two batteries in steps of 1 kW: every way to share four quarter-hours is tried."""
    draw = random.Random(seed)  # noqa: S311 - the same cases each time
    assets = [
        battery(name, capacity_kwh=3.0, charge_kw=3, discharge_kw=3, state_of_charge=draw.random())
        for name in ("one", "two")
    ]
    sold = {at: float(draw.choice([-4, -2, 2, 4])) for at in range(4)}
    found, _ = dispatched(assets, sold)
    held = [each.battery.state_of_charge * 3.0 for each in assets if each.battery]
    best = 0.0
    for ways in itertools.product(*(_ways(abs(kw)) for kw in sold.values())):
        given = _given(ways, list(sold.values()), held)
        best = max(best, given)
    covered = sum(abs(kw) for kw in sold.values()) - sum(found.uncovered_kw.values())
    assert covered >= best - 0.01


def _ways(most_kw: float) -> list[tuple[float, float]]:
    steps = range(4)
    return [(float(a), float(b)) for a in steps for b in steps if a + b <= most_kw]


def _given(ways: tuple[tuple[float, float], ...], sold: list[float], held: list[float]) -> float:
    """What a way gives altogether, kW; 0 where a battery would run empty or over."""
    charge, total = list(held), 0.0
    for powers, kw in zip(ways, sold, strict=True):
        for place, power in enumerate(powers):
            charge[place] += power * HOUR * (1 if kw > 0 else -1)
            if not -1e-9 <= charge[place] <= 3.0 + 1e-9:
                return 0.0
        total += sum(powers)
    return total


def test_a_deviation_is_what_is_off_by_more_than_a_twentieth() -> None:
    orders = {DAY.instant(FIRST + at): Ordered(90.0, -10.0) for at in range(5)}
    now = DAY.instant(FIRST + 4)
    measured = {
        DAY.instant(FIRST): 90.4,
        DAY.instant(FIRST + 1): 90.6,
        DAY.instant(FIRST + 2): 80.0,
    }
    missing = {DAY.instant(FIRST + 4): ((), 3.0)}
    told = list(dispatched_quarters(orders, DAY, now, measured, missing))
    states = [each.state.value for each in told]
    assert states == ["delivered", "deviates", "deviates", "awaited", "ahead"]
    alarms = list(alarms_of("POD-1", DAY, told, now))
    assert [(each.kind.value, round(each.missing_kw, 6)) for each in alarms] == [
        ("deviates", 0.6),
        ("deviates", -10.0),
        ("uncovered", 3.0),
    ]


def test_a_quarter_hour_is_measured_in_one_or_in_whole_parts() -> None:
    rows = MeterRows()
    start = int(START.timestamp())
    rows.add("POD-1", start, 15, 5.0)
    rows.add("POD-1", start, 15, 6.0)  # a correction comes after
    for part in range(3):
        rows.add("POD-2", start + 300 * part, 5, 1.0)
    rows.add("POD-3", start, 5, 1.0)
    rows.add("POD-4", start, 15, 1.0, is_good=False)
    assert measured_kw(rows) == {("POD-1", START): 24.0, ("POD-2", START): 12.0}
