"""The one writer: intents queue up, and one thread makes blocks of them in their order."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from platone.infra.supervision import Supervisor
from platone.ledger.adapters.evm.chain import Chain, Intent, Outcome

BLOCK_INTENTS = 32
"""Transactions in one block: what came together is sealed together, and waits less than a
second."""


class ChainWriter:
    """Makes blocks while the event loop goes on. What came together is sealed together.

    Args:
        chain: The chain; from now on only the writer's thread writes to it.
        supervisor: Runs the writing; by default one of its own.
    """

    def __init__(self, chain: Chain, supervisor: Supervisor | None = None) -> None:
        self._chain = chain
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chain")
        self._waiting: asyncio.Queue[tuple[Intent, asyncio.Future[Outcome]]] = asyncio.Queue()
        self._supervisor = supervisor or Supervisor("chain")
        self._newest: asyncio.Future[Outcome] | None = None
        self._is_started = False

    @property
    def waiting(self) -> int:
        """Return the number of transactions that wait for a block."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin to make blocks."""
        self._supervisor.start("chainWriter", self._turn)
        self._is_started = True

    async def stop(self) -> None:
        """Finish what was taken, then end."""
        if self._is_started:
            await self._waiting.join()
            await self._supervisor.finish("chainWriter", 0)
        self._thread.shutdown()

    async def submit(self, intent: Intent) -> Outcome:
        """Have a transaction made, and return when it is durably in a sealed block.

        Raises:
            TransactionRefused: It cannot enter a block.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._newest = future
        await self._waiting.put((intent, future))
        return await asyncio.shield(future)

    async def is_under_way(self, intent: Intent) -> bool:  # noqa: ARG002 - a chain's writer is asked
        """Return False: what was taken is in a block at once, or was never taken."""
        return False

    async def check_quiet(self, sender: str, contract: bytes) -> None:  # noqa: ARG002 - of anybody
        """Wait until all that was taken so far is in a block, also what nobody waits for."""
        if self._newest is not None and not self._newest.done():
            await asyncio.wait([self._newest])

    async def _turn(self) -> None:
        taken = [await self._waiting.get()]
        while len(taken) < BLOCK_INTENTS and not self._waiting.empty():
            taken.append(self._waiting.get_nowait())
        try:
            await self._seal(taken)
        finally:
            for _ in taken:
                self._waiting.task_done()

    async def _seal(self, taken: Sequence[tuple[Intent, asyncio.Future[Outcome]]]) -> None:
        loop = asyncio.get_running_loop()
        intents = [intent for intent, _ in taken]
        try:
            outcomes = await loop.run_in_executor(self._thread, self._chain.append, intents)
        except Exception as error:  # noqa: BLE001 - whatever it is, each waiting caller hears it
            if len(taken) == 1:
                taken[0][1].set_exception(error)
                return
            for one in taken:  # so that one bad intent stops no other
                await self._seal([one])
            return
        for (_, future), outcome in zip(taken, outcomes, strict=True):
            future.set_result(outcome)
