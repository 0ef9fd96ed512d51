"""RLP, read strictly: every content has one encoding, and every other form of it is refused.

So nothing in a block or a proof can be altered without altering a hash.
"""

from collections.abc import Sequence
from typing import Any

from platone.ledger.domain import rlp
from platone.ledger.domain.problem import EncodingInvalid

HASH_BYTES = 32
"""Bytes of a Keccak-256 hash."""
ADDRESS_BYTES = 20
"""Bytes of an Ethereum address."""


def encode_list(parts: Sequence[Any]) -> bytes:
    """Return the RLP of nested lists of numbers and bytes."""
    return rlp.encode(parts)


def decode_list(encoded: bytes, parts: int, most: int | None = None) -> list[Any]:
    """Read an RLP list of so many parts, or of up to so many where ``most`` says more.

    Raises:
        EncodingInvalid: It is something else.
    """
    try:
        found = rlp.decode(encoded)
    except rlp.RlpInvalid as error:
        raise EncodingInvalid("This is no RLP.") from error
    if not isinstance(found, list) or not parts <= len(found) <= (most or parts):
        raise EncodingInvalid(f"This is no list of {parts} parts.")
    return found


def read_number(part: Any) -> int:
    """Read a whole number from its RLP bytes, which have no leading zero.

    Raises:
        EncodingInvalid: It is a list, or has zero bytes in front.
    """
    if not isinstance(part, bytes) or part[:1] == b"\x00":
        raise EncodingInvalid("A number is not in its shortest form.")
    return int.from_bytes(part)


def read_bytes(part: Any, length: int | None = None) -> bytes:
    """Read bytes of a length, or of any.

    Raises:
        EncodingInvalid: It is a list, or has another length.
    """
    if not isinstance(part, bytes) or (length is not None and len(part) != length):
        raise EncodingInvalid(f"A part does not have {length} bytes.")
    return part
