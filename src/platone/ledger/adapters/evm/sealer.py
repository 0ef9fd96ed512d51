"""The seal of blocks: whoever orders them vouches for them."""

from typing import Protocol

from platone.kernel.signature import SignatureInvalid, SigningKey
from platone.ledger.domain.transaction import strict_signer


class Sealer(Protocol):
    """A source of the order of blocks: one local key, or validators by agreement."""

    @property
    def address(self) -> str:
        """The address that the block's header names as its coinbase."""
        ...

    def seal(self, block_hash: bytes) -> bytes:
        """Return the seal of a block that it orders."""
        ...

    def accepts(self, block_hash: bytes, seal: bytes) -> bool:
        """Return whether a seal is one of its own over this block."""
        ...


class LocalSealer:
    """A key that seals every block: secp256k1 over the block's hash, 65 bytes r, s, v."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    @property
    def address(self) -> str:
        """The key's address."""
        return self._key.address

    def seal(self, block_hash: bytes) -> bytes:
        """Return the key's signature over the block's hash."""
        return self._key.sign_digest(block_hash)

    def accepts(self, block_hash: bytes, seal: bytes) -> bool:
        """Return whether the key signed this hash."""
        try:
            return strict_signer(block_hash, seal) == self._key.address
        except SignatureInvalid:
            return False
