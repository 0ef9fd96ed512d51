"""The outcome of a confirmed transaction; the reason of one that failed is asked for again."""

from platone.ledger.adapters.evm.chain import Outcome
from platone.ledger.adapters.evm.rpc_mapping import octets, quantity
from platone.ledger.adapters.network.reading import NodeReceipt
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.domain.problem import RpcError
from platone.ledger.domain.transaction import SignedTransaction
from platone.ledger.records.transaction_queue import QueuedTransaction


async def outcome_of(node: NodeRpc, row: QueuedTransaction, found: NodeReceipt) -> Outcome:
    """Return the outcome of a transaction that is in a block."""
    return Outcome(
        found.transaction,
        found.block,
        found.succeeded,
        b"" if found.succeeded else await _reason(node, row, found.block),
        found.logs,
        found.contract,
        found.gas_used,
    )


async def _reason(node: NodeRpc, row: QueuedTransaction, block: int) -> bytes:
    """Return the reason with which a failed transaction reverted: receipts do not tell it."""
    body = SignedTransaction.decode(row.content).body
    asked = {"from": row.sender, "data": octets(body.data), "gas": quantity(body.gas)}
    if body.to:
        asked["to"] = octets(body.to)
    try:
        await node.call("eth_call", asked, quantity(block))
    except RpcError as error:
        if isinstance(error.data, str) and error.data.startswith("0x"):
            return bytes.fromhex(error.data[2:])
    return b""
