"""The books of a data folder: held against its chain, or written as files; a server may run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from platone.bootstrap.problem import ServerFailed
from platone.bootstrap.records_place import has_records, records_url
from platone.infra.db import Database
from platone.kernel.clock import SystemClock
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView
from platone.ledger.adapters.evm.writer import ChainWriter
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.context import OPERATOR
from platone.ledger.records.agreement import AgreementRecords
from platone.ledger.records.reconcile import ReconcileRecords
from platone.ledger.records.table import metadata
from platone.ledger.service.reconcile import Reconcile
from platone.messages.books import Reconciliation
from platone.settings import Settings

_SETTLES_S = 2.0
"""A moment after which a payment that was under way has come into the books, s."""


def check_books(settings: Settings) -> Reconciliation:
    """Check all books against the chain, and return every difference; nothing is written.

    Args:
        settings: The server's: its data folder, and the number of its chain.

    Raises:
        ServerFailed: There is no data folder of a server.
    """
    return asyncio.run(_check(settings))


async def _check(settings: Settings) -> Reconciliation:
    async with _opened(settings) as reconcile:
        result = await reconcile()
        if not result.is_reconciled:
            await asyncio.sleep(_SETTLES_S)
            result = await reconcile()
        return result


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Reconcile]:
    data, chain_id = settings.data, settings.chain_id
    check_folder(data)
    folder = data / "ledger"
    known, clock = KeyFolder(folder / "keys"), SystemClock()
    store = BlockStore(folder / "chain.db", read_only=True)
    database = Database(records_url(data, "ledger"), metadata)
    writer = ChainWriter(Chain(store, LocalSealer(known.sealer), clock, chain_id))
    view = ContractView(store, chain_id)
    contracts = ContractGateway(writer, view, Deployment.by(known.operator))
    try:
        yield Reconcile(
            ReconcileRecords(database),
            AgreementRecords(database),
            contracts,
            known,
            OPERATOR,
            clock,
            asyncio.Lock(),
        )
    finally:
        await writer.stop()
        store.close()
        await database.close()


def check_folder(data: Path) -> None:
    """Check that a folder is one that a server keeps its books in.

    Raises:
        ServerFailed: It is none.
    """
    folder = data / "ledger"
    if not has_records(data, "ledger"):
        raise ServerFailed(f"{data} is no server's data folder: there are no books in it.")
    for each in (folder / "chain.db", folder / "keys"):
        if not each.exists():
            raise ServerFailed(f"{data} is no server's data folder: there is no {each}.")
