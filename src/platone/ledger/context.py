"""The Blockchain Service Layer, assembled."""

import asyncio
import logging
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path

from eth_hash.auto import keccak
from fastapi import APIRouter

from platone.infra.db import Database
from platone.infra.http.erasure import erasure_router
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.compiler import compiled
from platone.ledger.adapters.evm.deployment import Deployment, deploy
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.measure import MeasureChain
from platone.ledger.adapters.evm.reads import ChainReads
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView
from platone.ledger.adapters.evm.writer import ChainWriter
from platone.ledger.adapters.invoice_page import invoice_pdf
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.statement_page import statement_pdf
from platone.ledger.api.books import account_router, invoice_router
from platone.ledger.api.certification import certification_router
from platone.ledger.api.contract import (
    agreement_router,
    node_router,
    settlement_router,
    statement_router,
    wallet_router,
)
from platone.ledger.api.proposal import proposal_router
from platone.ledger.api.rpc import rpc_router
from platone.ledger.domain.problem import ContractRefused, ContractsMissing
from platone.ledger.records.agreement import AgreementRecords
from platone.ledger.records.books import BookRecords
from platone.ledger.records.certified_record import CertifiedRecords
from platone.ledger.records.deployment import DeploymentRecords
from platone.ledger.records.document import DocumentRecords
from platone.ledger.records.erasure import ErasureRecords
from platone.ledger.records.journal import Journal
from platone.ledger.records.proposal import ProposalRecords
from platone.ledger.records.reconcile import ReconcileRecords
from platone.ledger.records.settlement import SettlementRecords
from platone.ledger.records.table import metadata
from platone.ledger.records.wallet import WalletRecords
from platone.ledger.service.agreement import Agree, pseudonym
from platone.ledger.service.books import BookPayments, ReadBooks
from platone.ledger.service.certification import Certify
from platone.ledger.service.entry import PayEntries
from platone.ledger.service.erase import ErasePods
from platone.ledger.service.invoice import IssueInvoices
from platone.ledger.service.json_rpc import JsonRpc
from platone.ledger.service.node import RegisterNodes
from platone.ledger.service.proposal import ProposeTerms
from platone.ledger.service.readership import Readership
from platone.ledger.service.reading_check import CheckReadings
from platone.ledger.service.reconcile import Reconcile
from platone.ledger.service.settlement import WAIT_S, Settle
from platone.ledger.service.statement import ReadLines
from platone.ledger.service.wallet import OpenWallets

_log = logging.getLogger(__name__)

CHAIN_ID = 864300
"""The default chain: the number of Platone's grant agreement."""

OPERATOR = "MO"
"""The default market operator's party id."""


class Ledger:
    """The ledger: certification, agreements, payments and devices, on a chain of its own.

    Args:
        database_url: Its records, an SQLAlchemy URL.
        folder: Where the chain's file, the keys and the compiled contracts lie.
        clock: The market's clock; block times come from it.
        operator: The market operator's party id.
        chain_id: The chain's number.
        zone: The market's zone, whose months the books keep.
        wait_s: How long settlements wait for certifications of readings, real seconds.

    Attributes:
        router: The routes.
        supervisor: The background loops.
        figures: The figures for a monitoring system.
        sealer: The address that seals blocks; a reader of proofs may expect it.
        contracts: The contracts' addresses by their names.
        chain_id: The chain's number.
    """

    def __init__(
        self,
        database_url: str,
        folder: Path,
        clock: Clock,
        operator: str = OPERATOR,
        *,
        chain_id: int = CHAIN_ID,
        zone: str = "Europe/Rome",
        wait_s: float = WAIT_S,
    ) -> None:
        self._wait_s = wait_s
        self._zone, self._operator = zone, operator
        self.supervisor = Supervisor("ledger")
        self._folder = folder
        self._clock = clock
        self.chain_id = chain_id
        self._keys = KeyFolder(folder / "keys")
        self._database = Database(database_url, metadata)
        self._open_chain()
        self._assemble(operator)

    def _open_chain(self) -> None:
        sealer = LocalSealer(self._keys.sealer)
        self._deployment = Deployment.by(self._keys.operator)
        self.sealer = sealer.address
        self.contracts = self._deployment.named()
        self._store = BlockStore(self._folder / "chain.db")
        self._reader = self._store.reader()
        self._chain = Chain(self._store, sealer, self._clock, self.chain_id)
        self._writer = ChainWriter(self._chain, self.supervisor)
        self._view = ContractView(self._reader, self.chain_id)
        self.figures = MeasureChain(self._chain, self._writer)

    def _assemble(self, operator: str) -> None:
        self._records = CertifiedRecords(self._database)
        wallets = WalletRecords(self._database)
        agreements = AgreementRecords(self._database)
        journal = Journal(operator, self._zone, self._clock)
        settlements = SettlementRecords(self._database, journal)
        contracts = ContractGateway(self._writer, self._view, self._deployment)
        self._certify = Certify(self._records, contracts, self._keys, self._clock, operator)
        opening = OpenWallets(wallets, contracts, self._keys)
        self._agree = Agree(agreements, contracts, self._keys, opening, self._clock)
        self._proposals = ProposeTerms(
            ProposalRecords(self._database), self._agree, opening, self._clock
        )
        pay = PayEntries(settlements, agreements, contracts, self._keys, operator)
        check = CheckReadings(self._records, contracts, operator)
        self._settle = Settle(settlements, pay, check, self._agree, self._clock, self._wait_s)
        lines = ReadLines(settlements, contracts, operator)
        erased = ErasureRecords(self._database, lambda name: pseudonym(self._keys, name))
        erase = ErasePods(erased, self._agree)
        self.router = APIRouter()
        for router in (
            erasure_router("/api/contracts/erasures", erase, "contracts"),
            certification_router(self._certify, lines, Readership(wallets), erase.check),
            wallet_router(opening, self._agree),
            agreement_router(self._agree, opening),
            proposal_router(self._proposals, opening),
            statement_router(self._agree, opening, lines),
            settlement_router(self._settle),
            node_router(RegisterNodes(contracts, self._keys)),
            self._book_router(journal, contracts, agreements),
            rpc_router(self._json_rpc()),
        ):
            self.router.include_router(router)

    def _book_router(
        self, journal: Journal, contracts: ContractGateway, agreements: AgreementRecords
    ) -> APIRouter:
        books = BookRecords(self._database)
        self._reconcile = Reconcile(
            ReconcileRecords(self._database),
            agreements,
            contracts,
            self._keys,
            self._operator,
            self._clock,
            self._settle.standstill,
        )
        documents = DocumentRecords(self._database)
        router = APIRouter()
        payments = BookPayments(self._database, journal, books)
        draw = partial(statement_pdf, operator=self._operator, zone=self._zone)
        router.include_router(account_router(ReadBooks(books), payments, self._reconcile, draw))
        issue = IssueInvoices(documents, books, self._clock, self._zone)
        render = partial(invoice_pdf, operator=self._operator, zone=self._zone)
        router.include_router(invoice_router(issue, render))
        return router

    def _json_rpc(self) -> JsonRpc:
        reads = ChainReads(self._reader, self.chain_id, f"platone/{version('platone')}/py-evm")
        return JsonRpc({**reads.methods(), "platone_getContracts": lambda: self.contracts})

    async def start(self) -> None:
        """Verify the chain, or make a new one with its contracts; finish what was left pending.

        Raises:
            BlockTampered: The chain's file was altered.
            ContractsMissing: It is not the chain that the keys and records belong to.
        """
        began_s = time.monotonic()
        await self._database.open()
        await asyncio.to_thread(self._prepare_chain)
        await self._check_contracts()
        self._writer.start()
        await self._certify.resume()
        await self._agree.resume()
        await self._proposals.resume()
        await self._settle.resume()
        self.supervisor.start("books", self._reconcile.turn)
        took_s = time.monotonic() - began_s
        _log.info("chain %d, sealed by %s, ready in %.1f s", self.chain_id, self.sealer, took_s)

    async def stop(self) -> None:
        """Finish what was taken, then close."""
        await self.supervisor.finish("books", 0)
        await self._writer.stop()
        self._reader.close()
        self._store.close()
        await self._database.close()

    def _prepare_chain(self) -> None:
        self._chain.open()
        if self._chain.head.number == 0:
            artifacts = compiled(self._folder)
            deploy(self._chain, artifacts, self._keys.operator, self._keys.administrator)

    async def _settles(self) -> bool:
        """Return whether the agreement contract is one that charges who asked."""
        gateway = ContractGateway(self._writer, self._view, self._deployment)
        try:
            return await gateway.charged(self._keys.operator.address) is not None
        except ContractRefused:
            return False

    async def _check_contracts(self) -> None:
        """Compare what stands on the chain with what was noted when it was created."""
        noted = DeploymentRecords(self._database)
        found = {
            name: (address, keccak(self._view.code(bytes.fromhex(address[2:]))).hex())
            for name, address in self.contracts.items()
        }
        known = await noted.contracts()
        empty = keccak(b"").hex()
        if any(code == empty for _, code in found.values()) or known not in ({}, found):
            raise ContractsMissing("The chain's contracts are not those that were created.")
        if not known:
            await noted.save(found)
        if not await self._settles():
            raise ContractsMissing(
                "The chain's contracts are of an earlier version: go on with that version "
                "of the program, or begin in a new data folder."
            )
        last = await self._records.newest_transaction()
        if last is not None and self._view.block_of(last) is None:
            raise ContractsMissing("The chain lacks its newest blocks: a certification is missing.")
