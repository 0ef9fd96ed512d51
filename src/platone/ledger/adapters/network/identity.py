"""The identity of a network: what readers of proofs compare, as its node tells it."""

import msgspec

from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.network.reading import member, number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.seal import UNKNOWN_METHOD
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.problem import ChainUnavailable, RpcError
from platone.messages.chain import ChainIdentity


async def network_identity(node: NodeRpc, deployment: Deployment) -> ChainIdentity:
    """Return the identity of a network, and of validators also who they are.

    Args:
        node: The network's node.
        deployment: Where the contracts stand.

    Raises:
        ChainUnavailable: The node is away, or tells of validators what does not hold.
    """
    try:
        chain_id = number(await node.call("eth_chainId"))
        first = await node.call("eth_getBlockByNumber", "0x0", False)  # noqa: FBT003 - positional on the wire
        consortium = await _consortium(node)
    except RpcError as error:
        raise ChainUnavailable(f"{node.place}: {error.message}.") from error
    except ConsortiumInvalid as error:
        raise ChainUnavailable(f"{node.place}: {error.detail}") from error
    return ChainIdentity(
        chain_id=chain_id,
        genesis=member(first, "hash"),
        sealer=None if consortium is None else consortium.address,
        members=[] if consortium is None else [each.name for each in consortium.members],
        contracts=deployment.named(),
    )


async def _consortium(node: NodeRpc) -> Consortium | None:
    """Return the consortium whose validators keep a chain, checked; none of other networks."""
    try:
        told = await node.call("platone_getConsortium")
    except RpcError as error:
        if error.code in UNKNOWN_METHOD:
            return None
        raise
    return Consortium.decode(msgspec.json.encode(told))
