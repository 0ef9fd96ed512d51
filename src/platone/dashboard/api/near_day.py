"""The ways from a day to the nearest ones that have something to show."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from platone.dashboard.service.visit import Visitor
from platone.messages.calculated_day import CalculatedDay, CalculatedDays, DayCalculation
from platone.messages.delivery import DispatchDays

_A_DAY = timedelta(days=1)
_NEWEST = {"newestFirst": "true"}
_ONE = {"after": "", "limit": "1"}
"""The first part of a list, of one item."""

Read = Callable[[Mapping[str, str]], Awaitable[Sequence[date]]]
"""Reads the first day of a list, as a query asks for it."""


@dataclass(frozen=True, slots=True)
class NearDays:
    """The nearest days that have something to show.

    Attributes:
        before: The nearest earlier one; none where there is none.
        after: The nearest later one; likewise.
    """

    before: date | None
    after: date | None


async def calculated_near(visitor: Visitor, on: date, network_id: str = "") -> NearDays:
    """Return the nearest days that the DSO's platform has calculated.

    Args:
        visitor: Who visits.
        on: The day.
        network_id: Of which network; empty for any.
    """

    async def read(query: Mapping[str, str]) -> list[date]:
        return [each.day for each in await _calculated(visitor, query, network_id)]

    return await _near(read, on)


async def calculations_on(visitor: Visitor, on: date, network_id: str = "") -> list[DayCalculation]:
    """Return the balanced calculations of a day that are kept, of a network or of any."""
    found = await _calculated(visitor, _from(on), network_id)
    made = found[0].calculations if found and found[0].day == on else []
    return [each for each in made if not each.unbalanced]


async def dispatch_near(visitor: Visitor, on: date) -> NearDays:
    """Return the nearest days for which the visitor has sold something."""
    return await _near(_dispatch(visitor), on)


async def dispatch_day(visitor: Visitor, today: date) -> date:
    """Return the day at which dispatch opens: today if it has some, else the newest that has."""
    read = _dispatch(visitor)
    if today in await read(_from(today)):
        return today
    return next(iter(await read(_NEWEST)), today)


def _dispatch(visitor: Visitor) -> Read:
    async def read(query: Mapping[str, str]) -> list[date]:
        found = await visitor.calls.get("/api/aggregator/dispatch", DispatchDays, {**query, **_ONE})
        return found.days

    return read


async def _calculated(
    visitor: Visitor, query: Mapping[str, str], network_id: str
) -> list[CalculatedDay]:
    of_network = {"networkId": network_id} if network_id else {}
    asked = {**query, **of_network, **_ONE}
    return (await visitor.calls.get("/api/dso/days", CalculatedDays, asked)).days


async def _near(read: Read, on: date) -> NearDays:
    earlier = await read({"to": on.isoformat()} | _NEWEST)
    later = await read(_from(on + _A_DAY))
    return NearDays(next(iter(earlier), None), next(iter(later), None))


def _from(on: date) -> dict[str, str]:
    return {"from": on.isoformat()}
