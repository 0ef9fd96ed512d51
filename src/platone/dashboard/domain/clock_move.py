"""The steps by which a market operator moves a simulated clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.kernel.market_time import MarketDay

_HOUR, _QUARTER = timedelta(hours=1), timedelta(minutes=15)
"""Usual steps of a clock that is moved by hand."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the clock: how a button names it, and the instant that it leads to."""

    name: str
    to: datetime


def next_moves(now: datetime, zone: str) -> tuple[Move, ...]:
    """Return the steps that are offered: a quarter of an hour, an hour, the next midnight."""
    return (
        Move("a quarter of an hour on", now + _QUARTER),
        Move("an hour on", now + _HOUR),
        Move("to the next day", MarketDay.holding(now, zone).end),
    )
