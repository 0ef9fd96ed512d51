"""The chain of a data folder: how it stands, and whether all of it holds; a server may run."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from platone.bootstrap.books import check_chain, check_folder
from platone.bootstrap.network import ledger_network
from platone.bootstrap.opened_chain import keys_of
from platone.bootstrap.records_place import records_url
from platone.infra.db import Database
from platone.ledger.adapters.evm.audit import audit_chain
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.draft import genesis_mark
from platone.ledger.adapters.evm.identity import embedded_identity
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.verification import verify_chain
from platone.ledger.adapters.network.audit import network_faults, network_status
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.terms import NetworkTerms
from platone.ledger.domain.problem import BlockTampered
from platone.ledger.records.certified_record import CertifiedRecords
from platone.ledger.records.table import metadata
from platone.ledger.records.transaction_queue import TransactionQueue
from platone.messages.chain import ChainAudit, ChainStatus
from platone.settings import Settings

_EMBEDDED = "embedded"


def chain_status(settings: Settings) -> ChainStatus:
    """Return how the chain of a data folder stands.

    Raises:
        ServerFailed: There is no data folder of a server.
        ChainUnavailable: The network's node is away.
    """
    check_folder(settings.data)
    check_chain(settings)
    terms = ledger_network(settings)
    return asyncio.run(_embedded_status(settings) if terms is None else _status(settings, terms))


def audit_whole_chain(settings: Settings) -> ChainAudit:
    """Check a chain from its beginning, and return what does not fit; nothing is written.

    Of an embedded chain every seal, link and root is verified, every block executed again, and
    every certification looked up; of a network every certification is held against its receipt.

    Raises:
        ServerFailed: There is no data folder of a server.
        ChainUnavailable: The network's node is away.
    """
    check_folder(settings.data)
    check_chain(settings)
    terms = ledger_network(settings)
    return asyncio.run(_embedded_audit(settings) if terms is None else _audit(settings, terms))


async def _embedded_status(settings: Settings) -> ChainStatus:
    with _stored(settings) as store:
        head = store.head()
        if head is None:
            raise LookupError("The chain has no first block.")
        async with _opened(settings) as database:
            pending = len(await CertifiedRecords(database).pending())
        return ChainStatus(
            place=_EMBEDDED,
            identity=embedded_identity(
                store,
                settings.chain_id,
                LocalSealer(keys_of(settings).sealer).address,
                Deployment.by(keys_of(settings).operator),
            ),
            height=head.number,
            newest_block_at=datetime.fromtimestamp(head.decoded_header.timestamp, UTC),
            confirmations=1,
            pending=pending,
            waiting=0,
        )


async def _embedded_audit(settings: Settings) -> ChainAudit:
    with _stored(settings) as store:
        faults: list[str] = []
        blocks = 0
        try:
            sealer = LocalSealer(keys_of(settings).sealer)
            await asyncio.to_thread(verify_chain, store, sealer, genesis_mark(settings.chain_id))
            blocks = await asyncio.to_thread(audit_chain, store, settings.chain_id)
        except BlockTampered as error:
            faults.append(error.detail)
        async with _opened(settings) as database:
            anchored = await CertifiedRecords(database).anchored()
        faults += [
            f"batch {each.batch}: no transaction {each.transaction.hex()}"
            for each in anchored
            if store.place(each.transaction) is None
        ]
    return ChainAudit(place=_EMBEDDED, blocks=blocks, certifications=len(anchored), faults=faults)


async def _status(settings: Settings, terms: NetworkTerms) -> ChainStatus:
    async with _opened(settings) as database:
        pending = len(await CertifiedRecords(database).pending())
        queue = TransactionQueue(database)
        node = NodeRpc(terms.url, terms.ca_file)
        try:
            return await network_status(node, queue, terms, keys_of(settings), pending)
        finally:
            await node.close()


async def _audit(settings: Settings, terms: NetworkTerms) -> ChainAudit:
    async with _opened(settings) as database:
        trees = await CertifiedRecords(database).anchored()
        node = NodeRpc(terms.url, terms.ca_file)
        try:
            place = Deployment.by(keys_of(settings).operator).certification
            faults = [each async for each in network_faults(node, place, trees)]
        finally:
            await node.close()
        return ChainAudit(place=node.place, blocks=0, certifications=len(trees), faults=faults)


@contextmanager
def _stored(settings: Settings) -> Iterator[BlockStore]:
    store = BlockStore(settings.data / "ledger" / "chain.db", read_only=True)
    try:
        yield store
    finally:
        store.close()


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database(records_url(settings.data, "ledger"), metadata)
    try:
        yield database
    finally:
        await database.close()
