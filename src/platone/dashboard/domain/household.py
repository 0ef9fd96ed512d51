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


def power_in_words(power_kw: float, reader: Reader) -> str:
    """Return how great a power in kW is, without its sign: words beside it say which way it is."""
    return plain_decimal(abs(power_kw), _KW_DIGITS, reader.language)


def agreed_notices(
    day: MarketDay, agreed_kw: Curve, expected_kw: Curve, reader: Reader
) -> list[str]:
    """Return sentences for each run of quarter-hours in which the agreed power is the same.

    Args:
        day: The market day.
        agreed_kw: The agreed powers of its quarter-hours, kW, drawn from the grid.
        expected_kw: The powers without the market, likewise; what is not known is not told.
        reader: Who reads.
    """
    found = []
    for power, run in groupby(enumerate(agreed_kw), key=lambda each: each[1]):
        places = [place for place, _ in run]
        if power is None:
            continue
        first, last = day.instant(places[0]), day.instant(places[-1]) + QUARTER_HOUR
        sold = reader.sentence(
            "accepted" if power >= 0 else "accepted_fed",
            day=reader.day(first),
            span=reader.span(first, last),
            power=power_in_words(power, reader),
        )
        known = [each for each in expected_kw[places[0] : places[-1] + 1] if each is not None]
        if len(known) == len(places):
            without = _flow_in_words(sum(known) / len(known), reader)
            sold += " " + reader.sentence("accepted_instead", power=without)
        found.append(sold)
    return found


def activation_notices(setpoints: Iterable[Setpoint], reader: Reader) -> Iterator[str]:
    """Yield a sentence for each setpoint that a household's plant was told."""
    for each in setpoints:
        powers = [] if each.power_kw is None else [_flow_in_words(each.power_kw, reader)]
        if each.power_kvar is not None:
            powers.append(f"{plain_decimal(each.power_kvar, _KW_DIGITS, reader.language)} kvar")
        yield reader.sentence(
            "activated",
            day=reader.day(each.start_time),
            start=reader.wall(each.start_time),
            power=", ".join(powers),
        )


def _flow_in_words(power_kw: float, reader: Reader) -> str:
    name = "power_drawn" if power_kw >= 0 else "power_fed"
    return reader.told[name].format(power=power_in_words(power_kw, reader))
