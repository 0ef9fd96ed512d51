"""Items that come one by one and are taken together, each with a result of its own.

While one group is taken, what comes meanwhile waits and forms the next. So a transaction, which
costs much the same for one item and for many, is shared by all who wait for it, and nobody waits
longer than for the group under way and the own one::

    a ─► taken alone
    b, c, d, a (again) ─► wait ─► b, c, d taken together ─► a
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Generic, TypeVar

from platone.kernel.errors import PlatoneError

Item = TypeVar("Item")
Result = TypeVar("Result")
_log = logging.getLogger(__name__)

MOST_TOGETHER = 64
"""Items of one group: the rows of a transaction stay few enough for milliseconds."""


class Gathering(Generic[Item, Result]):
    """Takes items together. As many wait at most as there are callers, whom their doors bound.

    Args:
        take: Takes a group, and returns a result or an error for each, in order. What it raises
            itself befalls all of a group that is taken alone; others are then taken one by one.
        apart: Names that no two items of one group may share: the later one waits for the next
            group, and so does all that shares a name with it.
    """

    def __init__(
        self,
        take: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]],
        apart: Callable[[Item], Collection[Hashable]] | None = None,
    ) -> None:
        self._take = take
        self._apart = apart or (lambda _item: ())
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._taking: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """Return the result of an item, once its group has been taken."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(self._take_all())
        return await future

    async def _take_all(self) -> None:
        while self._waiting:
            await self._take_group(self._next_group())

    def _next_group(self) -> list[tuple[Item, "asyncio.Future[Result]"]]:
        """Take from those who wait the first ones that may go together."""
        group: list[tuple[Item, asyncio.Future[Result]]] = []
        left: list[tuple[Item, asyncio.Future[Result]]] = []
        names: set[Hashable] = set()
        for item, future in self._waiting:
            if future.done():  # who asked has gone
                continue
            own = self._apart(item)
            if len(group) < MOST_TOGETHER and names.isdisjoint(own):
                group.append((item, future))
            else:
                left.append((item, future))
            names.update(own)
        self._waiting = left
        return group

    async def _take_group(self, group: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._take([item for item, _ in group]) if group else ()
        except BaseException as error:
            if len(group) > 1 and not _befalls_all(error):
                _log.exception("A group of %d failed; each is taken by itself.", len(group))
                for each in group:
                    await self._take_group([each])
                return
            for _, future in group:
                _answer(future, error)
            if isinstance(error, asyncio.CancelledError):
                raise
        else:
            for (_, future), result in zip(group, results, strict=True):
                _answer(future, result)


def _befalls_all(error: BaseException) -> bool:
    """Return whether an error has nothing to do with what was to be taken: a disk, or an end."""
    return isinstance(error, PlatoneError) or not isinstance(error, Exception)


def _answer(
    future: "asyncio.Future[Result]",
    result: Result | BaseException,
) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
