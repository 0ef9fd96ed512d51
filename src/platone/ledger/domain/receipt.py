"""The receipt of a transaction, and the events that contracts emitted in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from eth_hash.auto import keccak

from platone.ledger.domain.encoding import (
    ADDRESS_BYTES,
    HASH_BYTES,
    decode_list,
    encode_list,
    read_bytes,
    read_number,
)
from platone.ledger.domain.header import BLOOM_BYTES
from platone.ledger.domain.problem import EncodingInvalid

_TYPE = b"\x02"
"""The first byte of the receipt of a transaction of type 2 (EIP-2718)."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event that a contract emitted."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of a transaction (of type 2): EIP-658 status, gas and events."""

    succeeded: bool
    cumulative_gas: int
    logs: tuple[Log, ...]

    @property
    def bloom(self) -> bytes:
        """The filter over the events, 256 bytes."""
        return bloom_of(self.logs)

    def encode(self) -> bytes:
        """Return the bytes in the receipts' trie."""
        logs = [[log.address, log.topics, log.data] for log in self.logs]
        status = b"\x01" if self.succeeded else b""
        body = encode_list([status, self.cumulative_gas, self.bloom, logs])
        return _TYPE + body

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Read a receipt.

        Raises:
            EncodingInvalid: It has another form, or a filter that its events do not have.
        """
        if encoded[:1] != _TYPE:
            raise EncodingInvalid("This is no receipt of a type 2 transaction.")
        status, gas, _, logs = decode_list(encoded[1:], 4)
        receipt = cls(status == b"\x01", read_number(gas), tuple(_log(log) for log in logs))
        if receipt.encode() != encoded:
            raise EncodingInvalid("The receipt's bytes are not its one encoding.")
        return receipt


def _log(parts: Any) -> Log:
    if not isinstance(parts, list) or len(parts) != 3 or not isinstance(parts[1], list):  # noqa: PLR2004 - address, topics, data
        raise EncodingInvalid("An event does not have address, topics and data.")
    topics = tuple(read_bytes(topic, HASH_BYTES) for topic in parts[1])
    return Log(read_bytes(parts[0], ADDRESS_BYTES), topics, read_bytes(parts[2]))


def bloom_bits(item: bytes) -> int:
    """Return the three bits that an address or topic sets in a bloom filter."""
    digest = keccak(item)
    bits = 0
    for start in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[start : start + 2]) & 2047)
    return bits


def bloom_of(logs: Sequence[Log]) -> bytes:
    """Return the filter over the addresses and topics of events, 256 bytes."""
    bits = 0
    for log in logs:
        for item in (log.address, *log.topics):
            bits |= bloom_bits(item)
    return bits.to_bytes(BLOOM_BYTES)
