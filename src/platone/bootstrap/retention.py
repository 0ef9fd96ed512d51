"""The retention of a server: what its contexts keep too long goes, some at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from prometheus_client import Metric
from sqlalchemy import MetaData

from platone.bootstrap.market_clock import MarketClock
from platone.bootstrap.records_place import has_records, records_url
from platone.infra.db import Database
from platone.infra.delivered import DeliveredRecords
from platone.infra.metric.figure import count
from platone.infra.outbox import Outbox
from platone.infra.retention import Ageing, KeptDays
from platone.kernel.clock import Clock, SystemClock
from platone.messages.base import Message
from platone.settings import Settings

_log = logging.getLogger(__name__)
_PAUSE_S = 21_600.0
"""Pause between two passes, s: limits are days, and each pass walks over what stays."""
_BREATH_S = 0.05
"""Pause between two batches, s: whoever writes meanwhile is not held up."""


class Outlook(Message):
    """The amount of one kind of data in one context that would go.

    Attributes:
        context: The context.
        kind: The kind.
        days: How many days it is kept; None: for ever.
        number: How many would go now.
    """

    context: str
    kind: str
    days: int | None
    number: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """The data that a server keeps, and for how long.

    Attributes:
        data: The data folder.
        contexts: The contexts whose records it has.
        days: The limits.
        clock: The market's clock.
    """

    data: Path
    contexts: Iterable[str]
    days: KeptDays
    clock: Clock

    def limit(self, kind: str) -> timedelta | None:
        """Return how old a kind becomes; None: there is no limit."""
        days: int | None = getattr(self.days, kind)
        return None if days is None else timedelta(days=days)

    @property
    def has_limits(self) -> bool:
        """Return whether anything has a limit at all."""
        return self.days != KeptDays()


class RetentionKeeper:
    """Removes what is older than its limit, and counts what it has removed.

    Args:
        keeping: What is kept, and for how long.
        pause_s: Pause between two passes, s.
    """

    def __init__(self, keeping: Keeping, pause_s: float = _PAUSE_S) -> None:
        self._keeping, self._pause_s = keeping, pause_s
        self._removed = dict.fromkeys(KeptDays.__struct_fields__, 0.0)

    async def turn(self) -> None:
        """Remove what is old in each context, and wait for the next pass."""
        for context in self._keeping.contexts:
            async with aged(self._keeping, context) as kinds:
                for each in kinds:
                    await self._remove(context, each)
        await asyncio.sleep(self._pause_s)

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        text = "Records that were older than their limit, and were removed."
        return [count("platone_retention_removed", text, self._removed, "kind")]

    async def _remove(self, context: str, each: Ageing) -> None:
        age = self._keeping.limit(each.kind)
        if age is None:
            return
        number = 0
        try:
            async for some in each.records.remove(each.clock.now(), age):
                number += some
                self._removed[each.kind] += some
                await asyncio.sleep(_BREATH_S)
        finally:
            if number:
                text = "%s: %d %s older than %d days were removed"
                _log.info(text, context, number, each.kind, age.days)


def look_at_retention(settings: Settings) -> list[Outlook]:
    """Return how much of a server's records would go now, whether it runs or not.

    Raises:
        StorageUnavailable: Their database is away.
    """
    clock = MarketClock(settings).clock
    here = (each for each in _KINDS if has_records(settings.data, each))
    return asyncio.run(
        outlook(Keeping(settings.data, here, settings.retention or KeptDays(), clock))
    )


async def outlook(keeping: Keeping) -> list[Outlook]:
    """Return how much would go now, by context and kind; nothing is changed."""
    found: list[Outlook] = []
    for context in keeping.contexts:
        async with aged(keeping, context) as kinds:
            for each in kinds:
                age = keeping.limit(each.kind)
                number = 0 if age is None else await each.records.count(each.clock.now(), age)
                days = None if age is None else age.days
                found.append(Outlook(context=context, kind=each.kind, days=days, number=number))
    return found


@asynccontextmanager
async def aged(keeping: Keeping, context: str) -> AsyncIterator[list[Ageing]]:
    """Open a context's records for a while, and yield the kinds that have a limit.

    Args:
        keeping: Where they are, and by which clock.
        context: The context; its tables are there already.
    """
    made = _KINDS.get(context)
    if made is None:
        yield []
        return
    kinds = made(records_url(keeping.data, context), keeping.clock)
    try:
        yield kinds.ageing
    finally:
        await kinds.database.close()


@dataclass(frozen=True, slots=True)
class _Kinds:
    database: Database
    ageing: list[Ageing]


def _kinds(url: str, metadata: MetaData, outbox: Outbox) -> _Kinds:
    """Return the kinds that every context with an outbox has."""
    database = Database(url, metadata)
    delivered = DeliveredRecords(outbox, database)
    return _Kinds(database, [Ageing("deliveries", delivered, SystemClock())])


def _access(url: str, clock: Clock) -> _Kinds:
    from platone.access.records.retention import RefusedRecords, SignedRecords
    from platone.access.records.table import metadata, outbox

    found = _kinds(url, metadata, outbox)
    found.ageing.append(Ageing("refused_messages", RefusedRecords(found.database), clock))
    found.ageing.append(Ageing("signed_messages", SignedRecords(found.database), clock))
    return found


def _customers(url: str, clock: Clock) -> _Kinds:
    from platone.customers.records.retention import MonthRecords
    from platone.customers.records.table import metadata, outbox

    found = _kinds(url, metadata, outbox)
    found.ageing.append(Ageing("readings", MonthRecords(found.database), clock))
    return found


def _market(url: str, _clock: Clock) -> _Kinds:
    from platone.market.records.table import metadata, outbox

    return _kinds(url, metadata, outbox)


def _dso(url: str, _clock: Clock) -> _Kinds:
    from platone.dso.records.table import metadata, outbox

    return _kinds(url, metadata, outbox)


def _aggregator(url: str, _clock: Clock) -> _Kinds:
    from platone.aggregator.records.table import metadata, outbox

    return _kinds(url, metadata, outbox)


_KINDS: dict[str, Callable[[str, Clock], _Kinds]] = {
    "access": _access,
    "customers": _customers,
    "market": _market,
    "dso": _dso,
    "aggregator": _aggregator,
}
"""The contexts with kinds that have a limit."""
