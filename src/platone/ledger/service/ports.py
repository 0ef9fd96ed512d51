"""The chain's contracts and the private keys that the ledger's use cases need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platone.kernel.signature import SigningKey
from platone.ledger.domain.entry_word import EntryNumbers, Holder
from platone.ledger.domain.event import AgreementSettled
from platone.ledger.domain.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An agreement as the contract takes it.

    Attributes:
        holder: Its parties, the customer's share, and its tag.
        penalty_price: 1e-6 EUR/kWh.
        least_delivery_ppm: The part of an order below which nothing is paid, parts per million.
        full_delivery_ppm: The part from which all of an order is paid, parts per million.
    """

    holder: Holder
    penalty_price: int
    least_delivery_ppm: int = 0
    full_delivery_ppm: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEntry:
    """Lines of one agreement, as the contract takes them together; amounts in 1e-12 EUR.

    Attributes:
        holder: The terms of the agreement that the contract is told.
        first_line: The number of the first line within the agreement.
        count: How many lines.
        root: The Merkle root of the lines' salted texts, 32 bytes.
        paid: The sum of the lines' positive net amounts.
        owed: The sum of the magnitudes of their negative ones.
        charges: What each requester's lines of it come to, by the requester's account; together
            they are paid - owed + relieved.
        relieved: What corrected lines take back of what was owed; none where any is owed.
        traded_at_s: When the last one of the lines was traded, Unix seconds; 0 where one of them
            does not tell.
    """

    holder: Holder
    first_line: int
    count: int
    root: bytes
    paid: int
    owed: int
    charges: Mapping[str, int]
    relieved: int = 0
    traded_at_s: int = 0

    @property
    def payee(self) -> int:
        """The word of who is paid, and of when the lines were traded."""
        return self.holder.payee(self.traded_at_s)

    def numbers(self, payee: int) -> EntryNumbers:
        """Return the numbers that the contract is told, with the aggregator's place in a call."""
        return EntryNumbers(
            first_line=self.first_line,
            count=self.count,
            paid=self.paid,
            owed=self.owed,
            relieved=self.relieved,
            customer_share_ppm=self.holder.customer_share_ppm,
            payee=payee,
        )


def charges_of(entries: Iterable[DueEntry]) -> dict[str, int]:
    """Return the charges of entries together by the requester's account, 1e-12 EUR."""
    found: dict[str, int] = {}
    for entry in entries:
        for requester, amount in entry.charges.items():
            found[requester] = found.get(requester, 0) + amount
    return {requester: amount for requester, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """The block in which a transaction stands.

    Attributes:
        number: Its number.
        sealed_at: When it was sealed.
    """

    number: int
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """A device in the chain's register, and the transaction that last changed its entry."""

    registered_at: datetime
    revoked_at: datetime | None
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry's event, and the transaction that emitted it."""

    event: AgreementSettled
    transaction: bytes


class Contracts(Protocol):
    """The ledger's contracts. Transactions are there for good when a method returns.

    Where they live on a network, each method raises ChainUnavailable while that gives no answer.
    """

    agreement_contract: str

    async def anchor(self, certifier: SigningKey, root: bytes, kind: str, count: int) -> bytes:
        """Anchor a root, and return the transaction; one anchored before is found again."""
        ...

    async def anchored_at(self, root: bytes) -> datetime | None:
        """Return when a root was first anchored; none where it was not."""
        ...

    async def block_of(self, transaction: bytes) -> BlockPlace | None:
        """Return the block of a transaction; none where the chain holds none."""
        ...

    async def make_agreement(self, sender: SigningKey, terms: Terms) -> bytes:
        """Make an agreement, and return the transaction; one made before is found again."""
        ...

    async def end_agreement(self, operator: SigningKey, agreement: bytes) -> bytes:
        """End an agreement, and return the transaction's hash."""
        ...

    async def ended_at(self, agreement: bytes) -> datetime | None:
        """Return when an agreement ended; none where it stands, or was never made."""
        ...

    async def next_line(self, agreement: bytes) -> int:
        """Return the number that an agreement's next line has; 0 where there is no agreement."""
        ...

    async def settle(
        self, operator: SigningKey, batch: bytes, entries: Sequence[DueEntry]
    ) -> bytes:
        """Settle entries and charge who asked, all or nothing, and return the transaction."""
        ...

    async def check_quiet(self, operator: SigningKey) -> None:
        """Check that no payment of an earlier run is on its way.

        Raises:
            ChainUnavailable: One is: what the contract says may change while it is read.
        """
        ...

    async def settled(self, batch: bytes) -> list[Settled]:
        """Return the entries that were settled under a batch's name."""
        ...

    async def charged(self, requester: str) -> int:
        """Return the charges of a requester, 1e-18 EUR; negative: it is due money."""
        ...

    async def owed(self, agreement: bytes) -> int:
        """Return the debt of the aggregator of an agreement from it, 1e-18 EUR."""
        ...

    async def supply(self) -> int:
        """Return the sum of all tokens, 1e-18 token."""
        ...

    async def balance(self, account: str) -> int:
        """Return the balance of an account, 1e-18 token."""
        ...

    async def register_node(self, registrar: SigningKey, device: str) -> None:
        """Admit a device."""
        ...

    async def revoke_node(self, registrar: SigningKey, device: str) -> None:
        """Withdraw a device for good."""
        ...

    async def node(self, device: str) -> NodeEntry | None:
        """Return a device's entry in the register."""
        ...

    async def prove(self, draft: Proof, transaction: bytes, root: bytes) -> Proof:
        """Complete a proof with the chain's evidence that an event holds this root."""
        ...


class Keys(Protocol):
    """Private keys of the ledger's accounts and of custodial wallets."""

    @property
    def operator(self) -> SigningKey:
        """The market operator's account."""
        ...

    @property
    def administrator(self) -> SigningKey:
        """The metered data administrator's account."""
        ...

    def party(self, party: str) -> SigningKey:
        """Return the account of an aggregator or a requester; it is made at first use."""
        ...

    def new_wallet(self) -> str:
        """Make a custodial wallet, and return its address."""
        ...

    def name(self, purpose: str, *parts: str) -> bytes:
        """Return a keyed hash of names, 32 bytes: the same every time, and not to be guessed."""
        ...
