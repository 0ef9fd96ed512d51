"""A look at a network from outside of a server: how it stands, and whether it has what was kept."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from platone.ledger.adapters.evm.deployment import Deployment
from platone.ledger.adapters.evm.rpc_mapping import octets
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.identity import network_identity
from platone.ledger.adapters.network.reading import member, number, receipt
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.terms import NetworkTerms
from platone.ledger.domain.event import Anchored, read_event
from platone.ledger.domain.problem import ChainUnavailable, RpcError
from platone.ledger.records.certified_record import AnchoredTree
from platone.ledger.records.transaction_queue import TransactionQueue
from platone.messages.chain import ChainAccount, ChainStatus


async def network_status(
    node: NodeRpc, queue: TransactionQueue, terms: NetworkTerms, keys: KeyFolder, pending: int
) -> ChainStatus:
    """Return how a network stands, and what waits for it.

    Raises:
        ChainUnavailable: The node is away.
    """
    newest = await _asked(node, "eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - positional on the wire
    made_at = datetime.fromtimestamp(number(member(newest, "timestamp")), UTC)
    accounts = []
    for sender, following in (await queue.senders()).items():
        balance = number(await _asked(node, "eth_getBalance", sender, "latest"))
        accounts.append(
            ChainAccount(address=sender, next_nonce=following, balance_wei=str(balance))
        )
    return ChainStatus(
        place=node.place,
        identity=await network_identity(node, Deployment.by(keys.operator)),
        height=number(member(newest, "number")),
        newest_block_at=made_at,
        confirmations=terms.confirmations,
        pending=pending,
        waiting=len({(row.sender, row.nonce) for row in await queue.open()}),
        accounts=accounts,
    )


async def network_faults(
    node: NodeRpc, contract: bytes, trees: Iterable[AnchoredTree]
) -> AsyncIterator[str]:
    """Yield what the network does not have as it was kept, in words.

    Args:
        node: The network's node.
        contract: The contract that certifies.
        trees: What is kept as certified.

    Raises:
        ChainUnavailable: The node is away.
    """
    for tree in trees:
        found = await _asked(node, "eth_getTransactionReceipt", octets(tree.transaction))
        where = f"batch {tree.batch}: transaction {tree.transaction.hex()}"
        if found is None:
            yield f"{where} is not on the network"
            continue
        events = [read_event(each) for each in receipt(found).logs if each.address == contract]
        roots = [each.root for each in events if isinstance(each, Anchored)]
        if tree.root not in roots:
            yield f"{where} did not anchor the root {tree.root.hex()}"


async def _asked(node: NodeRpc, method: str, *params: object) -> Any:
    try:
        return await node.call(method, *params)
    except RpcError as error:
        raise ChainUnavailable(f"{node.place}: {error.message}.") from error
