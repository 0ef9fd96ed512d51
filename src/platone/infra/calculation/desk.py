"""The desk that calculations are handed in at: a bounded queue before some processes.

The event loop passes bytes and does nothing else of a calculation::

    run ──► queue (bounded, urgent ones first) ──► a worker loop ──► its process ──► the answer
     │                                                   │
     │ full: CalculationQueueFull                        ├─ too long: killed, CalculationTooLong
     └ cancelled: out of the queue, or killed            └─ ended: CalculationLost; a new process

A process is started when there is something to calculate, and ended when there has been nothing
for a while.
"""

import asyncio
import contextlib
import logging
import os
import pickle
import shutil
import time
from bisect import insort
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from platone.infra.calculation.problem import (
    CalculationLost,
    CalculationQueueFull,
    CalculationTooLarge,
    CalculationTooLong,
    CalculationUnavailable,
)
from platone.infra.calculation.process import (
    CalculatingProcess,
    ProcessBounds,
    ProcessEnded,
    ProcessShelf,
)
from platone.infra.calculation.worker import Call, Done, Failed, Refused
from platone.infra.supervision import Supervisor

T = TypeVar("T")
Args = TypeVarTuple("Args")

_IDLE_S = 300.0
"""How long a process without work is kept, s: its memory, and the networks it has read."""
_RETRY_S = 5
"""After how many seconds whoever finds the queue full may try again: some calculations' time."""
_log = logging.getLogger(__name__)


def default_processes() -> int:
    """Return how many processes calculate: all cores but one, which serves."""
    return max((os.cpu_count() or 1) - 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculationBounds:
    """The bounds of calculations.

    Attributes:
        processes: Calculations at once.
        queue: Calculations that may wait.
        by_party: Calculations of one party that may wait or run: others always have room.
        longest_s: How long one may run, s.
        process: What each process may have.
    """

    processes: int = field(default_factory=default_processes)
    queue: int = 64
    by_party: int = 32
    longest_s: float = 900.0
    process: ProcessBounds = field(default_factory=ProcessBounds)


@dataclass(slots=True, eq=False)
class Ticket:
    """A calculation that was handed in.

    Attributes:
        order: Its place: urgent ones first, then as the work began that they belong to.
        content: The pickled call.
        answer: Where its answer comes.
        started_s: When it began to run, by the monotonic clock; None while it waits.
        process: The process that makes it.
    """

    order: tuple[bool, int]
    content: bytes
    answer: asyncio.Future[Any]
    started_s: float | None = None
    process: CalculatingProcess | None = None

    def fail(self, problem: Exception) -> None:
        """Answer with a problem, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_exception(problem)


@dataclass(slots=True, eq=False)
class Following:
    """The latest of the calculations that a piece of work hands in.

    Attributes:
        number: The work's number, in the order in which it began; none where each of its
            calculations counts for itself.
        ticket: The calculation.
    """

    number: int | None = None
    ticket: Ticket | None = None


_following: ContextVar[Following | None] = ContextVar("following", default=None)


@contextmanager
def following(work: Following) -> Iterator[None]:
    """Note the calculations that are handed in within the context, and by its tasks."""
    token = _following.set(work)
    try:
        yield
    finally:
        _following.reset(token)


class CalculationDesk:
    """Takes calculations, and has them made in processes of their own.

    Args:
        folder: Where files lie that pass between the server and the processes; it is emptied at
            the start and at the end.
        bounds: How many at once, how many may wait, how long and large each may be.
        shelf: Where processes come from.

    Attributes:
        folder: The same.
        bounds: The same.
        supervisor: The loops that serve the queue, one a process.
    """

    def __init__(
        self,
        folder: Path,
        bounds: CalculationBounds | None = None,
        shelf: ProcessShelf | None = None,
    ) -> None:
        self.folder = folder
        self.bounds = bounds or CalculationBounds()
        self.shelf = shelf or ProcessShelf()
        self.supervisor = Supervisor("calculation")
        self._waiting: list[Ticket] = []
        self._running: set[Ticket] = set()
        self._come = asyncio.Semaphore(0)
        self._number = 0
        self._threads: ThreadPoolExecutor | None = None
        self._workers: list[_Worker] = []

    async def start(self) -> None:
        """Begin to serve; processes are started with the first calculations."""
        await asyncio.to_thread(_emptied, self.folder)
        count = self.bounds.processes
        # a second thread a process closes it while the first still reads
        self._threads = ThreadPoolExecutor(2 * count, thread_name_prefix="calculation")
        self._workers = [_Worker(self, self._threads) for _ in range(count)]
        for number, worker in enumerate(self._workers, start=1):
            self.supervisor.start(f"worker{number}", worker.turn)

    async def stop(self) -> None:
        """End all processes; what waits or runs is answered by CalculationUnavailable."""
        ended = CalculationUnavailable("The server stops.")
        for ticket in [*self._waiting, *self._running]:
            ticket.fail(ended)
        self._waiting.clear()
        for ticket in self._running:
            if ticket.process is not None:
                ticket.process.kill()
        await self.supervisor.stop()
        for worker in self._workers:
            await worker.leave()
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def run(self, do: Callable[[*Args], T], *args: *Args, urgent: bool = False) -> T:
        """Have a calculation made, and return what it returns.

        Args:
            do: A function that can be pickled; what it raises of our problems is raised here.
            args: Its arguments, which are copied.
            urgent: Whether it goes before all that are not: the market waits for it.

        Raises:
            CalculationQueueFull: Too many wait already.
            CalculationLost, CalculationTooLong, CalculationTooLarge: It has no result.
            CalculationUnavailable: No process can be started, or the server stops.
        """
        ticket = self._handed_in(Call(do, args), urgent=urgent)
        try:
            found: T = await ticket.answer
        except asyncio.CancelledError:
            if ticket.process is not None:
                ticket.process.kill()
            raise
        finally:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        return found

    def place(self, ticket: Ticket) -> int:
        """Return a ticket's place among those that wait, from 1; 0 where it does not wait."""
        return self._waiting.index(ticket) + 1 if ticket in self._waiting else 0

    @property
    def load(self) -> tuple[int, int]:
        """Return how many calculations wait, and how many run."""
        return len(self._waiting), len(self._running)

    @property
    def processes(self) -> list[int]:
        """Return the numbers by which the system knows the processes that run now."""
        return [each.process.pid for each in self._workers if each.process is not None]

    def _handed_in(self, call: Call, *, urgent: bool) -> Ticket:
        if self._threads is None:
            raise CalculationUnavailable("The server does not calculate yet, or no more.")
        unfinished = len(self._waiting) + len(self._running)
        if unfinished >= self.bounds.queue + self.bounds.processes:
            raise queue_full(self.bounds.queue)
        content = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        followed = _following.get()
        number = None if followed is None else followed.number
        future = asyncio.get_running_loop().create_future()
        order = (not urgent, self.next_number() if number is None else number)
        ticket = Ticket(order, content, future)
        insort(self._waiting, ticket, key=lambda each: each.order)
        if followed is not None:
            followed.ticket = ticket
        self._come.release()
        return ticket

    def next_number(self) -> int:
        """Return the number of a piece of work that begins now."""
        self._number += 1
        return self._number

    async def next(self) -> Ticket:
        """Wait for the ticket that is first in the queue, and take it out."""
        while True:
            await self._come.acquire()
            if self._waiting:  # else the one that was told of was cancelled
                return self._waiting.pop(0)

    @contextmanager
    def serving(self, ticket: Ticket) -> Iterator[None]:
        """Count a ticket among those that run."""
        ticket.started_s = time.monotonic()
        self._running.add(ticket)
        try:
            yield
        finally:
            self._running.discard(ticket)


def _emptied(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)


def queue_full(bound: int, party: str = "") -> CalculationQueueFull:
    """Return the problem of a queue that holds as many as it may, in all or of a party."""
    text = f"{bound} calculations of {party} are" if party else f"{bound} calculations wait"
    unfinished = " not finished yet." if party else " already."
    return CalculationQueueFull(text + unfinished, waiting=bound, retryAfterS=_RETRY_S)


class _Worker:
    """A loop that takes calculations from the queue, and the process that makes them."""

    def __init__(self, desk: CalculationDesk, threads: ThreadPoolExecutor) -> None:
        self._desk, self._threads = desk, threads
        self._bounds = desk.bounds.process
        self.process: CalculatingProcess | None = None

    async def turn(self) -> None:
        """Take a calculation, and have it made; without work for a while, end the process."""
        try:
            async with asyncio.timeout(None if self.process is None else _IDLE_S):
                ticket = await self._desk.next()
        except TimeoutError:
            await self.leave()
            return
        if ticket.answer.done():
            return
        with self._desk.serving(ticket):
            await self._serve(ticket)

    async def _serve(self, ticket: Ticket) -> None:
        try:
            ticket.process = await self._started()
            async with asyncio.timeout(self._desk.bounds.longest_s):
                answer = await self._in_thread(ticket.process.call, ticket.content)
        except TimeoutError:
            text = f"It was ended after {self._desk.bounds.longest_s:.0f} s."
            ticket.fail(CalculationTooLong(text))
            await self.close()
        except ProcessEnded:
            if not ticket.answer.done():
                _log.error("a calculating process has ended within a calculation")
            ticket.fail(CalculationLost("The process that calculated has ended."))
            await self.close()
        except OSError as error:
            ticket.fail(CalculationUnavailable(f"No process starts: {error.strerror}."))
            raise
        except asyncio.CancelledError:
            ticket.fail(CalculationUnavailable("The server stops."))
            raise
        else:
            await self._tell(ticket, answer)
        finally:
            ticket.process = None

    async def _tell(self, ticket: Ticket, answer: Done | Refused | Failed) -> None:
        if isinstance(answer, Refused):
            ticket.fail(answer.problem)
            if isinstance(answer.problem, CalculationTooLarge):
                await self.close()  # its memory is in pieces
        elif isinstance(answer, Failed):
            ticket.fail(RuntimeError(answer.text))
        elif not ticket.answer.done():
            ticket.answer.set_result(answer.value)

    async def _started(self) -> CalculatingProcess:
        if self.process is not None and self.process.has_ended:
            await self.close()  # after a cancelled calculation, or by the system
        if self.process is None:
            self.process = await self._in_thread(self._desk.shelf.take, self._bounds)
        return self.process

    async def leave(self) -> None:
        """Leave the process to the shelf."""
        process, self.process = self.process, None
        if process is not None:
            await self._in_thread(self._desk.shelf.leave, self._bounds, process)

    async def close(self) -> None:
        """End the process, and wait until it has ended."""
        process, self.process = self.process, None
        if process is not None:
            await self._in_thread(process.close)

    async def _in_thread(self, do: Callable[[*Args], T], *args: *Args) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, *args)
