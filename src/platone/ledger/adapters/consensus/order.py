"""Orders to validators: transactions of the chain, and changes of its consortium's members."""

import msgspec

from platone.kernel.signature import SignatureInvalid
from platone.ledger.domain.membership import Change, read_file
from platone.ledger.domain.problem import EncodingInvalid, TransactionRefused
from platone.ledger.domain.transaction import SignedTransaction

_CHANGE = b"\x7fplatone change\n"
"""A change of the members begins with this: no transaction of Ethereum does (EIP-2718)."""

Order = SignedTransaction | Change


def change_order(change: Change) -> bytes:
    """Return a change of the members in the form in which it is ordered."""
    return _CHANGE + msgspec.json.encode(change)


def read_order(content: bytes) -> Order:
    """Read a transaction of the chain, or a change of the members.

    Raises:
        TransactionRefused: It is no transaction of a kind that is taken.
        ConsortiumInvalid: It is no change of the members.
    """
    if content.startswith(_CHANGE):
        return read_file(content.removeprefix(_CHANGE), Change)
    try:
        transaction = SignedTransaction.decode(content)
        _ = transaction.sender
    except (EncodingInvalid, SignatureInvalid) as error:
        raise TransactionRefused(f"This is no transaction that is taken here: {error}") from error
    return transaction
