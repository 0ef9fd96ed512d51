"""The choices of a household for a market day, from its forms and in its words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from platone.dashboard.domain.household import power_in_words
from platone.dashboard.domain.language import Reader
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import END_OF_DAY, number_in, wall_in
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.asset import AvailableSpan
from platone.messages.registry import FlexibilityPreference

_PERCENT = 100.0
"""Percent of a whole."""


@dataclass(frozen=True, slots=True)
class AllowedRun:
    """Quarter-hours in which the same may be offered.

    Attributes:
        span: When, in words.
        change: Change from what is expected, in words.
        price_eur_per_kwh: Least price for it.
    """

    span: str
    change: str
    price_eur_per_kwh: float


def span_typed(form: Mapping[str, str], day: MarketDay) -> AvailableSpan:
    """Return the span of a day that a form names by two times of the day.

    Raises:
        FieldWrong: One cannot be read, or there is no quarter-hour between them.
    """
    first, end = (wall_in(form, name) for name in ("from", "to"))
    site = ZoneInfo(day.zone)
    walls = [f"{at.astimezone(site):%H:%M}" for at in day.instants()]
    inside = [index for index, wall in enumerate(walls) if first <= wall < (end or END_OF_DAY)]
    if not inside:
        raise FieldWrong("There is no quarter-hour from the one time to the other.", field="to")
    return AvailableSpan(first_index=inside[0], end_index=inside[-1] + 1)


def kept_share(form: Mapping[str, str]) -> float:
    """Return the part of a battery that a form keeps for its owner.

    Raises:
        FieldWrong: It is no number from 0 to 100.
    """
    percent = number_in(form, "percent", "The part that stays")
    if not 0 <= percent <= _PERCENT:
        raise FieldWrong("The part that stays is not from 0 to 100.", field="percent")
    return percent / _PERCENT


def hours_in_words(hours: Sequence[AvailableSpan], day: MarketDay, reader: Reader) -> str:
    """Return the spans of a day in words, such as `08:00 to 12:00, 14:00 to 18:00`."""
    return ", ".join(
        reader.span(
            day.start + span.first_index * QUARTER_HOUR, day.start + span.end_index * QUARTER_HOUR
        )
        for span in hours
    )


def form_times(hours: Sequence[AvailableSpan], day: MarketDay) -> tuple[str, str]:
    """Return the times of the first span as a form's fields show them; some where there is none."""
    if not hours:
        return "08:00", "18:00"
    site, first = ZoneInfo(day.zone), hours[0]
    start = day.instant(first.first_index).astimezone(site)
    end = (day.instant(first.end_index - 1) + QUARTER_HOUR).astimezone(site)
    is_whole = end.date() != day.on
    return f"{start:%H:%M}", "23:59" if is_whole else f"{end:%H:%M}"


def allowed_runs(
    preferences: Iterable[FlexibilityPreference], day: MarketDay, reader: Reader
) -> list[AllowedRun]:
    """Return the changes that may be offered, alike ones of quarter-hours in a row together."""
    known = sorted(
        preferences, key=lambda each: (each.change_kw, each.price_eur_per_kwh, each.index)
    )

    def run_of(item: tuple[int, FlexibilityPreference]) -> tuple[float, float, int]:
        place, each = item
        return each.change_kw, each.price_eur_per_kwh, each.index - place

    runs = []
    for (change_kw, price, _), members in groupby(enumerate(known), key=run_of):
        indices = [each.index for _, each in members]
        first = day.start + indices[0] * QUARTER_HOUR
        end = day.start + (indices[-1] + 1) * QUARTER_HOUR
        change = _change_in_words(change_kw, reader)
        runs.append((indices[0], AllowedRun(reader.span(first, end), change, price)))
    return [run for _, run in sorted(runs, key=lambda each: each[0])]


def _change_in_words(change_kw: float, reader: Reader) -> str:
    name = "more_power" if change_kw >= 0 else "less_power"
    return reader.told[name].format(power=power_in_words(change_kw, reader))
