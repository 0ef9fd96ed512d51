"""A day of the grid: limits by calculation, requests with their quarter-hours, and what was sold.

Figures are those of the Italian day (D2.4): a cable at 259.54 of 212.8 A, and another one that
the market's trades would bring to 30.07 of 19.6 A.
"""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from platone.dashboard.domain.grid_day import (
    asked_rows,
    broken_limits,
    drawn_stage,
    picture_of,
    pictures_at,
    sold_kwh,
)
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    ServiceType,
)
from platone.messages.outcome import AcceptedPower, PodOutcome

NOON = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
DAY = MarketDay(date(2021, 6, 23))
PRICES = 0.2, 0.3, 0.1
"""EUR/kWh, by quarter-hour."""
SPRING, AUTUMN = MarketDay(date(2021, 3, 28)), MarketDay(date(2021, 10, 31))
"""Days of 92 and 100 quarter-hours in Rome."""


def alarm(element: str, value: float, limit: float, later: int = 0, **more: str) -> Alarm:
    at = NOON + later * timedelta(minutes=15)
    return Alarm(element=element, kind="current", value=value, limit=limit, unit="A", at=at, **more)


def test_each_limit_is_followed_through_the_calculations() -> None:
    long, short = alarm("line/a", 259.54, 212.8), alarm("line/a", 220.0, 212.8, 1)
    trades = alarm("line/b", 30.07, 19.6)
    first, second = broken_limits(
        {"forecast": [long, short], "afterMarket": [trades], "validated": []}
    )
    assert (first.element, first.limit, first.unit, first.fate) == ("line/a", 212.8, "A", "cured")
    worst = first.found["forecast"]
    assert worst is not None
    assert (worst.value, worst.at, worst.quarter_hours) == (259.54, NOON, 2)
    assert first.found["afterMarket"] is None
    assert (second.element, second.fate) == ("line/b", "kept from breaking")
    assert list(second.found) == ["forecast", "afterMarket", "validated"]


@pytest.mark.parametrize(
    ("alarms", "fate"),
    [
        ({"forecast": True, "afterMarket": None, "validated": None}, "broken"),
        ({"forecast": True, "afterMarket": True, "validated": None}, "still broken"),
        ({"forecast": False, "afterMarket": True, "validated": True}, "still broken"),
        ({"forecast": True, "afterMarket": True, "validated": False}, "cured"),
        ({"forecast": None, "afterMarket": True, "validated": False}, "cured"),
    ],
)
def test_the_last_calculation_that_was_made_decides(
    alarms: dict[str, bool | None], fate: str
) -> None:
    found = {
        stage: None if broken is None else [alarm("line/a", 2, 1)] * broken
        for stage, broken in alarms.items()
    }
    (limit,) = broken_limits(found)
    assert limit.fate == fate


def test_phases_of_an_element_are_limits_of_their_own() -> None:
    found = broken_limits({"forecast": [alarm("l", 2, 1, phase="A"), alarm("l", 3, 1, phase="B")]})
    assert [each.phase for each in found] == ["A", "B"]


def request(*entries: Flexibility, **more: object) -> RecordedService:
    given = {
        "player_id": "DSO",
        "service_type": ServiceType.DSO_REQUEST,
        "player_service_id": "ask",
        "flexibility": list(entries),
        "asked": (AskedGroup(needs_kw=(-1000.0, -376.74)),),
    }
    return RecordedService(**(given | more))  # type: ignore[arg-type]  # fields by name


def entry(*points: tuple[int, float], **more: object) -> Flexibility:
    power = [PowerPoint(index=index, p=total, p_price=0.1) for index, total in points]
    return Flexibility(**({"pod": ["P-1", "P-2"], "power": power} | more))  # type: ignore[arg-type]


def test_a_request_tells_group_span_total_need_and_price() -> None:
    (row,) = asked_rows([request(entry((50, 5771.04), (51, 5000.0)))], DAY)
    assert row.target == "P-1, P-2"
    assert (row.start, row.end) == (NOON, NOON + timedelta(minutes=30))
    assert row.quarter_hours == 2
    assert row.total_kw == (5000.0, 5771.04)
    assert row.need_kwh == pytest.approx(-1376.74 / 4)
    assert row.price == 0.1


def test_of_several_prices_the_highest_is_the_most_that_is_paid() -> None:
    power = [PowerPoint(index=50 + place, p=1.0, p_price=each) for place, each in enumerate(PRICES)]
    (row,) = asked_rows([request(Flexibility(pod=["P-1"], power=power))], DAY)
    assert row.price == 0.3


def test_offers_others_requests_and_reactive_power_are_left_out() -> None:
    of_tso = request(entry((1, 1.0)), service_type=ServiceType.TSO_REQUEST)
    offer = request(entry((1, 1.0)), service_type=ServiceType.OFFER)
    reactive = request(entry((1, 1.0), power_kind=PowerKind.REACTIVE))
    assert asked_rows([of_tso, offer, reactive], DAY) == []
    behind = request(entry((1, 1.0), pod=None, pom="PoM-7", power_kind=PowerKind.ACTIVE), asked=())
    (row,) = asked_rows([behind], DAY)
    assert (row.target, row.need_kwh) == ("PoM-7", None)
    both = entry((1, 1.0), power_kind=PowerKind.REACTIVE), entry((2, 2.0))
    needs = AskedGroup(needs_kw=(-8.0,)), AskedGroup(needs_kw=(4.0,))
    (row,) = asked_rows([request(*both, asked=needs)], DAY)
    assert (row.total_kw, row.need_kwh) == ((2.0, 2.0), 1.0)


@pytest.mark.parametrize(("day", "count"), [(SPRING, 92), (DAY, 96), (AUTUMN, 100)])
def test_the_last_quarter_hour_ends_with_the_day(day: MarketDay, count: int) -> None:
    (row,) = asked_rows([request(entry((0, 1.0), (count - 1, 1.0)))], day)
    assert (row.start, row.end) == (day.start, day.end)
    (row,) = asked_rows([request(entry((count - 2, 1.0)))], day)
    assert row.end == day.end - timedelta(minutes=15)


def trade(change: float | None, party: str | None, request_id: str | None) -> AcceptedPower:
    return AcceptedPower(
        index=50,
        accepted_p_value=None,
        accepted_p_change=change,
        player_service_id="offer",
        player_request_id=party,
        player_offer_id="A",
        request_service_id=request_id,
    )


def test_what_was_sold_for_a_request_is_energy_of_its_own_trades() -> None:
    trades = [
        trade(-1000.0, "DSO", "ask"),
        trade(-376.74, "DSO", None),
        trade(500.0, "TSO", "ask"),
        trade(50.0, "DSO", "another"),
        trade(None, "DSO", "ask"),
    ]
    pods = [PodOutcome(pod="P-1", power=trades[:2]), PodOutcome(pod="P-2", power=trades[2:])]
    assert sold_kwh(pods, "DSO", "ask") == pytest.approx(-344.185)


@pytest.mark.parametrize("stage", ["forecast", "validated"])
def test_an_alarm_is_seen_in_the_picture_of_its_quarter_hour(stage: str) -> None:
    told = urlsplit(picture_of("low/1 a", DAY, stage, alarm("line & b", 259.54, 212.8, 1)))
    assert unquote(told.path) == "/grid/low/1 a/picture"
    assert told.path.count("/") == 3  # a slash of its name is none of the address
    assert parse_qs(told.query) == {"day": ["2021-06-23"], "stage": [stage]}
    assert parse_qs(told.fragment) == {"at": ["51"], "element": ["line & b"]}  # 12:45 in Rome
    assert "+" not in told.fragment  # a script reads a plus as a plus


def test_a_network_is_seen_before_and_after_the_market() -> None:
    found = pictures_at("low/1 a", DAY, DAY.instant(50))
    for (address, _), stage in zip(found, ["forecast", "validated"], strict=True):
        told = urlsplit(address)
        assert unquote(told.path) == "/grid/low/1 a/picture"
        assert parse_qs(told.query) == {"day": ["2021-06-23"], "stage": [stage]}
        assert parse_qs(told.fragment) == {"at": ["50"]}
    assert [name for _, name in found] == ["before the market", "after, as checked"]


def test_an_alarm_of_no_network_or_of_a_calculation_that_is_not_drawn_has_no_picture() -> None:
    found = alarm("line/a", 259.54, 212.8)
    assert picture_of("", DAY, "forecast", found) == ""
    assert picture_of("low", DAY, "afterMarket", found) == ""
    named = ("forecast", "validated", "afterMarket", "", "other")
    assert [drawn_stage(each) for each in named] == ["forecast", *["validated"] * 4]
