"""RLP, Ethereum's serialisation of nested lists of numbers and bytes (Yellow Paper, appendix B).

Every content has one encoding; all other forms of it are refused.
"""

from collections.abc import Sequence
from typing import Any

_BYTES, _LIST = 0x80, 0xC0
"""First bytes of empty bytes and of an empty list; a byte below 0x80 stands for itself."""

_SHORT = 55
"""Longest content whose length is told by its first byte alone."""

_DEEPEST = 64
"""Lists within lists that are read; blocks, receipts and trie nodes need fewer than ten."""


class RlpInvalid(ValueError):
    """Bytes are not the RLP of anything."""


def encode(item: int | bytes | Sequence[Any]) -> bytes:
    """Return the RLP of a number that is not negative, of bytes, or of a list of such items."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8)
    if isinstance(item, bytes):
        stands_for_itself = len(item) == 1 and item[0] < _BYTES
        return item if stands_for_itself else _head(_BYTES, len(item)) + item
    if isinstance(item, str):
        raise TypeError("RLP knows numbers, bytes and lists, no text")
    content = b"".join(map(encode, item))
    return _head(_LIST, len(content)) + content


def decode(encoded: bytes) -> Any:
    """Return the bytes or nested lists of bytes that an RLP holds.

    Raises:
        RlpInvalid: It is cut off, has more behind it, is not in its shortest form, or nests
            deeper than anything in a block.
    """
    item, end = _item(encoded, 0, 0)
    if end != len(encoded):
        raise RlpInvalid("There is more behind the item.")
    return item


def _head(kind: int, length: int) -> bytes:
    if length <= _SHORT:
        return bytes([kind + length])
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([kind + _SHORT + len(size)]) + size


def _item(encoded: bytes, start: int, depth: int) -> tuple[Any, int]:
    """Read the item at a position; with the position behind it."""
    if start >= len(encoded) or depth > _DEEPEST:
        raise RlpInvalid("An item is missing, or nests too deep.")
    first = encoded[start]
    if first < _BYTES:
        return encoded[start : start + 1], start + 1
    is_list = first >= _LIST
    start, end = _bounds(encoded, start + 1, first - (_LIST if is_list else _BYTES))
    if not is_list:
        content = encoded[start:end]
        if len(content) == 1 and content[0] < _BYTES:
            raise RlpInvalid("A byte that stands for itself has a length.")
        return content, end
    items = []
    while start < end:
        item, start = _item(encoded, start, depth + 1)
        items.append(item)
    if start != end:
        raise RlpInvalid("An item is longer than its list.")
    return items, end


def _bounds(encoded: bytes, start: int, told: int) -> tuple[int, int]:
    """Return where the content of an item begins and ends; `told` is what its first byte tells."""
    length = told
    if told > _SHORT:
        size = encoded[start : start + told - _SHORT]
        start += told - _SHORT
        length = int.from_bytes(size)
        if length <= _SHORT or size[0] == 0:
            raise RlpInvalid("A length is not in its shortest form.")
    end = start + length
    if end > len(encoded):
        raise RlpInvalid("An item is cut off.")
    return start, end
