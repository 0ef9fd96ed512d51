"""The contracts' events that proofs rest on, decoded strictly (Solidity ABI, static types only)."""

from dataclasses import dataclass

from eth_hash.auto import keccak

from platone.ledger.domain.problem import EncodingInvalid
from platone.ledger.domain.receipt import Log

_WORD = 32
"""Bytes of a word of the contracts' ABI."""
_ANCHORED = keccak(b"Anchored(bytes32,bytes32,address,uint256)")
_LINE_SETTLED = keccak(
    b"LineSettled(bytes32,bytes32,bytes32,bytes32,int256,int256,int256,int256,int256,"
    b"int256,int256,int256,uint256,uint256)"
)
_QUANTITIES = (
    "direction",
    "baseline",
    "ordered",
    "measured",
    "price",
    "delivered",
    "deficiency",
    "net",
)
"""Signed fields of the event, in the contract's order."""


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
class LineSettled:
    """The event of a line that SettlementAgreement settled; fields as in the contract."""

    line: bytes
    agreement: bytes
    batch: bytes
    record: bytes
    direction: int
    baseline: int
    ordered: int
    measured: int
    price: int
    delivered: int
    deficiency: int
    net: int
    customer_tokens: int
    aggregator_tokens: int


def label(kind: str) -> bytes:
    """Return a kind as the contract keeps it: ASCII, padded or cut to 32 bytes."""
    return kind.encode("ascii")[:_WORD].ljust(_WORD, b"\0")


def _words(log: Log, topics: int, words: int) -> tuple[bytes, ...]:
    if len(log.topics) != topics or len(log.data) != words * _WORD:
        raise EncodingInvalid("The event has other fields than its name says.")
    return tuple(log.data[i : i + _WORD] for i in range(0, len(log.data), _WORD))


def read_event(log: Log) -> Anchored | LineSettled | None:
    """Return the event in a log entry; none where it is another one.

    Raises:
        EncodingInvalid: It has the name of one of them, but not its fields.
    """
    name = log.topics[0] if log.topics else b""
    if name == _ANCHORED:
        (count,) = _words(log, 4, 1)
        _, root, kind, certifier = log.topics
        text = kind.rstrip(b"\0").decode("ascii", errors="replace")
        return Anchored(root, text, certifier[12:], int.from_bytes(count))
    if name == _LINE_SETTLED:
        record, *words = _words(log, 4, 11)
        _, line, agreement, batch = log.topics
        quantities = [int.from_bytes(word, signed=True) for word in words[:8]]
        customer_tokens, aggregator_tokens = (int.from_bytes(word) for word in words[8:])
        return LineSettled(
            line=line,
            agreement=agreement,
            batch=batch,
            record=record,
            **dict(zip(_QUANTITIES, quantities, strict=True)),
            customer_tokens=customer_tokens,
            aggregator_tokens=aggregator_tokens,
        )
    return None
