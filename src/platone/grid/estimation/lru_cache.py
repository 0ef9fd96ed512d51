"""What was made before and may be wanted again: the last used, as many as fit."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Things by their keys, those used last; for any number of threads.

    Args:
        most: How large all of them may be together.
        size: How large one is; none: each counts one.
        least: How many of those used last are kept in any case.
    """

    def __init__(
        self, most: int, size: Callable[[Thing], int] = lambda _: 1, least: int = 1
    ) -> None:
        self._most, self._size, self._least = most, size, least
        self._things: OrderedDict[Key, Thing] = OrderedDict()
        self._total = 0
        self._lock = Lock()

    def get(self, key: Key) -> Thing | None:
        """The thing of a key, if it is still kept."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def put(self, key: Key, thing: Thing) -> None:
        """Keep a thing, in place of what the key had, and let go of what was not used longest."""
        with self._lock:
            self._drop(key)
            self._things[key] = thing
            self._total += self._size(thing)
            while self._total > self._most and len(self._things) > self._least:
                self._drop(next(iter(self._things)))

    def _drop(self, key: Key) -> None:
        thing = self._things.pop(key, None)
        if thing is not None:
            self._total -= self._size(thing)
