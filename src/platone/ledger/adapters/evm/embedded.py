"""The embedded chain of a ledger: its file, its one writer, its readers, opened and closed."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.compiler import compiled
from platone.ledger.adapters.evm.deployment import Deployment, deploy
from platone.ledger.adapters.evm.identity import embedded_identity
from platone.ledger.adapters.evm.measure import MeasureChain
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView, ThreadedView
from platone.ledger.adapters.evm.writer import ChainWriter
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.domain.upgrade import Upgrade
from platone.ledger.service.json_rpc import Method
from platone.messages.chain import ChainIdentity


class EmbeddedChain:
    """A chain of this process alone, in one file.

    Args:
        folder: Where its file and the compiled contracts lie.
        keys: The accounts that seal, create the contracts, and use them.
        clock: Where block times come from.
        chain_id: Its number.
        supervisor: Runs its writing.

    Attributes:
        chain: The chain as its writer has it.
        writer: Makes transactions.
        view: Reads state and events.
        deployment: Where the contracts stand.
        figures: Figures for a monitoring system.
        sealer: The address that seals blocks.
    """

    def __init__(
        self, folder: Path, keys: KeyFolder, clock: Clock, chain_id: int, supervisor: Supervisor
    ) -> None:
        sealer = LocalSealer(keys.sealer)
        self._folder, self._keys, self._chain_id = folder, keys, chain_id
        self._store = BlockStore(folder / "chain.db")
        self._reader = self._store.reader()
        self.chain = Chain(self._store, sealer, clock, chain_id)
        self.writer = ChainWriter(self.chain, supervisor)
        self.view = ThreadedView(ContractView(self._reader, chain_id))
        self.deployment = Deployment.by(keys.operator)
        self.figures = MeasureChain(self.chain, self.writer)
        self.sealer = sealer.address

    def methods(self) -> Mapping[str, Method]:
        """Return the calls of JSON-RPC that it answers."""
        client = f"platone/{version('platone')}/py-evm"
        return ChainReads(self._reader, self._chain_id, client).methods()

    async def identity(self) -> ChainIdentity:
        """Return the chain's identity, by which readers of proofs know it.

        Raises:
            ChainUnavailable: It has no block yet.
        """
        return await asyncio.to_thread(
            embedded_identity, self._reader, self._chain_id, self.sealer, self.deployment
        )

    async def open(self) -> None:
        """Verify the chain, or make a new one with its contracts.

        Raises:
            BlockTampered: The chain's file was altered.
        """
        await asyncio.to_thread(self._prepare)

    async def upgrades(self) -> Sequence[Upgrade]:
        """Return no upgrades: one party alone does not replace what was agreed."""
        return ()

    def start(self) -> None:
        """Begin to make blocks."""
        self.writer.start()

    async def stop(self) -> None:
        """Finish what was taken, then close."""
        await self.writer.stop()
        self._reader.close()
        self._store.close()

    def _prepare(self) -> None:
        self.chain.open()
        if self.chain.head.number == 0:
            artifacts = compiled(self._folder)
            deploy(self.chain, artifacts, self._keys.operator, self._keys.administrator)
