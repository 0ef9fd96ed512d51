"""Transactions as they stand in blocks, and who signed them."""

from dataclasses import dataclass
from typing import Any, Self

from eth_hash.auto import keccak

from platone.kernel.signature import (
    SIGNATURE_BYTES,
    SignatureInvalid,
    SigningKey,
    recover_digest,
)
from platone.ledger.domain.encoding import decode_list, encode_list, read_bytes, read_number
from platone.ledger.domain.problem import EncodingInvalid

_TYPE = b"\x02"
"""The first byte of a transaction of type 2 (EIP-1559)."""
_ADDRESS_BYTES = 20
"""Bytes of the address of an account."""
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half the order of secp256k1: a greater s belongs to the twin of a signature (EIP-2)."""


def created_address(sender: bytes, nonce: int) -> bytes:
    """Return where an account's transaction of a nonce creates its contract (Yellow Paper, 7)."""
    return keccak(encode_list([sender, nonce]))[12:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction of type 2 (EIP-1559) without fees and without an access list.

    ``to`` is empty where a contract is created.
    """

    chain_id: int
    nonce: int
    gas: int
    to: bytes
    data: bytes
    value: int = 0
    tip: int = 0
    fee: int = 0

    def parts(self) -> list[Any]:
        """Return the fields that are signed, in their order."""
        return [
            self.chain_id,
            self.nonce,
            self.tip,
            self.fee,
            self.gas,
            self.to,
            self.value,
            self.data,
            [],
        ]

    def sign(self, key: SigningKey) -> "SignedTransaction":
        """Return the transaction with the signature of its sender."""
        digest = keccak(_TYPE + encode_list(self.parts()))
        return SignedTransaction(self, key.sign_digest(digest))


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction and its sender's signature: 65 bytes r, s, v of 27 or 28."""

    body: Transaction
    signature: bytes

    def encode(self) -> bytes:
        """Return the bytes in the block, as ordinary tools take them."""
        r, s = int.from_bytes(self.signature[:32]), int.from_bytes(self.signature[32:64])
        parts = [*self.body.parts(), self.signature[64] - 27, r, s]
        return _TYPE + encode_list(parts)

    @property
    def hash(self) -> bytes:
        """The transaction's hash, 32 bytes."""
        return keccak(self.encode())

    @property
    def sender(self) -> str:
        """The address whose key signed it.

        Raises:
            SignatureInvalid: The signature is not well-formed.
        """
        digest = keccak(_TYPE + encode_list(self.body.parts()))
        return strict_signer(digest, self.signature)

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Read a transaction.

        Raises:
            EncodingInvalid: It has another form or type, or an access list.
        """
        if encoded[:1] != _TYPE:
            raise EncodingInvalid("This is no type 2 transaction.")
        parts = decode_list(encoded[1:], 12)
        chain_id, nonce, tip, fee, gas, value = (read_number(parts[i]) for i in (0, 1, 2, 3, 4, 6))
        parity, r, s = (read_number(part) for part in parts[9:])
        if parts[8] != [] or parity > 1 or max(r, s) >= 1 << 256:
            raise EncodingInvalid("The transaction has an access list or no signature.")
        target = read_bytes(parts[5])
        if len(target) not in {0, _ADDRESS_BYTES}:
            raise EncodingInvalid(f"The transaction goes to an address of {len(target)} bytes.")
        body = Transaction(
            chain_id=chain_id,
            nonce=nonce,
            gas=gas,
            to=target,
            data=read_bytes(parts[7]),
            value=value,
            tip=tip,
            fee=fee,
        )
        return cls(body, r.to_bytes(32) + s.to_bytes(32) + bytes([27 + parity]))


def strict_signer(digest: bytes, signature: bytes) -> str:
    """Return the address that signed a digest; only low-s signatures count (EIP-2).

    Raises:
        SignatureInvalid: The signature is not well-formed.
    """
    if len(signature) == SIGNATURE_BYTES and int.from_bytes(signature[32:64]) > _HALF_ORDER:
        raise SignatureInvalid("The signature is not in its one low form.")
    return recover_digest(digest, signature)
