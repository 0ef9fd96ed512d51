"""A household's day in its own words: notices of what was agreed, and what its plant was told."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from platone.dashboard.domain.day_picture import Curve
from platone.dashboard.domain.language import Reader
from platone.kernel.figure import plain_decimal
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.registry import Setpoint

_KW_DIGITS = 2
"""Decimals of a power, kW: ten watts."""


def agreed_notices(day: MarketDay, agreed_kw: Curve, reader: Reader) -> list[str]:
    """Return a sentence for each run of quarter-hours in which the agreed power is the same."""
    found = []
    for power, run in groupby(enumerate(agreed_kw), key=lambda each: each[1]):
        places = [place for place, _ in run]
        if power is None:
            continue
        first, last = day.instant(places[0]), day.instant(places[-1]) + QUARTER_HOUR
        found.append(
            reader.sentence(
                "accepted" if power >= 0 else "accepted_fed",
                day=reader.day(first),
                span=reader.span(first, last),
                power=plain_decimal(abs(power), _KW_DIGITS, reader.language),
            )
        )
    return found


def activation_notices(setpoints: Iterable[Setpoint], reader: Reader) -> Iterator[str]:
    """Yield a sentence for each setpoint that a household's plant was told."""
    for each in setpoints:
        powers = ((each.power_kw, "kW"), (each.power_kvar, "kvar"))
        yield reader.sentence(
            "activated",
            day=reader.day(each.start_time),
            start=reader.wall(each.start_time),
            power=", ".join(
                f"{plain_decimal(of, _KW_DIGITS, reader.language)} {unit}"
                for of, unit in powers
                if of is not None
            ),
        )
