"""The contracts' events that proofs rest on, decoded strictly (Solidity ABI, static types only)."""

from dataclasses import dataclass

from eth_hash.auto import keccak

from platone.kernel.settlement_rule import ATTO_PER_PICO
from platone.ledger.domain.entry_word import EntryNumbers
from platone.ledger.domain.problem import EncodingInvalid
from platone.ledger.domain.receipt import Log

_WORD = 32
"""Bytes of a word of the contracts' ABI."""
ANCHORED = keccak(b"Anchored(bytes32,bytes32,address,uint256)")
AGREEMENT_SETTLED = keccak(b"AgreementSettled(bytes32,bytes32,bytes32,uint256)")


@dataclass(frozen=True, slots=True)
class Anchored:
    """The event of a Merkle root that Certification anchored.

    Attributes:
        root: The root.
        kind: What the tree holds.
        certifier: The account that had it anchored, 20 bytes.
        count: How many leaves the tree has.
    """

    root: bytes
    kind: str
    certifier: bytes
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSettled:
    """The event of an entry that SettlementAgreement settled: an agreement's lines together.

    Attributes:
        batch: The settlement's keyed name.
        agreement: The agreement's id.
        root: The Merkle root of the lines' salted texts.
        first_line: The number of the first line within the agreement, from 1.
        count: How many lines.
        paid: The sum of the lines' positive net amounts, 1e-12 EUR.
        owed: The sum of the magnitudes of their negative ones, 1e-12 EUR.
        relieved: What corrected lines take back of what was owed, 1e-12 EUR.
        customer_share_ppm: The customer's share that the contract paid by, parts per million.
    """

    batch: bytes
    agreement: bytes
    root: bytes
    first_line: int
    count: int
    paid: int
    owed: int
    relieved: int
    customer_share_ppm: int

    @property
    def customer_tokens(self) -> int:
        """The tokens that the customer's wallet got, 1e-18: a ppm of 1e-12 EUR is one."""
        return self.paid * self.customer_share_ppm

    @property
    def aggregator_tokens(self) -> int:
        """The tokens that the aggregator's account got of what is paid, 1e-18."""
        return self.paid * ATTO_PER_PICO - self.customer_tokens


def label(kind: str) -> bytes:
    """Return a kind as the contract keeps it: ASCII, padded or cut to 32 bytes."""
    return kind.encode("ascii")[:_WORD].ljust(_WORD, b"\0")


def _words(log: Log, topics: int, words: int) -> tuple[bytes, ...]:
    if len(log.topics) != topics or len(log.data) != words * _WORD:
        raise EncodingInvalid("The event has other fields than its name says.")
    return tuple(log.data[i : i + _WORD] for i in range(0, len(log.data), _WORD))


def read_event(log: Log) -> Anchored | AgreementSettled | None:
    """Return the event in a log entry; none where it is another one.

    Raises:
        EncodingInvalid: It has the name of one of them, but not its fields.
    """
    name = log.topics[0] if log.topics else b""
    if name == ANCHORED:
        (word,) = _words(log, 4, 1)
        _, root, kind, certifier = log.topics
        text = kind.rstrip(b"\0").decode("ascii", errors="replace")
        return Anchored(root, text, certifier[12:], int.from_bytes(word))
    if name == AGREEMENT_SETTLED:
        (word,) = _words(log, 4, 1)
        numbers = EntryNumbers.of(int.from_bytes(word))
        _, batch, agreement, root = log.topics
        return AgreementSettled(
            batch=batch,
            agreement=agreement,
            root=root,
            first_line=numbers.first_line,
            count=numbers.count,
            paid=numbers.paid,
            owed=numbers.owed,
            relieved=numbers.relieved,
            customer_share_ppm=numbers.customer_share_ppm,
        )
    return None
