"""Fees on a network: the price of a unit of gas, and the raise for which it takes a new version."""

from dataclasses import dataclass

from platone.ledger.adapters.network.reading import member, number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.domain.problem import ChainUnavailable, RpcError

_BASE_FACTOR = 2
"""The base fee may double until a transaction is in a block: six full blocks, each 1/8 dearer."""
_RAISE_PERMILLE = 125
"""The least raise by which nodes take a replacement: geth's own is 10 %, others' 12.5 %."""


@dataclass(frozen=True, slots=True)
class Fee:
    """A price of gas (EIP-1559), wei a unit.

    Attributes:
        most: The most that is paid.
        tip: What of it goes to whoever makes the block.
    """

    most: int
    tip: int

    def raised(self) -> "Fee":
        """Return the least fee by which nodes take a replacement; no fee stays none."""
        return Fee(_raised(self.most), _raised(self.tip))


def _raised(wei: int) -> int:
    return wei + -(-wei * _RAISE_PERMILLE // 1000)


async def network_fee(node: NodeRpc) -> Fee:
    """Return the price of a unit of gas on the network now; 0 where there are no fees.

    Raises:
        ChainUnavailable: The node is away, or its network knows no base fee.
        RpcError: It refuses to tell.
    """
    newest = await node.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - positional on the wire
    if member(newest, "baseFeePerGas") is None:
        raise ChainUnavailable("The network has no base fee: its rules are older than London's.")
    base = number(newest["baseFeePerGas"])
    price = number(await node.call("eth_gasPrice"))
    if not base and not price:
        return Fee(0, 0)
    try:
        tip = number(await node.call("eth_maxPriorityFeePerGas"))
    except RpcError:  # some nodes do not know the call
        tip = max(price - base, 0)
    return Fee(_BASE_FACTOR * base + tip, tip)
