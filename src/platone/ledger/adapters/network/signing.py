"""Transactions for a network, signed: what is intended, with a nonce, gas and a fee."""

from eth_hash.auto import keccak

from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Intent
from platone.ledger.adapters.network.fee import Fee
from platone.ledger.domain.transaction import SignedTransaction, Transaction
from platone.ledger.records.transaction_queue import QueuedTransaction, Signed


def intent_hash(intent: Intent) -> bytes:
    """Return a hash of who intends what with which contract, 32 bytes."""
    return keccak(
        bytes.fromhex(intent.sender.address[2:]) + intent.to.rjust(20, b"\0") + intent.data
    )


def signed(intent: Intent, chain_id: int, nonce: int, gas: int, fee: Fee) -> Signed:
    """Return the transaction of an intent."""
    body = Transaction(
        chain_id=chain_id,
        nonce=nonce,
        gas=gas,
        to=intent.to,
        data=intent.data,
        tip=fee.tip,
        fee=fee.most,
    )
    return _of(body, intent.sender)


def resigned(row: QueuedTransaction, key: SigningKey, fee: Fee) -> Signed:
    """Return a transaction of the queue with another fee."""
    body = SignedTransaction.decode(row.content).body
    again = Transaction(
        chain_id=body.chain_id,
        nonce=body.nonce,
        gas=body.gas,
        to=body.to,
        data=body.data,
        tip=fee.tip,
        fee=fee.most,
    )
    return _of(again, key)


def fee_of(row: QueuedTransaction) -> Fee:
    """Return the fee that a transaction of the queue offers."""
    body = SignedTransaction.decode(row.content).body
    return Fee(body.fee, body.tip)


def _of(body: Transaction, key: SigningKey) -> Signed:
    transaction = body.sign(key)
    return Signed(transaction.hash, transaction.encode(), body.fee)
