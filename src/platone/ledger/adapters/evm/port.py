"""The two ends of a chain that the contracts are used by: a writer and a view, of any chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from platone.infra.metric.figure import Measured
from platone.ledger.adapters.evm.chain import Intent, Outcome
from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.domain.receipt import Log
from platone.ledger.domain.upgrade import Upgrade
from platone.ledger.service.json_rpc import Method
from platone.messages.chain import ChainIdentity


@dataclass(frozen=True, slots=True)
class FoundLog:
    """An event, and its place in the chain.

    Attributes:
        transaction: The hash of the transaction that emitted it.
        made_at: When its block was made.
        log: The event.
    """

    transaction: bytes
    made_at: datetime
    log: Log


@dataclass(frozen=True, slots=True)
class Place:
    """The block in which a transaction stands: its number, and when it was made."""

    number: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """A block as a proof needs it, everything in its encoded form.

    Attributes:
        position: The place in it of the transaction that is proven.
        header: Its header.
        seal: The signature of whoever ordered it, over its hash; empty where there is none.
        transactions: Its transactions.
        receipts: Their receipts.
    """

    position: int
    header: bytes
    seal: bytes
    transactions: Sequence[bytes]
    receipts: Sequence[bytes]


class TransactionWriter(Protocol):
    """A writer of transactions in their order."""

    async def submit(self, intent: Intent) -> Outcome:
        """Have a transaction made, and return when it is there for good.

        Raises:
            TransactionRefused: It cannot enter a block.
            ContractRefused: It was not sent, since the contract would refuse it.
            ChainUnavailable: It is not there yet: to be asked for again.
        """
        ...

    async def is_under_way(self, intent: Intent) -> bool:
        """Return whether the same was sent, and is not there for good yet."""
        ...

    async def check_quiet(self, sender: str, contract: bytes) -> None:
        """Check that nothing of an account is on its way to a contract.

        Raises:
            ChainUnavailable: Something is.
        """
        ...


class ChainView(Protocol):
    """A reader of the contracts' state and events."""

    async def call(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        """Return the present answer of a view function.

        Raises:
            ContractRefused: It reverted.
        """
        ...

    async def code(self, contract: bytes) -> bytes:
        """Return a contract's code; empty where there is none."""
        ...

    async def events(self, contract: bytes, topic: bytes, about: bytes) -> list[FoundLog]:
        """Return events of a contract by their name's topic and first indexed field, in order."""
        ...

    async def block_of(self, transaction: bytes) -> Place | None:
        """Return the block that holds a transaction; none where the chain holds none."""
        ...

    async def evidence(self, transaction: bytes) -> Evidence | None:
        """Return the block that holds a transaction, for a proof; none where there is none."""
        ...


class LedgerChain(Protocol):
    """A chain that a ledger opens, uses and closes.

    Attributes:
        writer: Makes transactions.
        view: Reads state and events.
        deployment: Where the contracts stand.
        figures: Figures for a monitoring system.
        sealer: The address that seals blocks; empty where others do.
    """

    sealer: str

    @property
    def writer(self) -> TransactionWriter:
        """Return the writer, which makes transactions."""
        ...

    @property
    def view(self) -> ChainView:
        """Return the view, which reads state and events."""
        ...

    @property
    def deployment(self) -> Deployment:
        """Return where the contracts stand."""
        ...

    @property
    def figures(self) -> Measured:
        """Return figures for a monitoring system."""
        ...

    def methods(self) -> Mapping[str, Method]:
        """Return the calls of JSON-RPC that it answers."""
        ...

    async def identity(self) -> ChainIdentity:
        """Return the chain's identity, by which readers of proofs know it.

        Raises:
            ChainUnavailable: It is away.
        """
        ...

    async def open(self) -> None:
        """Make the chain ready, with the ledger's contracts on it.

        Raises:
            ChainUnavailable: It is away.
            ContractsMissing: It is not the chain of these keys and records.
            BlockTampered: Its file was altered.
        """
        ...

    async def upgrades(self) -> Sequence[Upgrade]:
        """Return the upgrades of the contracts that the chain's members agreed.

        Raises:
            ChainUnavailable: It is away.
        """
        ...

    def start(self) -> None:
        """Begin to take transactions."""
        ...

    async def stop(self) -> None:
        """End, and close."""
        ...
