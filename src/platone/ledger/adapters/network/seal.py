"""The signatures of a network's block: those of a chain's validators, where they tell them."""

import asyncio

from platone.ledger.adapters.network.reading import data
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.domain.problem import ChainUnavailable, RpcError

UNKNOWN_METHOD = frozenset({-32601, -32604, -32600, -32004})
"""The codes of a call that a node does not know: JSON-RPC's own, and those by which Besu, hosted
nodes and EIP-1474 tell the same."""
_SIGNED_S = 10.0
"""How long the validators may take to sign a block, s: they do with their next height, within
about a second; while one of them is away, within some seconds."""
_PAUSE_S = 0.25
"""Pause between two looks for the signatures, s."""


async def block_seal(node: NodeRpc, block_hash: str) -> bytes:
    """Return the seal of a block: its validators' signatures; empty where a network has none.

    Raises:
        ChainUnavailable: The node is away, or the validators have not signed the block yet.
        RpcError: It refuses to tell.
    """
    try:
        async with asyncio.timeout(_SIGNED_S):
            while True:
                told = await node.call("platone_getSeal", block_hash)
                if told is not None:
                    return data(told)
                await asyncio.sleep(_PAUSE_S)
    except RpcError as error:
        if error.code in UNKNOWN_METHOD:
            return b""
        raise
    except TimeoutError as error:
        raise ChainUnavailable(f"{node.place} has no signatures of the block yet.") from error
