"""Market days for which something was sold, found one after the other from their outcomes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta

from platone.aggregator.domain.preference import day_named
from platone.aggregator.domain.problem import MarketDayInvalid
from platone.aggregator.records.trade import TradeRecords
from platone.infra.day_list import DaySpan
from platone.infra.listing import Key, Listed, Part, PlaceUnknown, cut, place_of
from platone.kernel.market_time import MarketDay

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ListDispatchDays:
    """Lists the market days for which a party sold something.

    Args:
        trades: The outcomes that it was told.
        zone: IANA name of the market's zone.
    """

    trades: TradeRecords
    zone: str

    async def __call__(self, party: str, span: DaySpan, part: Part) -> Listed[date]:
        """Return a part of the days of a span that have a dispatch.

        Raises:
            PlaceUnknown: The part does not begin at a day.
        """
        first, end = span.first, span.end
        place = _place(part.after)
        if place is not None and span.newest_first:
            end = min(end, place)
        elif place is not None:
            first = max(first, min(place, end) + _A_DAY)
        found: list[date] = []
        async for day in self._days(party, DaySpan(first, end, span.newest_first)):
            found.append(day)
            if len(found) > part.limit:
                break
        return cut(found, _key, part)

    async def _days(self, party: str, span: DaySpan) -> AsyncIterator[date]:
        """Yield the days one after the other, each found beyond the one before."""
        first, end = span.first, span.end
        while first < end:
            start = await self.trades.sale(
                party,
                MarketDay(first, self.zone).start,
                MarketDay(end, self.zone).start,
                is_newest=span.newest_first,
            )
            if start is None:
                return
            day = MarketDay.holding(start, self.zone).on
            yield day
            first, end = (first, day) if span.newest_first else (day + _A_DAY, end)


def _key(day: date) -> Key:
    return (day.isoformat(),)


def _place(after: str) -> date | None:
    """Return the day after which a part begins; none for the first part."""
    key = place_of(after, (str,))
    try:
        return None if key is None else day_named(str(key[0]))
    except MarketDayInvalid as error:
        raise PlaceUnknown(f"after: {after[:40]!r} is no day.", after=after) from error
