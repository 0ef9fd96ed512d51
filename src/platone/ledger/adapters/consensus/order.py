"""Orders to validators: transactions of the chain, and changes that its consortium agreed."""

import msgspec

from platone.kernel.signature import SignatureInvalid
from platone.ledger.domain.membership import Change, read_file
from platone.ledger.domain.problem import EncodingInvalid, TransactionRefused
from platone.ledger.domain.transaction import SignedTransaction

_CHANGE = b"\x7fplatone change\n"
"""An agreed change begins with this: no transaction of Ethereum does (EIP-2718)."""

Order = SignedTransaction | Change


def change_order(change: Change) -> bytes:
    """Return an agreed change in the form in which it is ordered."""
    return _CHANGE + msgspec.json.encode(change.told())


def read_order(content: bytes) -> Order:
    """Read a transaction of the chain, or an agreed change.

    Raises:
        TransactionRefused: It is no transaction of a kind that is taken.
        ConsortiumInvalid: It is no change.
    """
    if content.startswith(_CHANGE):
        return read_file(content.removeprefix(_CHANGE), Change)
    try:
        transaction = SignedTransaction.decode(content)
        _ = transaction.sender
    except (EncodingInvalid, SignatureInvalid) as error:
        raise TransactionRefused(f"This is no transaction that is taken here: {error}") from error
    return transaction
