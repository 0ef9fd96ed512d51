"""The chain of a data folder, opened for reading beside a server that may run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from platone.bootstrap.network import ledger_network
from platone.infra.db import Database
from platone.infra.supervision import Supervisor
from platone.kernel.clock import SystemClock
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView, ThreadedView
from platone.ledger.adapters.evm.writer import ChainWriter
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.chain import NetworkChain
from platone.settings import Settings


def keys_of(settings: Settings) -> KeyFolder:
    """Return the keys of a data folder's ledger."""
    return KeyFolder(settings.data / "ledger" / "keys")


@asynccontextmanager
async def opened_contracts(
    settings: Settings, database: Database
) -> AsyncIterator[ContractGateway]:
    """Open the contracts of a data folder, on its own chain or on a network; only to read."""
    terms, keys = ledger_network(settings), keys_of(settings)
    folder = settings.data / "ledger"
    if terms is not None:
        supervisor = Supervisor("reading")
        network = NetworkChain(terms, folder, keys, settings.chain_id, database, supervisor)
        try:
            yield ContractGateway(network.writer, network.view, network.deployment)
        finally:
            await network.stop()
        return
    store = BlockStore(folder / "chain.db", read_only=True)
    chain = Chain(store, LocalSealer(keys.sealer), SystemClock(), settings.chain_id)
    writer, view = ChainWriter(chain), ThreadedView(ContractView(store, settings.chain_id))
    try:
        yield ContractGateway(writer, view, Deployment.by(keys.operator))
    finally:
        await writer.stop()
        store.close()
