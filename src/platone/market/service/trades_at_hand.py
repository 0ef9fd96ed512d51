"""The quarter-hours of a day that points of delivery trade in, kept while its parts are settled.

Each part of a long outcome asks for those of its points of delivery on the whole day, which no
baseline is made of: 10,000 that sell half a day would read 20 million lines in 40 parts.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from platone.infra.aside import aside
from platone.kernel.market_time import MarketDay
from platone.market.records.news import TRADES
from platone.market.records.unit import MarketRecords

Indices = tuple[int, ...]
"""Quarter-hours of a market day, in order."""


def traded_indices(starts: Sequence[datetime], traded: AbstractSet[datetime] | None) -> Indices:
    """Return the quarter-hours of a day among instants; none where nothing was traded.

    Args:
        starts: The starts of the day's quarter-hours.
        traded: The starts of those in which something was traded, perhaps of other days, too.
    """
    return tuple(index for index, start in enumerate(starts) if start in traded) if traded else ()


class TradesAtHand:
    """The traded quarter-hours of one day, until another day is asked for or a trade is added.

    Args:
        records: The market's records.
    """

    def __init__(self, records: MarketRecords) -> None:
        self._records = records
        self._of: tuple[MarketDay, int] | None = None
        self._pods: dict[str, Indices] = {}

    async def read(self, pods: Iterable[str], day: MarketDay) -> Mapping[str, Indices]:
        """Return the quarter-hours of a day in which points of delivery were traded."""
        async with self._records.reading() as unit:
            of = (day, await unit.news.count(TRADES))
            if of != self._of:
                self._of, self._pods = of, {}
            unread = [pod for pod in pods if pod not in self._pods]
            found = await unit.settlements.traded(unread, day.start, day.end)
        starts = list(day.instants())
        self._pods |= await aside(
            len(unread), lambda: {pod: traded_indices(starts, found.get(pod)) for pod in unread}
        )
        return self._pods
