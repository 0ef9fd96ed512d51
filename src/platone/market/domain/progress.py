"""How far the payment of a session's trades has come, and whom the session waits for."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.market.domain.calendar import Status
from platone.market.domain.delivery import LineState
from platone.messages.market import WaitsFor

_WAITS_FOR = {
    LineState.ORDERED: WaitsFor.LEDGER,
    LineState.OPEN: WaitsFor.METERED_DATA_ADMINISTRATOR,
    LineState.REFUSED: WaitsFor.MARKET_OPERATOR,
}
"""Whom an unpaid line waits for, by its state; where lines wait for several, the first one here."""


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Unpaid trades of a session in a window that is over.

    Attributes:
        state: The state of their lines of settlement.
        window_start: Start of the first such window.
        window_end: Its end, since when they are due.
    """

    state: LineState
    window_start: datetime
    window_end: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait for somebody.

    Attributes:
        whom: Who has to act.
        since: Since when.
    """

    whom: WaitsFor
    since: datetime


def status_of_payment(paid: int, lines: int) -> Status:
    """Return the state of a session all of whose trades were due.

    Args:
        paid: Trades that are paid, or that come to nothing.
        lines: All of its trades.
    """
    if paid == lines:
        return Status.SETTLED
    return Status.PARTLY_PAID if paid else Status.NOT_PAID


def wait_of(
    status: Status, since: datetime, unpaid: Sequence[Unpaid], held: Container[datetime]
) -> Wait | None:
    """Return whom a session waits for; None where only time has to pass, or nothing is left to do.

    Args:
        status: The session's state.
        since: When it came to that state.
        unpaid: Those of its trades that are delivered and not paid.
        held: Starts of windows to which another session may yet bring trades, once the grid has
            answered to it.
    """
    if status is Status.CLOSED:
        return Wait(WaitsFor.MARKET_OPERATOR, since)
    if status is Status.OUTCOME:
        return Wait(WaitsFor.SYSTEM_OPERATOR, since)
    if status.is_final or not unpaid:
        return None
    order = list(_WAITS_FOR)
    first = min(unpaid, key=lambda each: order.index(each.state))
    is_held = first.state is LineState.OPEN and first.window_start in held
    whom = WaitsFor.SYSTEM_OPERATOR if is_held else _WAITS_FOR[first.state]
    return Wait(whom, first.window_end)
