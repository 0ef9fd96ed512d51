"""What stands already is listed as it was sent, with the way to amend it."""

from datetime import UTC, date, datetime

import msgspec

from platone.dashboard.domain.offer_form import as_sent
from platone.dashboard.domain.standing_service import standing_services
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    ServiceType,
)

DAY = MarketDay(date(2021, 6, 23), "Europe/Rome")
GROUP = Flexibility(
    pod=["AAAA", "BBBB"],
    power=[PowerPoint(index=at, p=30.0, p_price=0.1) for at in (50, 51)],
)


def service(*entries: Flexibility, offered: tuple[Flexibility, ...] = ()) -> RecordedService:
    return RecordedService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id="mine",
        flexibility=list(entries),
        start_time=DAY.start,
        offered=offered,
    )


def test_it_is_told_with_its_span_totals_and_prices() -> None:
    dearer = Flexibility(pod=["CCCC"], power=[PowerPoint(index=47, p=-5.0, p_price=0.3)])
    (row,) = standing_services([service(GROUP, dearer)], DAY)
    assert row.targets == ["AAAA", "BBBB", "CCCC"]
    # quarter-hour 47 is 11:45 in Rome, and 51 ends at 13:00
    assert row.start == datetime(2021, 6, 23, 9, 45, tzinfo=UTC)
    assert row.end == datetime(2021, 6, 23, 11, 0, tzinfo=UTC)
    assert (row.totals_kw, row.prices_eur_per_kwh) == ((-5.0, 30.0), (0.1, 0.3))
    assert row.again is None


def test_a_group_that_was_parted_is_amended_as_it_was_sent() -> None:
    parts = [msgspec.structs.replace(GROUP, pod=[pod]) for pod in ("AAAA", "BBBB")]
    parted = service(*parts, offered=(GROUP,))
    (row,) = standing_services([as_sent(parted)], DAY)
    assert row.again is not None
    assert (row.again["pods"], row.again["p"]) == ("AAAA, BBBB", "30")
    assert as_sent(service(GROUP)) == service(GROUP)


def test_all_of_a_portfolio_is_amended_as_a_whole() -> None:
    many = [f"IT{number:06}" for number in range(101)]
    whole = service(msgspec.structs.replace(GROUP, pod=many))
    (row,) = standing_services([whole], DAY, many[::-1])
    assert row.again is not None
    assert row.again["whole"] == "yes"
    assert "pods" not in row.again
    (row,) = standing_services([whole], DAY, [*many, "MORE"])
    assert row.again is None  # more than may be marked, and not all
    (row,) = standing_services([service(GROUP)], DAY, ["AAAA", "BBBB", "MORE"])
    assert row.again is not None
    assert row.again["pods"] == "AAAA, BBBB"


def test_reactive_power_has_no_total_of_active_power() -> None:
    reactive = Flexibility(
        pod=["AAAA"],
        power=[PowerPoint(index=50, p=0.0, p_price=0.0, q=4.0, q_price=0.2)],
        power_kind=PowerKind.REACTIVE,
    )
    (row,) = standing_services([service(reactive)], DAY)
    assert (row.totals_kw, row.prices_eur_per_kwh) == (None, None)
