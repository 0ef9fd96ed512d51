"""The identity of an embedded chain: what readers of its proofs compare."""

from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.domain.problem import ChainUnavailable
from platone.ledger.domain.proof import tohex
from platone.messages.chain import ChainIdentity


def embedded_identity(
    store: BlockStore, chain_id: int, sealer: str, deployment: Deployment
) -> ChainIdentity:
    """Return the identity of an embedded chain, by which readers of proofs know it.

    Args:
        store: Its blocks.
        chain_id: Its number.
        sealer: The address that seals them.
        deployment: Where the contracts stand.

    Raises:
        ChainUnavailable: It has no block yet.
    """
    first = store.by_number(0)
    if first is None:
        raise ChainUnavailable("The chain has no first block yet.")
    return ChainIdentity(
        chain_id=chain_id, genesis=tohex(first.hash), sealer=sealer, contracts=deployment.named()
    )
