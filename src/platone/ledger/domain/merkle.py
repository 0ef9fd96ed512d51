"""Merkle trees of RFC 6962 (section 2.1) over SHA-256, with salted leaves.

The leaf of a record is SHA-256(0x00 || salt || content): without the 32-byte salt nobody can try
out guesses of the content, and once salt and content are deleted the leaf says nothing, while the
other leaves of the tree keep their proofs.
"""

from collections.abc import Sequence
from hashlib import sha256

SALT_BYTES = 32
"""Bytes of a record's salt, as many as the hash that it protects."""
_LEAF = b"\x00"
_NODE = b"\x01"
"""The first bytes of what a leaf and a node are the hash of (RFC 6962, 2.1): so neither passes for
the other."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf of a log entry (RFC 6962): SHA-256(0x00 || entry)."""
    return sha256(_LEAF + entry).digest()


def salted_leaf(content: bytes, salt: bytes) -> bytes:
    """Return the leaf of a salted record.

    Raises:
        ValueError: The salt does not have 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes, not {len(salt)}.")
    return leaf_hash(salt + content)


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return all levels from the leaves to the root; a lonely last node moves up unchanged."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_parent(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


class MerkleTree:
    """A tree over given leaf hashes.

    Args:
        leaves: At least one leaf of 32 bytes, in order.

    Raises:
        ValueError: There are no leaves.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        if not leaves:
            raise ValueError("A tree has at least one leaf.")
        self._levels = _levels(leaves)

    @property
    def root(self) -> bytes:
        """The tree's hash (MTH of RFC 6962), 32 bytes."""
        return self._levels[-1][0]

    def path(self, index: int) -> list[bytes]:
        """Return the audit path (RFC 6962, 2.1.1) of a leaf, from its sibling upwards.

        Raises:
            IndexError: There is no such leaf.
        """
        if not 0 <= index < len(self._levels[0]):
            raise IndexError(f"The tree has leaves 0 to {len(self._levels[0]) - 1}.")
        siblings = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                siblings.append(level[sibling])
            index >>= 1
        return siblings


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to (RFC 9162, 2.1.3.2).

    Args:
        leaf: The leaf's hash.
        index: The leaf's place in the tree.
        size: How many leaves the tree has.
        path: The audit path.

    Raises:
        ValueError: A path of this length does not belong to this place in such a tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ValueError("The path is longer than the tree is high.")
        if node & 1 or node == last:
            root = _parent(sibling, root)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            root = _parent(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("The path is shorter than the tree is high.")
    return root
