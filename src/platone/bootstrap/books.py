"""The books of a data folder: held against its chain, or written as files; a server may run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from platone.bootstrap.opened_chain import keys_of, opened_contracts
from platone.bootstrap.problem import ServerFailed
from platone.bootstrap.records_place import has_records, records_url
from platone.infra.db import Database
from platone.kernel.clock import SystemClock
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
    check_folder(settings.data)
    check_chain(settings)
    database = Database(records_url(settings.data, "ledger"), metadata)
    try:
        async with opened_contracts(settings, database) as contracts:
            yield Reconcile(
                ReconcileRecords(database),
                AgreementRecords(database),
                contracts,
                keys_of(settings),
                OPERATOR,
                SystemClock(),
                asyncio.Lock(),
            )
    finally:
        await database.close()


def check_folder(data: Path) -> None:
    """Check that a folder is one that a server keeps its books in.

    Raises:
        ServerFailed: It is none.
    """
    folder = data / "ledger"
    if not has_records(data, "ledger"):
        raise ServerFailed(f"{data} is no server's data folder: there are no books in it.")
    if not (folder / "keys").exists():
        raise ServerFailed(f"{data} is no server's data folder: there is no {folder / 'keys'}.")


def check_chain(settings: Settings) -> None:
    """Check that a folder has its chain's file, where its chain is embedded.

    Raises:
        ServerFailed: It has none.
    """
    file = settings.data / "ledger" / "chain.db"
    if not settings.ledger_network and not file.exists():
        raise ServerFailed(f"{settings.data} is no server's data folder: there is no {file}.")
