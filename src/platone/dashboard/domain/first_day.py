"""The guide through a first market day: its session, its steps, and how far each has come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import Enum

from platone.dashboard.domain.sale import Sale
from platone.dashboard.domain.trade import ServiceRow
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.session_window import real_time_window
from platone.messages.base import Role
from platone.messages.market import MarketSession
from platone.messages.registry import PointOfDelivery

EXAMPLE = {
    "pod": "IT001E00000001",
    "customer": "CUSTOMER-1",
    "contracted": "100",
    "rise": "40",
    "fall": "40",
    "share": "80",
}
"""A point of delivery that the guide types for a newcomer: a workshop of a hundred kilowatts, whose
customer is one of the parties of the first start."""
EXAMPLE_PRICES = {"ask": "0.1", "offer": "0.04"}
"""The prices that the guide types, EUR/kWh: 2.5 kWh at 0.04 are 0.10 EUR, of which four fifths are
0.08, so that a newcomer computes each sum again in whole cents."""
EXAMPLE_KW = 50.0
"""The example's baseline, kW: half of what is contracted, so that there is room both ways."""
_ASKED_SHARE = 0.2
"""Part of its baseline that the guide asks for: within what the example may fall by."""
_NOON = time(12, 30)
"""Time of the day of the guide's trade, where its session has it: that of the field test."""
_LATER = timedelta(minutes=30)
"""How long after the beginning of another session the guide's trade is."""
_COURSE = ("created", "active", "closed", "outcome", "validated", "settled")
_PAID = frozenset({"settled", "partlyPaid", "notPaid"})
_IN_VAIN = frozenset({"notTraded", "notValidated", "cancelled"})
_RUNNING = frozenset({"closed", "outcome", "validated"})
_PLANNED = "created"
_TO_COME = frozenset({_PLANNED, "active"})


class StepState(Enum):
    """How far a step of the guide has come."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    HIDDEN = "hidden"
    """The visitor's role does not see it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the guide.

    Attributes:
        key: Its name.
        title: What it is called.
        role: The role that acts.
        state: How far it has come.
    """

    key: str
    title: str
    role: Role
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A visitor's view of a market day that is under way; none: it is not shown to them.

    Attributes:
        now: The market's clock.
        session: The guide's session.
        pod: A point of delivery that takes part; none also where there is none yet.
        baseline_kw: Its baseline at the time of the trade, kW; none also where it is not known.
        is_handed_over: Whether the visitor has registered it or given its baseline, and the
            customer database has not answered yet.
        last_reading: When its newest reading began.
        requests: What was asked; none also where that is not shown.
        offers: What was offered, likewise.
        cleared: The fate of the offers by the clearing.
        final: Likewise after the check on the grid.
        delivery: From when until when is delivered what was traded.
        is_measured: Whether all of that time is measured.
        paid_eur: What was paid for it, EUR.
        overridden_by: Who decided in place of the DSO's check; empty where nobody did.
    """

    now: datetime
    session: MarketSession
    sees_pods: bool = True
    pod: PointOfDelivery | None = None
    baseline_kw: float | None = None
    is_handed_over: bool = False
    last_reading: datetime | None = None
    requests: tuple[ServiceRow, ...] | None = None
    offers: tuple[ServiceRow, ...] | None = None
    cleared: Sale | None = None
    final: Sale | None = None
    delivery: tuple[datetime, datetime] | None = None
    is_measured: bool = False
    paid_eur: Decimal | None = None
    overridden_by: str = ""

    @property
    def reached(self) -> int:
        """Return how far the session is in its course; -1 where it ended without a trade."""
        status = "settled" if self.session.status in _PAID else self.session.status
        return _COURSE.index(status) if status in _COURSE else -1

    @property
    def is_in_vain(self) -> bool:
        """Return whether the session ended without a trade."""
        return self.session.status in _IN_VAIN


def steps_of(sight: Sight) -> list[Step]:
    """Return the guide's steps: done, to be taken now, later, or not for the visitor to see."""
    reached, provider = sight.reached, Role.FLEXIBILITY_SERVICE_PROVIDER
    is_cleared, is_final = (
        reached >= _COURSE.index("outcome"),
        reached >= _COURSE.index("validated"),
    )
    is_paid, is_open = reached >= _COURSE.index("settled"), sight.session.status in _TO_COME
    registered = _done(is_cleared or sight.baseline_kw is not None, is_seen=sight.sees_pods)
    metered = _done(is_paid or sight.last_reading is not None, is_seen=sight.sees_pods)
    asked, offered = (
        _done(is_cleared or bool(rows), is_seen=is_cleared or rows is not None)
        for rows in (sight.requests, sight.offers)
    )
    delivered = is_paid or (is_final and sight.is_measured)
    is_ready = registered is not False
    return [
        _step("register", provider, registered, is_ready=True),
        _step("meter", provider, metered, is_ready=is_ready),
        _step("ask", Role.SYSTEM_OPERATOR, asked, is_ready=is_ready and is_open),
        _step("offer", provider, offered, is_ready=is_ready and is_open),
        _step(
            "clear",
            Role.MARKET_OPERATOR,
            is_cleared,
            is_ready=reached > 0 and asked is not False and offered is not False,
        ),
        _step("cut", Role.SYSTEM_OPERATOR, is_final, is_ready=is_cleared),
        _step("deliver", Role.MARKET_OPERATOR, delivered, is_ready=is_final),
        _step("pay", Role.MARKET_OPERATOR, is_paid, is_ready=delivered),
    ]


_TITLES = {
    "register": "Register",
    "meter": "Connect its meter",
    "ask": "Ask",
    "offer": "Offer",
    "clear": "Clear",
    "cut": "Cut to what the grid bears",
    "deliver": "Deliver",
    "pay": "Pay",
}
FIRST_PARTIES = {
    Role.FLEXIBILITY_SERVICE_PROVIDER.value: "ACEAE",
    Role.SYSTEM_OPERATOR.value: "DSO",
    Role.MARKET_OPERATOR.value: "MO",
    Role.CUSTOMER.value: EXAMPLE["customer"],
}
"""The parties of the first start that the guide sends a newcomer to, by their roles' names."""


def _done(is_done: bool, *, is_seen: bool) -> bool | None:  # noqa: FBT001 - what it returns
    return is_done if is_seen else None


def _step(key: str, role: Role, is_done: bool | None, *, is_ready: bool) -> Step:  # noqa: FBT001
    if is_done is None:
        state = StepState.HIDDEN
    elif is_done:
        state = StepState.DONE
    else:
        state = StepState.NOW if is_ready else StepState.LATER
    return Step(key, _TITLES[key], role, state)


def guided_session(sessions: Iterable[MarketSession], asked: str = "") -> MarketSession | None:
    """Return the session that the guide goes through.

    It is the one that was asked for; else one that is on its way from its gate to its payment; else
    the last one that was paid; else the open one whose gate closes next; else the next to open.

    Args:
        sessions: The sessions to choose from.
        asked: The identifier of the one that is wanted; empty for none.
    """
    known = sorted(sessions, key=lambda each: each.gate_closes)
    for wanted in (lambda each: each.id == asked, lambda each: each.status in _RUNNING):
        found = [each for each in known if wanted(each)]
        if found:
            return found[-1]
    return last_paid(known) or next_session(known, "")


def last_paid(sessions: Iterable[MarketSession]) -> MarketSession | None:
    """Return the session that was delivered last of those that were settled."""
    paid = [each for each in sessions if each.status in _PAID]
    return max(paid, key=lambda each: (each.start_time, each.duration), default=None)


def next_session(sessions: Iterable[MarketSession], but: str) -> MarketSession | None:
    """Return the open session whose gate closes next, but for one; without, the next to open."""
    to_come = [each for each in sessions if each.status in _TO_COME and each.id != but]

    def place(each: MarketSession) -> tuple[bool, datetime]:
        is_planned = each.status == _PLANNED
        return is_planned, each.gate_opens if is_planned else each.gate_closes

    return min(to_come, key=place, default=None)


def trade_starts(session: MarketSession, zone: str) -> datetime:
    """Return the start of the quarter-hour that the guide trades in a session, UTC."""
    end = session.start_time + timedelta(hours=session.duration)
    noon = MarketDay.holding(session.start_time, zone).at(_NOON)
    return noon if session.start_time <= noon < end else session.start_time + _LATER


def paid_from(delivered: datetime, zone: str) -> datetime:
    """Return when what is delivered until an instant is due to be settled, UTC."""
    return real_time_window(delivered - QUARTER_HOUR, zone).end


def asked_kw(baseline_kw: float | None) -> float:
    """Return the total that the guide asks for and offers, kW: a fifth less than the baseline."""
    base = EXAMPLE_KW if baseline_kw is None else baseline_kw
    return round(base - _ASKED_SHARE * abs(base), 2)


def clock_moves(sight: Sight, zone: str) -> Sequence[tuple[str, datetime]]:
    """Return the next instant of the session that a simulated clock may be moved to, or nothing.

    Nothing is offered between an instant that was reached and what follows from it: until the gate
    that is due to open has opened, a second press would close it.
    """
    session, moves = sight.session, []
    if session.status == _PLANNED:
        moves += [("the gate opens", session.gate_opens)]
    elif session.status in _TO_COME:
        moves += [("the gate closes", session.gate_closes)]
    if sight.delivery is not None and session.status not in _PAID:
        begins, ends = sight.delivery
        moves += [
            ("the delivery begins", begins),
            ("the delivery ends", ends),
            ("the payment is due", paid_from(ends, zone)),
        ]
    return [(name, at) for name, at in moves if at > sight.now][:1]
