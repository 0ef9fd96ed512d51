"""Ethereum's Merkle-Patricia tries over a list, as the roots in a block header are made.

The key of the item at position i is rlp(i); a trie is built in memory from all its items
(Ethereum Yellow Paper, appendix D). Only what proofs need is here: root, proof, check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from platone.ledger.domain import rlp
from platone.ledger.domain.problem import TrieProofInvalid

EMPTY_ROOT = keccak(rlp.encode(b""))

_BRANCH = 17
"""Parts of a branch node: one for each nibble, and its value."""
_SHORT = 2
"""Parts of an extension or leaf node: its path, and what it leads to."""
_HASH_BYTES = 32
"""A node this long or longer is referred to by its hash (Yellow Paper, appendix D)."""
_LEAF_FLAG = 2
_ODD_FLAG = 1
"""Flags of a path's first nibble: it leads to a leaf; it has an odd number of nibbles (appendix
C)."""

Nibbles = tuple[int, ...]
Item = tuple[Nibbles, bytes]


def _nibbles(key: bytes) -> Nibbles:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))


def _key(position: int) -> Nibbles:
    return _nibbles(rlp.encode(position))


def _packed(path: Nibbles, *, leaf: bool) -> bytes:
    """Return the hex-prefix encoding of a path (appendix C)."""
    flag = _LEAF_FLAG * leaf + len(path) % 2
    padded = (flag, *path) if len(path) % 2 else (flag, 0, *path)
    return bytes(16 * padded[i] + padded[i + 1] for i in range(0, len(padded), 2))


def _unpacked(packed: bytes) -> tuple[Nibbles, bool]:
    path = _nibbles(packed)
    if not path or path[0] > _LEAF_FLAG + _ODD_FLAG or (not path[0] & _ODD_FLAG and path[1]):
        raise TrieProofInvalid("A node's path is not well-formed.")
    return path[1 if path[0] & _ODD_FLAG else 2 :], bool(path[0] & _LEAF_FLAG)


def _shared(items: Sequence[Item], depth: int) -> int:
    """Return how many nibbles after depth all keys share."""
    first, last = items[0][0][depth:], items[-1][0][depth:]
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return length


@dataclass(frozen=True, slots=True)
class _Built:
    """A subtree: its node's structure and its encoding."""

    node: Any
    encoded: bytes

    @property
    def reference(self) -> Any:
        """The way the node above points to it: itself where it is short, else by its hash."""
        return self.node if len(self.encoded) < _HASH_BYTES else keccak(self.encoded)


def _build(items: Sequence[Item], depth: int, wanted: Nibbles, trail: list[bytes]) -> _Built:
    """Build the subtree of sorted items; collect encodings of nodes on the wanted path."""
    key, value = items[0]
    if len(items) == 1:
        node: Any = [_packed(key[depth:], leaf=True), value]
    elif shared := _shared(items, depth):
        below = _build(items, depth + shared, wanted, trail)
        node = [_packed(key[depth : depth + shared], leaf=False), below.reference]
    else:
        node = _branch(items, depth, wanted, trail)
    encoded = rlp.encode(node)
    if key[:depth] == wanted[:depth] and (len(encoded) >= _HASH_BYTES or not depth):
        trail.append(encoded)
    return _Built(node, encoded)


def _branch(items: Sequence[Item], depth: int, wanted: Nibbles, trail: list[bytes]) -> list[Any]:
    """Return a branch node. No key rlp(i) is a prefix of another: its own value is empty."""
    node: list[Any] = [b""] * _BRANCH
    for nibble in range(16):
        below = [item for item in items if item[0][depth] == nibble]
        if below:
            node[nibble] = _build(below, depth + 1, wanted, trail).reference
    return node


def _sorted(items: Sequence[bytes]) -> list[Item]:
    return sorted((_key(position), item) for position, item in enumerate(items))


def list_root(items: Sequence[bytes]) -> bytes:
    """Return the root of the trie over a list of encoded transactions or receipts."""
    if not items:
        return EMPTY_ROOT
    return keccak(_build(_sorted(items), 0, (), []).encoded)


def list_proof(items: Sequence[bytes], position: int) -> list[bytes]:
    """Return the encoded nodes from the root to the item at a position."""
    trail: list[bytes] = []
    _build(_sorted(items), 0, _key(position), trail)
    return trail[::-1]


def proven_item(root: bytes, position: int, nodes: Sequence[bytes]) -> bytes:
    """Return the item that a proof shows to stand at a position of the list with this root.

    Raises:
        TrieProofInvalid: A node is missing, altered, out of its order or not needed.
    """
    remaining = list(nodes)
    path = _key(position)
    reference: Any = root
    while True:
        node = _resolved(reference, remaining)
        if len(node) == _BRANCH and path:
            reference, path = node[path[0]], path[1:]
            continue
        if len(node) != _SHORT:
            raise TrieProofInvalid("A node has neither 2 nor 17 parts.")
        part, is_leaf = _unpacked(node[0])
        if path[: len(part)] != part or (is_leaf and len(part) != len(path)):
            raise TrieProofInvalid("The path leads to another item.")
        path, reference = path[len(part) :], node[1]
        if is_leaf:
            break
    if remaining or not isinstance(reference, bytes):
        raise TrieProofInvalid("The proof has nodes that it does not need.")
    return reference


def _resolved(reference: Any, remaining: list[bytes]) -> list[Any]:
    """Return the node that a reference points to; by hash, it is taken from the proof."""
    if isinstance(reference, list):
        return reference
    if not remaining:
        raise TrieProofInvalid("A node is missing.")
    encoded = remaining.pop(0)
    if keccak(encoded) != reference:
        raise TrieProofInvalid("A node does not have the hash that is referred to.")
    try:
        node = rlp.decode(encoded)
    except rlp.RlpInvalid as error:
        raise TrieProofInvalid("A node is no RLP.") from error
    if not isinstance(node, list):
        raise TrieProofInvalid("A node is no list.")
    return node
