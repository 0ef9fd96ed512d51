"""The records that the market has certified: the text of each, and which go together."""

import hashlib
from collections.abc import Sequence

from platone.kernel.canonical import canonical_json

MOST_RECORDS = 5_000
"""Records in one certification batch, half of what the ledger takes at once."""
_MOST_BYTES = 16_000_000
"""Bytes of a batch's records: a request stays below the largest body taken, 32 MiB."""
_LONGEST_CONTENT = 4_000_000
"""Bytes of a text that is certified itself, half of what the ledger takes in one record."""


def certified_text(identifier: str, content: bytes) -> str:
    """Return the text that is certified of a content: itself, or that of its hash.

    Args:
        identifier: The record's identifier.
        content: What is certified, as canonical JSON; a very long one is certified by its hash.
    """
    if len(content) > _LONGEST_CONTENT:
        digest = hashlib.sha256(content).hexdigest()
        content = canonical_json({"id": identifier, "sha256": digest})
    return content.decode()


def first_batch(lengths: Sequence[int]) -> int:
    """Return how many of the oldest records form the next certification batch.

    Args:
        lengths: The records' lengths in bytes, the oldest first; one record at least is sent,
            however long.
    """
    total = 0
    for count, length in enumerate(lengths[:MOST_RECORDS]):
        total += length
        if count and total > _MOST_BYTES:
            return count
    return min(len(lengths), MOST_RECORDS)
