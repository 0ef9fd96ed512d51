"""Accounts and their storage with Merkle proofs against a block's state root (EIP-1186)."""

from collections.abc import Sequence

import rlp
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA3
from eth.rlp.accounts import Account
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from platone.kernel.signature import checksum_address
from platone.ledger.adapters.evm.rpc_mapping import Json, octets, quantity
from platone.ledger.adapters.evm.state import StateNodes

_WORD = 2**256
"""Slots are numbers of 256 bits."""


class ProvenState:
    """The state of a block, told with proofs.

    Args:
        nodes: The nodes of its tries.
        root: The state root of its header.
    """

    def __init__(self, nodes: StateNodes, root: bytes) -> None:
        self._nodes = nodes
        self._root = root

    def account(self, address: bytes, slots: Sequence[int]) -> Json:
        """Return an account, and words of its storage, each with its proof."""
        encoded, proof = self._proven(self._root, address)
        found = rlp.decode(encoded, sedes=Account) if encoded else None
        storage_root = found.storage_root if found else BLANK_ROOT_HASH
        return {
            "address": checksum_address(address),
            "accountProof": proof,
            "balance": quantity(found.balance if found else 0),
            "codeHash": octets(found.code_hash if found else EMPTY_SHA3),
            "nonce": quantity(found.nonce if found else 0),
            "storageHash": octets(storage_root),
            "storageProof": [self._word(storage_root, slot % _WORD) for slot in slots],
        }

    def _word(self, root: bytes, slot: int) -> Json:
        encoded, proof = self._proven(root, slot.to_bytes(32))
        value = int.from_bytes(rlp.decode(encoded)) if encoded else 0
        return {"key": quantity(slot), "value": quantity(value), "proof": proof}

    def _proven(self, root: bytes, key: bytes) -> tuple[bytes, list[str]]:
        """Return the value at a key, empty where there is none, and the nodes on the way to it."""
        if root == BLANK_ROOT_HASH:
            return b"", []
        trie = HexaryTrie(self._nodes, root)
        digest = keccak(key)
        nodes = trie.get_proof(digest)  # type: ignore[no-untyped-call]  # it has none
        return trie.get(digest), [octets(rlp.encode(node)) for node in nodes]
