"""The Blockchain Service Layer, assembled."""

import asyncio
import logging
import time
from functools import partial
from pathlib import Path

from eth_hash.auto import keccak
from fastapi import APIRouter

from platone.infra.db import Database
from platone.infra.http.erasure import erasure_router
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.ledger.adapters.evm.embedded import EmbeddedChain
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.port import LedgerChain
from platone.ledger.adapters.invoice_page import invoice_pdf
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.chain import NetworkChain
from platone.ledger.adapters.network.terms import NetworkTerms
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
from platone.ledger.api.rpc import chain_router, rpc_router
from platone.ledger.domain.problem import ChainUnavailable, ContractRefused, ContractsMissing
from platone.ledger.domain.upgrade import came_by_upgrades
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
from platone.ledger.service.anchoring import AnchorTrees
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

_START_S = 10.0
"""How long a start waits for a network and its contracts, s: afterwards the server does without."""
_PAUSE_S = 5.0
"""Pause after which certifications that the network did not take are tried again, s."""

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
        network: The network on which the contracts live; none: on a chain of its own.

    Attributes:
        router: The routes.
        supervisor: The background loops.
        figures: The figures for a monitoring system.
        sealer: The address that seals blocks, which a reader of proofs may expect; empty on a
            network.
        contracts: The contracts' addresses by their names.
        chain_id: The chain's number.
    """

    def __init__(  # noqa: PLR0913 - what a ledger is made of
        self,
        database_url: str,
        folder: Path,
        clock: Clock,
        operator: str = OPERATOR,
        *,
        chain_id: int = CHAIN_ID,
        zone: str = "Europe/Rome",
        wait_s: float = WAIT_S,
        network: NetworkTerms | None = None,
    ) -> None:
        self._wait_s = wait_s
        self._zone, self._operator = zone, operator
        self.supervisor = Supervisor("ledger")
        self._folder = folder
        self._clock = clock
        self.chain_id = chain_id
        self._keys = KeyFolder(folder / "keys")
        self._database = Database(database_url, metadata)
        self._is_embedded = network is None
        self._chain = self._made_chain(network)
        self.sealer, self.figures = self._chain.sealer, self._chain.figures
        self.contracts = self._chain.deployment.named()
        self._has_begun = asyncio.Event()
        self._assemble(operator)

    def _made_chain(self, network: NetworkTerms | None) -> LedgerChain:
        folder, keys, number = self._folder, self._keys, self.chain_id
        if network is None:
            return EmbeddedChain(folder, keys, self._clock, number, self.supervisor)
        return NetworkChain(network, folder, keys, number, self._database, self.supervisor)

    def _assemble(self, operator: str) -> None:
        self._records = CertifiedRecords(self._database)
        wallets = WalletRecords(self._database)
        agreements = AgreementRecords(self._database)
        journal = Journal(operator, self._zone, self._clock)
        settlements = SettlementRecords(self._database, journal)
        chain = self._chain
        contracts = ContractGateway(chain.writer, chain.view, chain.deployment)
        anchor = AnchorTrees(self._records, contracts, self._keys, operator)
        self._certify = Certify(self._records, contracts, anchor, self._clock)
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
        erase = ErasePods(erased, self._agree, self._clock)
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
            chain_router(chain.identity),
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
        own = {"platone_getContracts": lambda: self.contracts}
        return JsonRpc({**self._chain.methods(), **own})

    async def start(self) -> None:
        """Verify the chain, or make a new one with its contracts; finish what was left pending.

        Where the contracts live on a network that is away, certifications wait until it is back.

        Raises:
            BlockTampered: The chain's file was altered.
            ContractsMissing: It is not the chain that the keys and records belong to.
        """
        began_s = time.monotonic()
        await self._database.open()
        if self._is_embedded:
            await self._begin()
        else:
            await self._begin_in_time()
            self.supervisor.start("network", self._turn)
        took_s = time.monotonic() - began_s
        sealed = f", sealed by {self.sealer}" if self.sealer else " of a network"
        _log.info("chain %d%s, ready in %.1f s", self.chain_id, sealed, took_s)

    async def stop(self) -> None:
        """Finish what was taken, then close."""
        for loop in ("books", "network"):
            await self.supervisor.finish(loop, 0)
        await self._certify.stop()
        await self._chain.stop()
        await self._database.close()

    async def _begin(self) -> None:
        """Open the chain, and finish what an earlier run left."""
        await self._chain.open()
        await self._check_contracts()
        self._chain.start()
        await self._certify.resume()
        await self._agree.resume()
        await self._proposals.resume()
        await self._settle.resume()
        self.supervisor.start("books", self._reconcile.turn)
        self._has_begun.set()

    async def _begin_in_time(self) -> None:
        try:
            async with asyncio.timeout(_START_S):
                await self._begin()
        except (ChainUnavailable, TimeoutError) as error:
            _log.warning("certifications wait for the network: %s", error)

    async def _turn(self) -> None:
        """Begin once the network is there; then take up what a caller did not wait for."""
        if not self._has_begun.is_set():
            await self._begin()
        await self._certify.resume()
        await asyncio.sleep(_PAUSE_S)

    async def _settles(self) -> bool:
        """Return whether the agreement contract is one that charges who asked."""
        chain = self._chain
        gateway = ContractGateway(chain.writer, chain.view, chain.deployment)
        try:
            return await gateway.charged(self._keys.operator.address) is not None
        except ContractRefused:
            return False

    async def _check_contracts(self) -> None:
        """Compare what stands on the chain with what was noted when it was created."""
        noted, view = DeploymentRecords(self._database), self._chain.view
        if self._is_embedded and await noted.is_on_network():
            raise ContractsMissing("This data folder has its contracts on a network.")
        found = {
            name: (address, keccak(await view.code(bytes.fromhex(address[2:]))).hex())
            for name, address in self.contracts.items()
        }
        known = await noted.contracts()
        empty = keccak(b"").hex()
        upgrades = await self._chain.upgrades() if known else ()
        is_own = not known or came_by_upgrades(known, found, upgrades)
        if any(code == empty for _, code in found.values()) or not is_own:
            raise ContractsMissing("The chain's contracts are not those that were created.")
        if not known:
            await noted.save(found)
        if not await self._settles():
            raise ContractsMissing(
                "The chain's contracts are of an earlier version: go on with that version "
                "of the program, or begin in a new data folder."
            )
        last = await self._records.newest_transaction()
        if self._is_embedded and last is not None and await view.block_of(last) is None:
            raise ContractsMissing("The chain lacks its newest blocks: a certification is missing.")
