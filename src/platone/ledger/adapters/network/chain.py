"""An Ethereum network as the chain of a ledger: reached, furnished with the contracts, followed."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from eth_abi.abi import encode
from prometheus_client import Metric

from platone.infra.db import Database
from platone.infra.metric.figure import gauge
from platone.infra.supervision import Supervisor
from platone.ledger.adapters.evm.chain import Intent
from platone.ledger.adapters.evm.compiler import NAMES, Artifact, compiled
from platone.ledger.adapters.evm.deployment import AUTHORISE, Deployment, authorities
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.identity import network_identity
from platone.ledger.adapters.network.reading import number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.terms import NetworkTerms
from platone.ledger.adapters.network.upgrade import UpgradeWatch
from platone.ledger.adapters.network.view import NetworkView
from platone.ledger.adapters.network.writer import NetworkWriter
from platone.ledger.domain.problem import ChainUnavailable, ContractsMissing, RpcError
from platone.ledger.domain.upgrade import Upgrade
from platone.ledger.records.deployment import DeploymentRecords
from platone.ledger.records.transaction_queue import TransactionQueue
from platone.ledger.service.json_rpc import Method
from platone.messages.chain import ChainIdentity

_log = logging.getLogger(__name__)

_IDENTITY_S = 60.0
"""How long what identifies a network is told without asking its node again, s: members change
seldom, and anybody may ask."""


class NetworkChain:
    """The contracts of a ledger on a network.

    Args:
        terms: Which network, and how it is used.
        folder: Where the compiled contracts lie.
        keys: The accounts that create the contracts, and use them.
        chain_id: The network's number.
        database: The ledger's records.
        supervisor: Runs the following of transactions.

    Attributes:
        writer: Makes transactions.
        view: Reads state and events.
        deployment: Where the contracts stand: created by the operator's first transactions.
        figures: Figures for a monitoring system.
        sealer: The address that seals blocks: none that we know of.
    """

    sealer = ""

    def __init__(
        self,
        terms: NetworkTerms,
        folder: Path,
        keys: KeyFolder,
        chain_id: int,
        database: Database,
        supervisor: Supervisor,
    ) -> None:
        self._folder, self._keys, self._chain_id = folder, keys, chain_id
        self._node = NodeRpc(terms.url, terms.ca_file)
        self._noted = DeploymentRecords(database)
        self._compiling: asyncio.Task[dict[str, Artifact]] | None = None
        queue = TransactionQueue(database)
        self.view = NetworkView(self._node)
        self.deployment = Deployment.by(keys.operator)
        self._upgrades = UpgradeWatch(self._node, self.deployment.all())
        self.writer = NetworkWriter(
            self._node, queue, keys, terms, chain_id, supervisor, upgrades=self._upgrades
        )
        self.figures = MeasureNetwork(self.writer)
        self._identity: ChainIdentity | None = None
        self._asked_s = 0.0

    def methods(self) -> Mapping[str, Method]:
        """Return the calls of JSON-RPC that are answered here: the network's nodes have theirs."""
        return {"eth_chainId": lambda: hex(self._chain_id)}

    async def identity(self) -> ChainIdentity:
        """Return the network's identity; its node is asked again after a minute.

        Raises:
            ChainUnavailable: The node is away.
        """
        now_s = time.monotonic()
        if self._identity is None or now_s > self._asked_s + _IDENTITY_S:
            self._identity = await network_identity(self._node, self.deployment)
            self._asked_s = now_s
        return self._identity

    async def open(self) -> None:
        """Reach the network, and create the contracts where they are not there yet.

        Raises:
            ChainUnavailable: The node is away, or the contracts are not confirmed yet.
            ContractsMissing: It is another network, or the operator's account is in other use.
        """
        try:
            found = number(await self._node.call("eth_chainId"))
            head = number(await self._node.call("eth_blockNumber"))
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error
        if found != self._chain_id:
            raise ContractsMissing(
                f"{self._node.place} is of chain {found}, and chain_id is {self._chain_id}."
            )
        await self._upgrades.check()
        first = await self._noted.first_block(self._chain_id)
        if first is None:
            if await self._noted.contracts():
                raise ContractsMissing("This data folder has its contracts on another chain.")
            await self._noted.begin(self._chain_id, head)
            first = head
        self.view.first_block = first
        self.writer.start()
        if not await self._noted.contracts():
            await self._furnish()

    async def upgrades(self) -> Sequence[Upgrade]:
        """Return the upgrades of the contracts that the network's members agreed.

        Raises:
            ChainUnavailable: The node is away.
        """
        return await self._upgrades.agreed()

    def start(self) -> None:
        """Begin to take transactions."""
        self.writer.is_open = True

    async def stop(self) -> None:
        """End; what is on its way is followed by the next run."""
        await self.writer.stop()
        await self._node.close()

    async def _furnish(self) -> None:
        """Create what is missing of the contracts, and give each account its authority."""
        operator, made = self._keys.operator, self.deployment
        artifacts = await self._compiled()
        missing = [
            Intent(operator, b"", artifacts[name].creation_code)
            for name, address in zip(NAMES, made.all(), strict=True)
            if not await self.view.code(address)
        ]
        _log.info("%d contracts are created on chain %d", len(missing), self._chain_id)
        await self._all(missing)
        lacking = [
            Intent(operator, contract, AUTHORISE + encode(["address"], [who]))
            for contract, who in authorities(made, operator, self._keys.administrator)
            if not (await self.view.call(contract, "authorised(address)", (who,), ["bool"]))[0]
        ]
        await self._all(lacking)

    async def _compiled(self) -> Mapping[str, Artifact]:
        """Return the compiled contracts; a start that does not wait leaves this to the next one."""
        if self._compiling is None or (self._compiling.done() and self._compiling.exception()):
            self._compiling = asyncio.create_task(asyncio.to_thread(compiled, self._folder))
        return await asyncio.shield(self._compiling)

    async def _all(self, intents: Sequence[Intent]) -> None:
        """Have transactions made in their order, and wait for all of them."""
        outcomes = await asyncio.gather(*(self.writer.place(each) for each in intents))
        created = {each.contract for each in outcomes} - {b""}
        expected = set(self.deployment.all())
        if not all(each.succeeded for each in outcomes) or not created <= expected:
            raise ContractsMissing(
                "The contracts could not be created: the operator's account has sent other "
                "transactions on this chain."
            )


class MeasureNetwork:
    """Tells the height of a network, and what is not confirmed on it yet.

    Args:
        writer: Follows its transactions.
    """

    def __init__(self, writer: NetworkWriter) -> None:
        self._writer = writer

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they were last seen."""
        writer = self._writer
        waiting = "Transactions that wait for a block."
        return [
            gauge("platone_chain_height_blocks", "Number of the newest block.", writer.height),
            gauge("platone_chain_waiting_transactions", waiting, writer.waiting),
        ]
