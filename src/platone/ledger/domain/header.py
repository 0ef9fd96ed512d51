"""A block's header as Ethereum has it since the cancun rules."""

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
from platone.ledger.domain.trie import EMPTY_ROOT

EMPTY_UNCLES = keccak(encode_list([]))
ZERO_HASH = bytes(HASH_BYTES)
BLOOM_BYTES = 256
"""Bytes of a block's filter over its events (Yellow Paper, 4.3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block's header; its fields are in the order in which they are hashed.

    ``coinbase`` is the address of whoever ordered the block and sealed it. Fields that a chain
    without mining, fees, withdrawals and blobs does not use keep the values of their absence.
    ``requests_hash`` is a field since the prague rules; headers of before lack it.
    """

    parent_hash: bytes
    coinbase: bytes
    state_root: bytes
    transactions_root: bytes
    receipts_root: bytes
    bloom: bytes
    number: int
    gas_limit: int
    gas_used: int
    timestamp: int
    uncles_hash: bytes = EMPTY_UNCLES
    difficulty: int = 0
    extra_data: bytes = b""
    mix_hash: bytes = ZERO_HASH
    nonce: bytes = bytes(8)
    base_fee: int = 0
    withdrawals_root: bytes = EMPTY_ROOT
    blob_gas_used: int = 0
    excess_blob_gas: int = 0
    parent_beacon_root: bytes = ZERO_HASH
    requests_hash: bytes | None = None

    def encode(self) -> bytes:
        """Return the RLP list whose Keccak hash is the block's."""
        parts = [getattr(self, name) for name, _ in _HEADER_PARTS]
        return encode_list([part for part in parts if part is not None])

    @property
    def hash(self) -> bytes:
        """The block's hash, 32 bytes."""
        return keccak(self.encode())

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Read a header.

        Raises:
            EncodingInvalid: It has another form.
        """
        parts = decode_list(encoded, len(_HEADER_PARTS) - 1, len(_HEADER_PARTS))
        values: dict[str, Any] = {}
        for (name, length), part in zip(_HEADER_PARTS, parts, strict=False):  # the last may lack
            values[name] = read_number(part) if length == 0 else read_bytes(part, length or None)
        values["extra_data"] = read_bytes(values["extra_data"])
        return cls(**values)


_HEADER_PARTS: tuple[tuple[str, int | None], ...] = (
    ("parent_hash", HASH_BYTES),
    ("uncles_hash", HASH_BYTES),
    ("coinbase", ADDRESS_BYTES),
    ("state_root", HASH_BYTES),
    ("transactions_root", HASH_BYTES),
    ("receipts_root", HASH_BYTES),
    ("bloom", BLOOM_BYTES),
    ("difficulty", 0),
    ("number", 0),
    ("gas_limit", 0),
    ("gas_used", 0),
    ("timestamp", 0),
    ("extra_data", None),
    ("mix_hash", HASH_BYTES),
    ("nonce", 8),
    ("base_fee", 0),
    ("withdrawals_root", HASH_BYTES),
    ("blob_gas_used", 0),
    ("excess_blob_gas", 0),
    ("parent_beacon_root", HASH_BYTES),
    ("requests_hash", HASH_BYTES),
)
