"""Values as Ethereum's JSON-RPC has them: quantities, bytes, blocks, receipts, logs."""

from collections.abc import Iterator
from typing import Any

from platone.kernel.signature import checksum_address
from platone.ledger.adapters.evm.store import Block
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import RpcError
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.transaction import SignedTransaction
from platone.ledger.service.json_rpc import INVALID_PARAMS

Json = dict[str, Any]


def quantity(value: int) -> str:
    """Return a number, in the fewest hexadecimal digits."""
    return hex(value)


def octets(value: bytes) -> str:
    """Return bytes, two hexadecimal digits each."""
    return "0x" + value.hex()


def read_quantity(value: object) -> int:
    """Read a number of a request.

    Raises:
        RpcError: It is none.
    """
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value, 16)
        except ValueError:
            pass
    raise RpcError(INVALID_PARAMS, f"{value!r:.80} is no hexadecimal quantity")


def read_octets(value: object, length: int | None = None) -> bytes:
    """Read bytes of a request.

    Raises:
        RpcError: They are none, or of another length.
    """
    if isinstance(value, str) and value.startswith("0x"):
        try:
            found = bytes.fromhex(value[2:])
        except ValueError:
            found = None
        if found is not None and (length is None or len(found) == length):
            return found
    raise RpcError(INVALID_PARAMS, f"{value!r:.80} is not hexadecimal data of the right length")


def header_mapping(header: Header, digest: bytes) -> Json:
    """Return a header's fields as eth_getBlock names them."""
    return {
        "number": quantity(header.number),
        "hash": octets(digest),
        "parentHash": octets(header.parent_hash),
        "sha3Uncles": octets(header.uncles_hash),
        "miner": checksum_address(header.coinbase),
        "stateRoot": octets(header.state_root),
        "transactionsRoot": octets(header.transactions_root),
        "receiptsRoot": octets(header.receipts_root),
        "logsBloom": octets(header.bloom),
        "difficulty": quantity(header.difficulty),
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "timestamp": quantity(header.timestamp),
        "extraData": octets(header.extra_data),
        "mixHash": octets(header.mix_hash),
        "nonce": octets(header.nonce),
        "baseFeePerGas": quantity(header.base_fee),
        "withdrawalsRoot": octets(header.withdrawals_root),
        "blobGasUsed": quantity(header.blob_gas_used),
        "excessBlobGas": quantity(header.excess_blob_gas),
        "parentBeaconBlockRoot": octets(header.parent_beacon_root),
    }


def block_mapping(block: Block, *, full: bool) -> Json:
    """Return a block as eth_getBlock has it, with its transactions or only their hashes."""
    transactions = [SignedTransaction.decode(content) for content in block.transactions]
    shown: list[Any] = [octets(transaction.hash) for transaction in transactions]
    if full:
        shown = [transaction_mapping(block, position) for position in range(len(transactions))]
    size = len(block.header) + sum(map(len, block.transactions))
    return header_mapping(block.decoded_header, block.hash) | {
        "size": quantity(size),
        "uncles": [],
        "withdrawals": [],
        "transactions": shown,
    }


def transaction_mapping(block: Block, position: int) -> Json:
    """Return a transaction in its block as eth_getTransactionByHash has it."""
    transaction = SignedTransaction.decode(block.transactions[position])
    body, parity = transaction.body, transaction.signature[64] - 27
    return {
        "type": "0x2",
        "hash": octets(transaction.hash),
        "blockHash": octets(block.hash),
        "blockNumber": quantity(block.number),
        "transactionIndex": quantity(position),
        "chainId": quantity(body.chain_id),
        "nonce": quantity(body.nonce),
        "from": transaction.sender,
        "to": checksum_address(body.to) if body.to else None,
        "value": quantity(body.value),
        "gas": quantity(body.gas),
        "gasPrice": "0x0",
        "maxFeePerGas": quantity(body.fee),
        "maxPriorityFeePerGas": quantity(body.tip),
        "input": octets(body.data),
        "accessList": [],
        "v": quantity(parity),
        "yParity": quantity(parity),
        "r": quantity(int.from_bytes(transaction.signature[:32])),
        "s": quantity(int.from_bytes(transaction.signature[32:64])),
    }


def logs_of(block: Block) -> Iterator[tuple[Log, Json]]:
    """Return the events of a block in their order, each with its place in JSON."""
    index = 0
    for position, encoded in enumerate(block.receipts):
        transaction = SignedTransaction.decode(block.transactions[position])
        for log in Receipt.decode(encoded).logs:
            yield (
                log,
                {
                    "address": checksum_address(log.address),
                    "topics": [octets(topic) for topic in log.topics],
                    "data": octets(log.data),
                    "blockNumber": quantity(block.number),
                    "blockHash": octets(block.hash),
                    "transactionHash": octets(transaction.hash),
                    "transactionIndex": quantity(position),
                    "logIndex": quantity(index),
                    "removed": False,
                },
            )
            index += 1


def receipt_mappings(block: Block, created: list[bytes]) -> list[Json]:
    """Return the receipts of a block as eth_getTransactionReceipt has them.

    Args:
        block: The block.
        created: Of each transaction, the address of the contract it created, or nothing.
    """
    forms: list[Json] = []
    logs = [form for _, form in logs_of(block)]
    gas_before = 0
    for position, encoded in enumerate(block.receipts):
        receipt = Receipt.decode(encoded)
        transaction = SignedTransaction.decode(block.transactions[position])
        body = transaction.body
        forms.append(
            {
                "type": "0x2",
                "transactionHash": octets(transaction.hash),
                "transactionIndex": quantity(position),
                "blockHash": octets(block.hash),
                "blockNumber": quantity(block.number),
                "from": transaction.sender,
                "to": checksum_address(body.to) if body.to else None,
                "cumulativeGasUsed": quantity(receipt.cumulative_gas),
                "gasUsed": quantity(receipt.cumulative_gas - gas_before),
                "effectiveGasPrice": "0x0",
                "contractAddress": checksum_address(created[position])
                if created[position]
                else None,
                "logs": [log for log in logs if log["transactionIndex"] == quantity(position)],
                "logsBloom": octets(receipt.bloom),
                "status": quantity(int(receipt.succeeded)),
            }
        )
        gas_before = receipt.cumulative_gas
    return forms
