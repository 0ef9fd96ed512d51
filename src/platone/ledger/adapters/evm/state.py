"""The state's nodes as the EVM reads and writes them: what is new is collected, not stored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eth.abc import AtomicWriteBatchAPI
from eth.db.atomic import AtomicDBWriteBatch
from eth.db.backends.base import BaseAtomicDB
from lru import LRU

Read = Callable[[bytes], bytes | None]

CACHED_NODES = 20_000
"""State nodes kept in memory: about 10 MB."""


class NodeCache:
    """The nodes that were read before. They never change: their name is their hash."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: LRU[bytes, bytes] = LRU(CACHED_NODES)

    def __call__(self, digest: bytes) -> bytes | None:
        """Return a node by its hash."""
        found: bytes | None = self._known.get(digest)
        if found is None:
            found = self._read(digest)
            if found is not None:
                self._known[digest] = found
        return found


class StateNodes(BaseAtomicDB):
    """A view of the stored nodes, with what an execution adds.

    Attributes:
        fresh: The nodes and codes that were added, by hash.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self.fresh: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        found = self.fresh.get(key)
        if found is None:
            found = self._read(key)
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.fresh[key] = value

    def __delitem__(self, key: bytes) -> None:
        del self.fresh[key]

    def _exists(self, key: bytes) -> bool:
        return key in self.fresh or self._read(key) is not None

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """Return a batch of writes, as the EVM library asks for it."""
        with AtomicDBWriteBatch._commit_unless_raises(self) as batch:  # noqa: SLF001 - the library's own stores do so
            yield batch
