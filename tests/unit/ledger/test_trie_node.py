"""Nodes of a trie's proof that are seldom: extensions, and what is no node."""

from typing import Any

import pytest
import rlp
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from platone.ledger.domain.problem import TrieProofInvalid
from platone.ledger.domain.trie import list_proof, list_root, proven_item


@pytest.mark.parametrize("count", [140, 260])
def test_items_below_an_extension_are_proven(count: int) -> None:
    """Places 128 to 139, and from 256 on, share their first digits: an extension leads to them."""
    items = [bytes([7, place % 256]) * 20 for place in range(count)]
    reference: Any = HexaryTrie({})
    for place, item in enumerate(items):
        reference[rlp.encode(place)] = item
    root = list_root(items)
    for place in (0, 127, 128, 131, count - 1):
        proof = list_proof(items, place)
        assert proven_item(root, place, proof) == items[place]
        theirs = [rlp.encode(node) for node in reference.get_proof(rlp.encode(place))]
        assert [node for node in theirs if len(node) >= 32] == proof


@pytest.mark.parametrize("part", [b"ab", b"a" * 17, b"a" * 40])
def test_a_node_is_a_list(part: bytes) -> None:
    encoded = rlp.encode(part)
    with pytest.raises(TrieProofInvalid, match="A node is no list"):
        proven_item(keccak(encoded), 0, [encoded])


@pytest.mark.parametrize("parts", [1, 3, 16, 18])
def test_a_node_has_two_or_seventeen_parts(parts: int) -> None:
    encoded = rlp.encode([b"\x20"] * parts)
    with pytest.raises(TrieProofInvalid, match="neither 2 nor 17"):
        proven_item(keccak(encoded), 0, [encoded])


@pytest.mark.parametrize("path", [b"", b"\x40\x80", b"\x01\x80", b"\x0f", b"\x21\x80"])
def test_a_path_is_packed_in_its_one_form(path: bytes) -> None:
    encoded = rlp.encode([path, b"item"])
    with pytest.raises(TrieProofInvalid):
        proven_item(keccak(encoded), 0, [encoded])


def test_the_one_item_of_a_list_is_a_leaf() -> None:
    """Its path, 80, is even: a two, a zero, and the path itself."""
    encoded = rlp.encode([b"\x20\x80", b"item"])
    assert list_root([b"item"]) == keccak(encoded)
    assert proven_item(keccak(encoded), 0, [encoded]) == b"item"


@pytest.mark.parametrize("encoded", [b"\xb8", b"\xc2\x01", b"\xc1\x01\x01", b"\x81\x01"])
def test_a_node_is_rlp(encoded: bytes) -> None:
    with pytest.raises(TrieProofInvalid, match="A node is no RLP"):
        proven_item(keccak(encoded), 0, [encoded])
