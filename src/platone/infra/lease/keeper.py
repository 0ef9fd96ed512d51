"""Leases: of the workers that share a context's database, one at a time does each step of it.

::

    worker A   holds "outbox", number 7, for 10 s ── renews it every 2 s ── stands still
    worker B   looks every 2 s ─────────────────────────────────────► the 10 s are over: number 8
    worker A   wakes up and writes under number 7 ──► LeaseLost, in that very transaction

All instants are the database's, so that no worker's clock counts. A lease is taken over in a
transaction that holds writers off, as :meth:`Database.transaction` does, and is renewed beside
them: a long transaction keeps nobody from renewing. A worker that has stood still in the middle of
one would hold all others off: that transaction is ended. Leases have a connection of their own, so
that neither load nor a full pool makes a worker look dead.

Where a context has one server only, all its steps are held, and nothing is asked.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import asyncpg
from prometheus_client import Metric
from sqlalchemy import Table

from platone.infra.lease.held import Lease, Sharing
from platone.infra.lease.table import PRESENCE, LeaseRow, LeaseRows
from platone.infra.metric.figure import gauge
from platone.infra.postgresql import Place, connected_as, process_name
from platone.infra.storage import StorageUnavailable
from platone.infra.supervision import Supervisor

_log = logging.getLogger(__name__)
LASTS_S = 10.0
"""How long a lease lasts, s: a step of a worker that has died waits for it; a shorter one would be
lost by what a busy machine does to a process."""
_LOOKS = 5
"""Looks while a lease lasts, in which it is renewed: four in a row fail before one is lost."""
_LOOP = "leases"
_STALLED_S = 60.0
"""How long a look may take before it counts as stalled, s."""

OnNews = Callable[[int], None]
"""Told how many news there are by now."""


def _new_worker() -> str:
    """Return a name of this worker that no other has: its process, and a random end."""
    return f"{process_name()}:{secrets.token_hex(4)}"


def _process(worker: str) -> str:
    """Return the process of a worker, by its name."""
    return worker.rpartition(":")[0]


class Leases:
    """The leases of a context.

    Args:
        context: The context's name.
        url: Where its records are.
        table: The table of its leases.
        steps: The steps' names.
        is_shared: Whether several servers share the records.
        on_news: What is done when another worker has told news, by the name of their row.
        lasts_s: How long a lease lasts, s.
    """

    def __init__(
        self,
        context: str,
        url: str,
        table: Table,
        steps: Sequence[str],
        *,
        is_shared: bool,
        on_news: Mapping[str, OnNews] | None = None,
        lasts_s: float = LASTS_S,
    ) -> None:
        self._is_shared = is_shared
        self._context, self._url = context, url
        self._worker, self._wake = _new_worker(), asyncio.Event()
        sharing = Sharing(url, table, self._wake.set) if is_shared else None
        self._steps = {name: Lease(name, sharing) for name in steps}
        self._presence = Lease(PRESENCE + self._worker, sharing)
        self._on_news = on_news or {}
        self._news: dict[str, int] = {}
        self._lasts_s = lasts_s
        self._connection: asyncpg.Connection | None = None

    def __getitem__(self, name: str) -> Lease:
        """Return the lease of a step."""
        return self._steps[name]

    async def start(self, supervisor: Supervisor) -> None:
        """Take what is free, and go on looking.

        Raises:
            StorageUnavailable: The database is away.
        """
        if self._is_shared:
            await self.look()
            pause_s = self._lasts_s / _LOOKS
            supervisor.start(_LOOP, self._turn, longest_pause_s=pause_s, stalled_s=_STALLED_S)

    async def stop(self, supervisor: Supervisor) -> None:
        """Let all go, when nothing of them is done any more: others take them soon."""
        if not self._is_shared:
            return
        await supervisor.finish(_LOOP, 0)
        with contextlib.suppress(StorageUnavailable):  # then they end by themselves
            async with self._rows() as rows:
                await rows.let_go(list(self._steps))
                await rows.leave()
        for lease in self._steps.values():
            lease.lose()
        self._leave()

    async def look(self) -> None:
        """Renew what is held, take what is free, let go what is too much, and pass news on.

        Raises:
            StorageUnavailable: The database is away: what is held ends in time.
        """
        async with self._rows() as rows:
            await self._renew(rows)
            await self._tell(rows)
            found = await rows.all()
            here = [name for name, row in found.items() if name[0] == PRESENCE and row.free_s < 0]
            await self._end_writers(rows, found)
            share = -(-len(self._steps) // max(len(here), 1))
            await self._take(rows, found, share)
            await self._share_out(rows, share)
        for name, act in self._on_news.items():
            news = found[name].news if name in found else 0
            if self._news.setdefault(name, news) != news:
                self._news[name] = news
                act(news)

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        held = {
            f"{self._context}.{name}": float(each.is_held) for name, each in self._steps.items()
        }
        text = "1 where this server does a step that one worker at a time does, else 0."
        return [gauge("platone_lease_held", text, held, "lease")]

    async def _turn(self) -> None:
        await self.look()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._lasts_s / _LOOKS):
                await self._wake.wait()
        self._wake.clear()

    async def _renew(self, rows: LeaseRows) -> None:
        asked_s = time.monotonic()
        held = [each for each in (self._presence, *self._steps.values()) if each.until_s]
        renewed = await rows.renew({each.name: each.number for each in held})
        for lease in held:
            if lease.name in renewed:
                lease.until_s = asked_s + self._lasts_s
            else:
                lease.lose()
                _log.warning("%s.%s is another worker's by now", self._context, lease.name)

    async def _tell(self, rows: LeaseRows) -> None:
        told = [each for each in self._steps.values() if each.has_news]
        for lease in told:
            lease.has_news = False
        if told:
            await rows.tell([each.name for each in told])

    async def _end_writers(self, rows: LeaseRows, found: Mapping[str, LeaseRow]) -> None:
        """End transactions by which workers that stand still would hold all others off."""
        late = {_process(row.holder) for row in found.values() if row.holder and row.free_s > 0}
        gone = late - {_process(self._worker)}
        if gone:
            schema = Place.of(self._url).schema
            await rows.end_writers([connected_as(schema, each) for each in sorted(gone)])

    async def _take(self, rows: LeaseRows, found: Mapping[str, LeaseRow], share: int) -> None:
        """Take free steps: our share, those of a worker that has gone, and what nobody takes."""
        if not self._presence.until_s:
            await rows.add([self._presence.name])
            await self._take_one(rows, self._presence)
        for lease in self._steps.values():
            row = found.get(lease.name)
            if row is None or lease.until_s or row.free_s < 0:
                continue
            own = sum(1 for each in self._steps.values() if each.until_s)
            if own < share or row.holder or row.free_s > self._lasts_s:
                await self._take_one(rows, lease)

    async def _take_one(self, rows: LeaseRows, lease: Lease) -> None:
        asked_s = time.monotonic()
        is_step = lease is not self._presence
        number = await (rows.take(lease.name) if is_step else rows.take_beside(lease.name))
        if number is not None:
            lease.take(number, asked_s + self._lasts_s)
            if is_step:
                _log.info("%s.%s is done here from now on", self._context, lease.name)

    async def _share_out(self, rows: LeaseRows, share: int) -> None:
        """Let go what is more than our share, as soon as nothing of it is under way."""
        held = [each for each in self._steps.values() if each.until_s]
        for lease in held[share:]:
            if lease.has_left():
                await rows.let_go([lease.name])
                lease.lose()

    @contextlib.asynccontextmanager
    async def _rows(self) -> AsyncIterator[LeaseRows]:
        """Yield the rows on a connection of their own, which is made anew where it was lost."""
        timeout_s = self._lasts_s / 2
        try:
            async with asyncio.timeout(self._lasts_s):
                connection = self._connection
                is_new = connection is None or connection.is_closed()
                if connection is None or is_new:
                    connection = self._connection = await Place.of(self._url).connect()
                rows = LeaseRows(connection, self._worker, self._lasts_s, timeout_s)
                if is_new:
                    await rows.forget_others()
                    await rows.add([*self._steps, *self._on_news])
                yield rows
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._leave()
            raise StorageUnavailable("The database is away.") from error

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
