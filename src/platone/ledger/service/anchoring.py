"""The anchoring of kept trees: each root by one transaction, noted when that is there for good."""

import asyncio

from platone.ledger.domain.problem import ChainUnavailable
from platone.ledger.records.certified_record import CertifiedRecords, PendingTree
from platone.ledger.service.ports import Contracts, Keys

_AT_ONCE = 64
"""Trees whose roots are on their way at the same time; the others follow."""
_WAIT_S = 5.0
"""How long who certifies waits for the chain, s: the answer says PENDING afterwards."""


class AnchorTrees:
    """Puts the roots of kept trees on the chain.

    Args:
        records: Where the trees are kept.
        contracts: The chain's contracts.
        keys: The accounts that certify.
        operator: The party whose records the operator's account certifies; the others' are
            certified by the administrator's.
    """

    def __init__(
        self, records: CertifiedRecords, contracts: Contracts, keys: Keys, operator: str
    ) -> None:
        self._records, self._contracts = records, contracts
        self._keys, self._operator = keys, operator
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def __call__(self, wait_s: float | None = _WAIT_S) -> int:
        """Anchor what is pending, and return how many trees of it are now on the chain.

        What is still on its way after a while stays so: it is noted when it is there.

        Args:
            wait_s: How long to wait for it, s; none: to the end.
        """
        trees = await self._records.pending(_AT_ONCE)
        tasks = [self._task(tree) for tree in trees]
        if not tasks:
            return 0
        done, _ = await asyncio.wait(tasks, timeout=wait_s)
        return sum(_is_anchored(task) for task in done)

    async def stop(self) -> None:
        """End what is on its way; the next run takes it up."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _task(self, tree: PendingTree) -> asyncio.Task[None]:
        known = self._tasks.get(tree.batch)
        if known is None:
            known = asyncio.create_task(self._anchor(tree))
            self._tasks[tree.batch] = known
            known.add_done_callback(lambda _: self._tasks.pop(tree.batch, None))
        return known

    async def _anchor(self, tree: PendingTree) -> None:
        is_operator = tree.owner == self._operator
        certifier = self._keys.operator if is_operator else self._keys.administrator
        transaction = await self._contracts.anchor(certifier, tree.root, tree.kind, tree.size)
        await self._records.confirm(tree.batch, transaction)


def _is_anchored(task: asyncio.Task[None]) -> bool:
    """Return whether a tree came onto the chain; not yet where that is away.

    Raises:
        Exception: Something else failed.
    """
    error = task.exception()
    if error is not None and not isinstance(error, ChainUnavailable):
        raise error
    return error is None
