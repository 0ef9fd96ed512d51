"""Transactional outbox: facts are stored with what caused them, and delivered at least once.

A context writes :meth:`Outbox.put` in the same transaction as its own rows. The dispatcher
delivers what is due, in order of entry per destination, and tries again with growing pauses.
A receiver that takes longer than a moment is waited for beside the others, in a lane of its own.
A refusal (4xx) will not change by repetition: the entry is set aside with it, the rest goes on.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.infra.ending import end_tasks
from platone.infra.lease.held import Lease
from platone.infra.outbox_trace import leave_trace
from platone.infra.request_number import working_on
from platone.infra.supervision import Loop, Supervisor
from platone.infra.whole import WholeNumber

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 0.5
"""First pause of a destination that failed, s; each further one is twice as long."""
_LONGEST_PAUSE_S = 30.0
"""Longest pause of a destination, s: a receiver that is back is noticed within it."""
_MOST_PAUSED = 5_000
"""Paused destinations named in one query; SQLite binds up to 32,766 parameters."""
_STOP_S = 5.0
"""How long a stop waits for the delivery under way, s."""
_MOMENT_S = 2.0
"""How long others wait for one receiver's answer, s: most take some hundredths."""
_MOST_LANES = 64
"""Receivers that are waited for beside the others at once; beyond that all wait for one of them."""
_STALLED_S = 300.0
"""How long one delivery may take before the dispatcher counts as stalled, s: twice and more the
longest wait for another party's answer."""
BATCH = 64
"""Messages read from a queue at once."""
_BATCH_BYTES = 16_000_000
"""Bytes of messages read from a queue at once; the parts of a long outcome have half of that."""


class DeliveryRefused(Exception):
    """The receiver understood the message and will never take it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message on its way out.

    Attributes:
        id: Order of entry.
        destination: Where to: the adapter's own word, such as ``POST /api/technicalOutcome``.
        body: The message's bytes.
    """

    id: int
    destination: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Pause:
    """A pause of a destination: until when by the dispatcher's clock, and its length."""

    until_s: float
    length_s: float


Deliver = Callable[[Entry], Awaitable[None]]


class Outbox:
    """The outbox of a context.

    Args:
        metadata: The context's tables; the outbox's is added to them.
    """

    def __init__(self, metadata: MetaData) -> None:
        self.table = Table(
            "outbox",
            metadata,
            Column("id", WholeNumber, primary_key=True, autoincrement=True),
            Column("destination", String, nullable=False),
            Column("body", LargeBinary, nullable=False),
            Column("state", String, nullable=False, default="waiting"),
            Column("answer", String),
            Index("outbox_waiting", "state", "id"),
        )

    async def put(self, connection: AsyncConnection, destination: str, body: bytes) -> None:
        """Add a message inside the caller's transaction."""
        await connection.execute(insert(self.table).values(destination=destination, body=body))

    async def waiting(self, database: Database, paused: Collection[str] = ()) -> list[Entry]:
        """Return the oldest messages that are not delivered yet, except for some destinations.

        There are as many as may be read at once, one at least.
        """
        table = self.table.c
        lengths = (
            select(table.id, func.length(table.body))
            .where(table.state == "waiting", table.destination.not_in(paused))
            .order_by(table.id)
            .limit(BATCH)
        )
        async with database.reading() as connection:
            chosen = first_together((await connection.execute(lengths)).all())
            if not chosen:
                return []
            query = select(table.id, table.destination, table.body).where(table.id.in_(chosen))
            return [Entry(*row) for row in await connection.execute(query.order_by(table.id))]

    async def settle(self, database: Database, entry: Entry, state: str, answer: str = "") -> None:
        """Record the result of a message: "delivered", and when, or "refused", and why."""
        table, change = self.table, update(self.table).where(self.table.c.id == entry.id)
        async with database.transaction() as connection:
            if state == "delivered":  # it lives on at its receiver
                when = delivery_text(datetime.now(UTC))
                await leave_trace(connection, table, entry.id, entry.destination, when)
            else:
                await connection.execute(change.values(state=state, answer=answer))


def delivery_text(instant: datetime) -> str:
    """Return the instant of a delivery as it is recorded: such texts stand in their order."""
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def first_together(lengths: Sequence[Any]) -> list[int]:
    """Return the first of some messages that are not too long together, one at least.

    Args:
        lengths: The number and the length of each.
    """
    chosen: list[int] = []
    total = 0
    for number, length in lengths:
        total += length
        if chosen and total > _BATCH_BYTES:
            break
        chosen.append(number)
    return chosen


class Dispatcher:
    """A background delivery of a context's outbox.

    Args:
        outbox: The outbox.
        database: Its database.
        deliver: Delivers one entry; raises DeliveryRefused for a final no, anything else to
            be tried again.
        supervisor: Runs the delivery; by default one of its own.
        clock: Tells the seconds by which pauses are measured; it never goes back.
        lease: The right to deliver, where several servers share the outbox.
    """

    def __init__(
        self,
        outbox: Outbox,
        database: Database,
        deliver: Deliver,
        supervisor: Supervisor | None = None,
        clock: Callable[[], float] = time.monotonic,
        lease: Lease | None = None,
    ) -> None:
        self._outbox = outbox
        self._database = database
        self._deliver = deliver
        self._wake = asyncio.Event()
        self._supervisor = supervisor or Supervisor("dispatcher")
        self._clock = clock
        self._lease = lease or Lease("outbox")
        self._loop: Loop | None = None
        self._is_stopping = False
        self._pauses: dict[str, _Pause] = {}
        self._lanes: dict[str, asyncio.Task[bool]] = {}

    def start(self) -> None:
        """Begin delivering, with whatever an earlier run left."""
        self._is_stopping = False
        self._loop = self._supervisor.start(
            "outbox", self._lease.held(self._turn), stalled_s=_STALLED_S
        )

    async def stop(self, timeout_s: float = _STOP_S) -> None:
        """Finish the delivery under way and stop; the rest waits for the next start.

        Args:
            timeout_s: How long to wait for the delivery under way, s.
        """
        self._is_stopping = True
        self._wake.set()
        await self._supervisor.finish("outbox", timeout_s)
        if self._lanes:  # what they deliver is sent again after the next start
            await asyncio.wait(self._lanes.values(), timeout=timeout_s)
            await end_tasks(self._lanes.values())

    def wake(self) -> None:
        """Tell that something was put; otherwise the dispatcher looks twice a second."""
        self._wake.set()

    async def _turn(self) -> None:
        self._wake.clear()
        entries = await self._outbox.waiting(self._database, self._paused())
        await self._deliver_all(entries)
        if not entries and not self._is_stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_PAUSE_S):
                    await self._wake.wait()

    def _paused(self) -> list[str]:
        """Return the destinations that failed or still take a message, left alone for now."""
        now = self._clock()
        paused = [where for where, pause in self._pauses.items() if pause.until_s > now]
        return [*self._lanes, *paused[:_MOST_PAUSED]]

    async def _deliver_all(self, entries: list[Entry]) -> None:
        """Deliver in order; a destination that fails holds back only its own later messages."""
        failed: set[str] = set()
        for entry in entries:
            if self._is_stopping:
                break
            if entry.destination in failed:
                continue
            if not await self._deliver_in_lane(entry):
                failed.add(entry.destination)
            if self._loop is not None:
                self._loop.beat()

    async def _deliver_in_lane(self, entry: Entry) -> bool:
        """Return whether a message is done with; one that takes long goes on beside the others."""
        while len(self._lanes) >= _MOST_LANES:
            await asyncio.wait(self._lanes.values(), return_when=asyncio.FIRST_COMPLETED)
        name = "outbox" if self._loop is None else self._loop.name
        with working_on(f"{name}-{entry.id}"):  # what the lane does, and its receiver, tell it
            lane = asyncio.create_task(self._deliver_one(entry))
        try:
            await asyncio.wait([lane], timeout=_MOMENT_S)
        except asyncio.CancelledError:
            await end_tasks([lane])
            raise
        if lane.done():
            return lane.result()
        self._lanes[entry.destination] = lane
        lane.add_done_callback(lambda ended: self._leave(entry.destination, ended))
        return False

    def _leave(self, destination: str, lane: asyncio.Task[bool]) -> None:
        """Note that a destination has taken, or not taken, what it was waited for."""
        self._lanes.pop(destination, None)
        error = None if lane.cancelled() else lane.exception()
        if error is not None:  # the result could not be stored: it is delivered again
            _log.warning("%s: the result of a message is not stored: %r", destination, error)
            self._pause(destination)
        self._wake.set()

    async def _deliver_one(self, entry: Entry) -> bool:
        """Deliver a message, and return whether it is done with; else it is tried again."""
        try:
            await self._deliver(entry)
        except DeliveryRefused as refusal:
            _log.warning("%s refused message %d: %s", entry.destination, entry.id, refusal)
            self._pauses.pop(entry.destination, None)
            await self._outbox.settle(self._database, entry, "refused", str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            _log.info("%s does not take message %d yet: %r", entry.destination, entry.id, error)
            self._pause(entry.destination)
            return False
        else:
            self._pauses.pop(entry.destination, None)
            await self._outbox.settle(self._database, entry, "delivered")
        return True

    def _pause(self, destination: str) -> None:
        """Leave a destination alone, each time for twice as long."""
        before = self._pauses.get(destination)
        length_s = min(2 * before.length_s, _LONGEST_PAUSE_S) if before else _FIRST_PAUSE_S
        self._pauses[destination] = _Pause(self._clock() + length_s, length_s)
