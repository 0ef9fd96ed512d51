"""One byte sequence for one content, so that equal things have equal hashes."""

import hashlib

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")


def canonical_json(content: object) -> bytes:
    """JSON with sorted keys, no spaces, and the shortest form of each number.

    Args:
        content: Anything msgspec encodes: structs, mappings, sequences, datetimes, Decimals.
    """
    return _ENCODER.encode(content)


def content_hash(content: object) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(content)).hexdigest()
