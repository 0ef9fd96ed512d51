"""The outages of a day as a file: a line for each thing that follows from one of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from platone.dashboard.domain.table_file import Columns
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.outage import DarkIsland, LastingAlarm, OutageResult, ResupplyResult


@dataclass(frozen=True, slots=True)
class Consequence:
    """A thing that follows from an outage.

    Attributes:
        place: Rank of the outage, from 1: the worst.
        outage: The outage.
        what: What follows, in words.
        alarm: The limit that it breaks, where it breaks one.
        island: The part that it leaves without supply, where it leaves one.
        closed: What is closed to supply again, where this is what is left then.
    """

    place: int
    outage: OutageResult
    what: str
    alarm: LastingAlarm | None = None
    island: DarkIsland | None = None
    closed: str = ""

    @property
    def elements(self) -> str:
        """Return the branch or bus that it is about, or the consumers without supply."""
        if self.alarm is not None:
            return self.alarm.element
        return " ".join(self.island.consumers) if self.island is not None else ""


def consequences(outages: Iterable[OutageResult], first: int = 1) -> Iterator[Consequence]:
    """Yield what follows from each outage, and then what its best switching leaves.

    Args:
        outages: The outages, the worst first.
        first: Rank of the first of them.
    """
    for place, outage in enumerate(outages, first):
        found = [
            *_left(place, outage, outage, ""),
            *(
                Consequence(place, outage, f"no solution in {len(outage.unsolved)} quarter-hours")
                for _ in outage.unsolved[:1]
            ),
        ]
        yield from found or [Consequence(place, outage, "nothing")]
        for best in outage.resupply[:1]:
            closed = " ".join(best.closed)
            left = list(_left(place, outage, best, closed))
            if best.unsolved:
                left.append(Consequence(place, outage, "no solution then", closed=closed))
            yield from left or [Consequence(place, outage, "all is supplied again", closed=closed)]


def _left(
    place: int, outage: OutageResult, state: OutageResult | ResupplyResult, closed: str
) -> Iterator[Consequence]:
    for island in state.islands:
        yield Consequence(place, outage, "without supply", island=island, closed=closed)
    for alarm in state.alarms:
        if alarm.is_made_worse:
            yield Consequence(place, outage, f"{alarm.kind} limit", alarm=alarm, closed=closed)


OUTAGES: Columns[Consequence] = {
    "rank": lambda row: row.place,
    "out_of_service": lambda row: row.outage.element,
    "name": lambda row: row.outage.name,
    "closed": lambda row: row.closed,
    "what_follows": lambda row: row.what,
    "elements": lambda row: row.elements,
    "value": lambda row: row.alarm and row.alarm.value,
    "limit": lambda row: row.alarm and row.alarm.limit,
    "unit": lambda row: row.alarm and row.alarm.unit,
    "without_the_outage": lambda row: row.alarm and row.alarm.intact_value,
    "worst_at": lambda row: row.alarm and row.alarm.at,
    "hours": lambda row: row.alarm and row.alarm.quarter_hours / QUARTERS_AN_HOUR,
    "lost_kw": lambda row: row.island and row.island.lost_kw,
    "lost_kwh": lambda row: row.island and row.island.lost_kwh,
}
"""The columns of the file."""
