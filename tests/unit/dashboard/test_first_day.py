"""The guide's steps follow what a visitor sees of the session, and its session is the right one."""

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from platone.dashboard.domain.first_day import (
    EXAMPLE,
    EXAMPLE_KW,
    EXAMPLE_PRICES,
    Sight,
    StepState,
    asked_kw,
    clock_moves,
    guided_session,
    last_paid,
    next_session,
    paid_from,
    steps_of,
    trade_starts,
)
from platone.dashboard.domain.trade import PointRow, ServiceRow
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    MarketSession,
    PowerPoint,
    RecordedService,
    ServiceType,
)

DAY = datetime(2021, 6, 22, 22, tzinfo=UTC)
"""Midnight in Rome: 23 June 2021."""
OPENS, CLOSES = datetime(2021, 6, 22, 9, tzinfo=UTC), datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
"""The day-ahead gate, 11:00 to 15:30 on the day before (D2.4 figure 3)."""
NOW, LATER, DONE, HIDDEN = StepState.NOW, StepState.LATER, StepState.DONE, StepState.HIDDEN
ROME = "Europe/Rome"
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC), datetime(2021, 6, 23, 10, 45, tzinfo=UTC)
OFFER = ServiceRow(
    RecordedService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id="offer-1",
        flexibility=[Flexibility(power=[PowerPoint(index=50, p=40.0, p_price=0.05)])],
    ),
    "IT001E00000001",
    (PointRow(DELIVERY[0], 40.0, 0.05),),
)


def session(status: str, name: str = "s", shift: timedelta = timedelta(0)) -> MarketSession:
    return MarketSession(
        id=name,
        market_type=MarketType.DAY_AHEAD,
        start_time=DAY + shift,
        duration=24,
        interval=15,
        status=status,
        gate_opens=OPENS + shift,
        gate_closes=CLOSES + shift,
    )


def states(sight: Sight) -> list[StepState]:
    return [each.state for each in steps_of(sight)]


def test_a_fresh_server_begins_with_the_registration() -> None:
    sight = Sight(now=OPENS, session=session("active"), requests=(), offers=())
    assert [each.key for each in steps_of(sight)] == [
        "register",
        "meter",
        "ask",
        "offer",
        "clear",
        "cut",
        "deliver",
        "pay",
    ]
    assert states(sight) == [NOW] + [LATER] * 7


def test_with_a_baseline_the_meter_the_request_and_the_offer_are_next() -> None:
    sight = Sight(now=OPENS, session=session("created"), baseline_kw=50.0, requests=(), offers=())
    assert states(sight) == [DONE, NOW, NOW, NOW, LATER, LATER, LATER, LATER]


def test_the_clearing_waits_for_both_a_request_and_an_offer() -> None:
    """An outcome compares the two: with one side alone there is nothing to decide (D2.4 3.3)."""
    one = Sight(now=OPENS, session=session("active"), baseline_kw=50.0, requests=(), offers=())
    clear = 4
    for requests, offers, state in (
        ((OFFER,), (), LATER),
        ((), (OFFER,), LATER),
        ((OFFER,), (OFFER,), NOW),
    ):
        assert states(dataclasses.replace(one, requests=requests, offers=offers))[clear] is state


def test_what_is_anothers_is_hidden_and_holds_up_nothing() -> None:
    sight = Sight(
        now=OPENS, session=session("active"), baseline_kw=50.0, requests=None, offers=(OFFER,)
    )
    assert states(sight) == [DONE, NOW, HIDDEN, DONE, NOW, LATER, LATER, LATER]


@pytest.mark.parametrize(
    ("status", "measured", "expected"),
    [
        ("outcome", 0, [DONE, NOW, DONE, DONE, DONE, NOW, LATER, LATER]),
        ("validated", 0, [DONE, NOW, DONE, DONE, DONE, DONE, NOW, LATER]),
        ("validated", 1, [DONE, NOW, DONE, DONE, DONE, DONE, DONE, NOW]),
        ("settled", 1, [DONE] * 8),
        ("partlyPaid", 1, [DONE] * 8),
    ],
)
def test_a_session_that_goes_on_ticks_its_steps(
    status: str, measured: int, expected: list[StepState]
) -> None:
    sight = Sight(now=CLOSES, session=session(status), is_measured=bool(measured))
    assert states(sight) == expected


def test_a_trade_is_not_delivered_before_it_is_measured() -> None:
    assert states(Sight(now=CLOSES, session=session("validated")))[6:] == [NOW, LATER]


def test_a_session_without_a_trade_has_ended_in_vain() -> None:
    sight = Sight(
        now=CLOSES, session=session("notTraded"), baseline_kw=50.0, requests=(), offers=(OFFER,)
    )
    assert sight.is_in_vain
    assert NOW not in states(sight)[2:]
    assert not Sight(now=CLOSES, session=session("settled")).is_in_vain


def test_the_guide_stays_with_a_session_until_it_is_paid() -> None:
    day = timedelta(days=1)
    before = session("settled", "before", -day)
    running, coming = session("outcome", "running"), session("active", "coming", day)
    after = session("created", "after", 2 * day)
    assert guided_session([before, running, coming, after]) == running
    assert guided_session([before, coming, after]) == before
    assert guided_session([after, coming]) == coming
    assert guided_session([before, running, coming], "coming") == coming
    assert guided_session([]) is None
    assert guided_session([session("notTraded")]) is None
    assert next_session([before, running, coming, after], "coming") == after
    sooner = session("created", "real time", timedelta(hours=-1))
    assert guided_session([sooner, coming]) == coming  # which is open: the other takes nothing yet
    assert next_session([sooner, after], "") == sooner
    assert last_paid([before, session("notPaid", "last"), coming]).id == "last"  # type: ignore[union-attr]
    assert last_paid([coming]) is None


def test_the_trade_is_at_half_past_twelve_where_the_session_has_it() -> None:
    assert trade_starts(session("active"), ROME) == DELIVERY[0]  # 12:30 in Rome
    evening = session("active", shift=timedelta(hours=16))  # from 16:00
    assert trade_starts(evening, ROME) == datetime(2021, 6, 23, 14, 30, tzinfo=UTC)
    morning = replace(session("active", shift=timedelta(hours=8, minutes=30)), duration=4)
    assert trade_starts(morning, ROME) == datetime(2021, 6, 23, 7, tzinfo=UTC)  # it ends 12:30


def test_payments_are_due_at_the_end_of_the_window_of_four_hours() -> None:
    assert paid_from(DELIVERY[1], ROME) == datetime(2021, 6, 23, 14, tzinfo=UTC)  # 16:00
    midnight = datetime(2021, 6, 23, 22, tzinfo=UTC)
    assert paid_from(midnight, ROME) == midnight


def test_a_fifth_less_than_the_baseline_is_asked_for() -> None:
    assert (asked_kw(None), asked_kw(50.0), asked_kw(-10.0)) == (40.0, 40.0, -12.0)


def test_the_clock_is_moved_to_the_next_instant_of_the_session() -> None:
    early = OPENS - timedelta(hours=1)
    moves = clock_moves(Sight(now=early, session=session("created")), ROME)
    assert moves == [("the gate opens", OPENS)]
    # the clock is there, and the market has not opened the gate yet: a second press does nothing
    assert clock_moves(Sight(now=OPENS, session=session("created")), ROME) == []
    moves = clock_moves(Sight(now=OPENS, session=session("active")), ROME)
    assert moves == [("the gate closes", CLOSES)]
    told: list[tuple[str, datetime]] = []
    for now in (CLOSES, *DELIVERY):
        sight = Sight(now=now, session=session("validated"), delivery=DELIVERY)
        told += clock_moves(sight, ROME)
    assert told == [
        ("the delivery begins", DELIVERY[0]),
        ("the delivery ends", DELIVERY[1]),
        ("the payment is due", datetime(2021, 6, 23, 14, tzinfo=UTC)),
    ]
    settled = Sight(now=CLOSES, session=session("settled"), delivery=DELIVERY)
    assert clock_moves(settled, ROME) == []


def test_the_examples_sums_come_out_in_whole_cents() -> None:
    """A fifth of 50 kW for a quarter of an hour, 2.5 kWh; 80 % of what it earns."""
    energy_kwh = Decimal(EXAMPLE_KW - asked_kw(EXAMPLE_KW)) / 4
    paid = energy_kwh * Decimal(EXAMPLE_PRICES["offer"])
    tokens = paid * Decimal(EXAMPLE["share"]) / 100
    assert (paid, tokens) == (Decimal("0.1"), Decimal("0.08"))
    assert Decimal(EXAMPLE_PRICES["offer"]) < Decimal(EXAMPLE_PRICES["ask"])
