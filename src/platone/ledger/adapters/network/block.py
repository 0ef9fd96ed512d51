"""A network's block in its encoded form, made of a node's JSON and held against its header."""

from typing import Any

from platone.ledger.adapters.evm.port import Evidence
from platone.ledger.adapters.network.reading import data, log, member, number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.seal import UNKNOWN_METHOD, block_seal
from platone.ledger.domain.encoding import encode_list
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import ProofImpossible, RpcError
from platone.ledger.domain.trie import list_root

_CREATED, _LISTED, _PRICED, _BLOBS, _DELEGATED = 0, 1, 2, 3, 4
"""The types of transactions: of before types, with access lists (EIP-2930), with tips (EIP-1559),
with blobs (EIP-4844), and with code for accounts (EIP-7702)."""


async def block_evidence(node: NodeRpc, block_hash: str, position: int) -> Evidence:
    """Return a block with everything that a proof of one of its transactions needs.

    Raises:
        ChainUnavailable: The node is away, has lost the block, or has no signatures of it yet.
        RpcError: It refuses to tell.
        ProofImpossible: What it tells does not make the block's hash and roots.
    """
    block = await node.call("eth_getBlockByHash", block_hash, True)  # noqa: FBT003 - positional on the wire
    told = await _receipts(node, block)
    try:
        header = _header(block)
        transactions = [transaction_bytes(each) for each in block["transactions"]]
        receipts = [receipt_bytes(each) for each in told]
    except (KeyError, TypeError, AttributeError) as error:
        raise ProofImpossible("The network's block is of a form that is not known.") from error
    if header.hash != data(block_hash):
        raise ProofImpossible("The network's block header is of a form that proofs do not hold.")
    if list_root(transactions) != header.transactions_root:
        raise ProofImpossible("The network's block has transactions of an unknown form.")
    if list_root(receipts) != header.receipts_root:
        raise ProofImpossible("The network's block has receipts of an unknown form.")
    seal = await block_seal(node, block_hash)
    return Evidence(position, header.encode(), seal, transactions, receipts)


async def _receipts(node: NodeRpc, block: Any) -> list[Any]:
    try:
        return list(await node.call("eth_getBlockReceipts", member(block, "number")))
    except RpcError as error:
        if error.code not in UNKNOWN_METHOD:
            raise
    return [
        await node.call("eth_getTransactionReceipt", member(each, "hash"))
        for each in member(block, "transactions")
    ]


def _header(block: Any) -> Header:
    """Return the header of a node's block, by the rules of cancun and later."""
    if block.get("parentBeaconBlockRoot") is None:
        raise ProofImpossible("The network's blocks are of rules before cancun: no proofs of them.")
    requests = block.get("requestsHash")
    return Header(
        parent_hash=data(block["parentHash"]),
        uncles_hash=data(block["sha3Uncles"]),
        coinbase=data(block["miner"]),
        state_root=data(block["stateRoot"]),
        transactions_root=data(block["transactionsRoot"]),
        receipts_root=data(block["receiptsRoot"]),
        bloom=data(block["logsBloom"]),
        difficulty=number(block["difficulty"]),
        number=number(block["number"]),
        gas_limit=number(block["gasLimit"]),
        gas_used=number(block["gasUsed"]),
        timestamp=number(block["timestamp"]),
        extra_data=data(block["extraData"]),
        mix_hash=data(block["mixHash"]),
        nonce=data(block["nonce"]),
        base_fee=number(block["baseFeePerGas"]),
        withdrawals_root=data(block["withdrawalsRoot"]),
        blob_gas_used=number(block["blobGasUsed"]),
        excess_blob_gas=number(block["excessBlobGas"]),
        parent_beacon_root=data(block["parentBeaconBlockRoot"]),
        requests_hash=None if requests is None else data(requests),
    )


def transaction_bytes(told: Any) -> bytes:
    """Return a transaction as it stands in its block.

    Raises:
        ProofImpossible: It is of a type that is not known.
    """
    kind = number(told.get("type", "0x0"))
    target = data(told["to"]) if told.get("to") else b""
    after = [number(told["gas"]), target, number(told["value"]), data(told["input"])]
    signed = [number(told["r"]), number(told["s"])]
    if kind == _CREATED:
        parts = [
            number(told["nonce"]),
            number(told["gasPrice"]),
            *after,
            number(told["v"]),
            *signed,
        ]
        return encode_list(parts)
    if kind > _DELEGATED:
        raise ProofImpossible(f"The block has a transaction of type {kind}, which is not known.")
    prices = ["gasPrice"] if kind == _LISTED else ["maxPriorityFeePerGas", "maxFeePerGas"]
    head = [
        number(told["chainId"]),
        number(told["nonce"]),
        *(number(told[name]) for name in prices),
    ]
    parity = number(told["yParity"] if told.get("yParity") is not None else told["v"])
    parts = [*head, *after, _access(told), *_special(kind, told), parity, *signed]
    return bytes([kind]) + encode_list(parts)


def _access(told: Any) -> list[Any]:
    return [
        [data(each["address"]), [data(key) for key in each["storageKeys"]]]
        for each in told.get("accessList") or ()
    ]


def _special(kind: int, told: Any) -> list[Any]:
    """Return the fields that only one type of transactions has."""
    if kind == _BLOBS:
        hashes = [data(each) for each in told["blobVersionedHashes"]]
        return [number(told["maxFeePerBlobGas"]), hashes]
    if kind == _DELEGATED:
        return [[_authorisation(each) for each in told["authorizationList"]]]
    return []


def _authorisation(each: Any) -> list[Any]:
    numbers = (number(each[name]) for name in ("nonce", "yParity", "r", "s"))
    nonce, parity, r, s = numbers
    return [number(each["chainId"]), data(each["address"]), nonce, parity, r, s]


def receipt_bytes(told: Any) -> bytes:
    """Return a receipt as it stands in its block."""
    kind = number(told.get("type", "0x0"))
    logs = [log(each) for each in told["logs"]]
    status = b"\x01" if number(told["status"]) else b""
    body = encode_list(
        [
            status,
            number(told["cumulativeGasUsed"]),
            data(told["logsBloom"]),
            [[each.address, each.topics, each.data] for each in logs],
        ]
    )
    return (bytes([kind]) if kind else b"") + body
