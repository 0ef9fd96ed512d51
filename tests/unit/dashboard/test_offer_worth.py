"""What offers would earn: the offers of the Italian field test (D3.6, 4), and terms, by hand."""

from datetime import date

import pytest

from platone.dashboard.domain.offer_worth import OfferedQuarter, offered_quarters, spans_of
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    ServiceType,
)
from platone.messages.order import OrderTerms

DAY = MarketDay(date(2021, 6, 23))
FIELD_TEST = {  # baseline kW, offered total kW, price EUR/kWh at quarter-hour 50
    "IT002E61899978": (2278.545, 1278.545, 0.01),
    "IT002E60974469": (4557.09, 4057.09, 0.03),
    "IT002E60550189": (70.38, 570.38, 0.07),
}


def entry(
    pod: str, *points: tuple[int, float, float], order: OrderTerms | None = None
) -> Flexibility:
    power = [PowerPoint(index=index, p=total, p_price=price) for index, total, price in points]
    return Flexibility(pod=[pod], power=power, order=order)


def counted(*entries: Flexibility, baselines: dict[str, float]) -> list[OfferedQuarter]:
    offer = FlexibilityService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id="offer",
        flexibility=list(entries),
    )
    return offered_quarters(offer, DAY, {pod: [kw] * 96 for pod, kw in baselines.items()})


def test_all_of_the_field_test_would_earn_fifteen_euro() -> None:
    """1000 kW at 0.01, 500 kW at 0.03, 500 kW at 0.07, each for a quarter of an hour."""
    found = counted(
        *(entry(pod, (50, total, price)) for pod, (_, total, price) in FIELD_TEST.items()),
        baselines={pod: baseline for pod, (baseline, _, _) in FIELD_TEST.items()},
    )
    assert [each.worth_eur for each in found] == pytest.approx([2.5, 3.75, 8.75])
    assert [each.change_kw for each in found] == pytest.approx([-1000, -500, 500])
    assert {each.at.isoformat() for each in found} == {"2021-06-23T10:30:00+00:00"}


def test_reactive_power_does_not_count_and_hides_nothing_after_it() -> None:
    reactive = Flexibility(
        pod=["P"],
        power=[PowerPoint(index=50, p=0.0, p_price=0.0, q=1.0, q_price=0.1)],
        power_kind=PowerKind.REACTIVE,
    )
    (found,) = counted(reactive, entry("P", (50, 6.0, 0.1)), baselines={"P": 10.0})
    assert found.change_kw == -4.0


def test_without_a_baseline_nothing_is_known_and_nothing_counts() -> None:
    (found,) = counted(entry("P", (0, 10.0, 0.1)), baselines={"Q": 4.0})
    assert (found.change_kw, found.worth_eur) == (None, 0.0)


def test_of_bounded_energy_the_dearest_part_counts() -> None:
    """Three quarter-hours of 4 kW are 3 kWh; of 1.5 kWh one at 0.3 counts, half of that at 0.2."""
    order = OrderTerms(most_energy_kwh=1.5)
    found = counted(
        entry("P", (0, 4.0, 0.1), (1, 4.0, 0.3), (2, 4.0, 0.2), order=order), baselines={"P": 0.0}
    )
    by_price = {each.price_eur_per_kwh: each.counted_kwh for each in found}
    assert by_price == pytest.approx({0.3: 1.0, 0.2: 0.5, 0.1: 0.0})
    assert sum(each.worth_eur for each in found) == pytest.approx(0.4)


def test_of_a_choice_the_option_that_earns_most_counts() -> None:
    """A block of two quarter-hours at 0.1 earns 0.2, one entry at 0.15 less: 0.15."""
    block = OrderTerms(block="morning", option_of="battery")
    found = counted(
        entry("P", (0, 4.0, 0.1), order=block),
        entry("P", (1, 4.0, 0.1), order=block),
        entry("P", (2, 4.0, 0.15), order=OrderTerms(option_of="battery")),
        entry("P", (3, 4.0, 0.5)),
        baselines={"P": 0.0},
    )
    worths = {each.at: each.worth_eur for each in found}
    assert list(worths.values()) == pytest.approx([0.1, 0.1, 0.0, 0.5])


def test_reactive_power_is_left_out() -> None:
    point = PowerPoint(index=0, p=0.0, p_price=0.0, q=5.0, q_price=0.1)
    reactive = Flexibility(pod=["P"], power=[point], power_kind=PowerKind.REACTIVE)
    assert counted(reactive, baselines={"P": 1.0}) == []


def test_neighbours_of_one_price_are_a_span() -> None:
    found = spans_of(
        counted(
            entry("P", (0, 4.0, 0.1), (1, 8.0, 0.1), (3, 4.0, 0.1), (4, 4.0, 0.2)),
            baselines={"P": 0.0},
        )
    )
    told = [(DAY.index(each.start), (each.end - each.start).seconds // 900) for each in found]
    assert told == [(0, 2), (3, 1), (4, 1)]
    assert found[0].changes_kw == (4.0, 8.0)
    assert found[0].worth_eur == pytest.approx(0.3)
