"""The audit of a chain: every block is executed again, from the state of the block before it."""

from collections.abc import Mapping, Sequence

from platone.ledger.adapters.evm.executor import Execution, Frame
from platone.ledger.adapters.evm.state import StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import BlockTampered
from platone.ledger.domain.transaction import SignedTransaction

Replaced = Mapping[int, Sequence[tuple[bytes, bytes]]]
"""Contracts and the codes they get, by the block before whose first transaction they do."""
_NONE: Replaced = {}


def audit_chain(store: BlockStore, chain_id: int, replaced: Replaced = _NONE) -> int:
    """Execute every block again, besides what ``verify_chain`` checks; return how many.

    Args:
        store: The chain's file.
        chain_id: The chain.
        replaced: The upgrades of contracts that its members agreed.

    Raises:
        BlockTampered: A block does not come to the state or the receipts of its header.
    """
    parent: Header | None = None
    count = 0
    for block in store.blocks():
        header = block.decoded_header
        if parent is not None:
            _execute_again(store, block, parent, chain_id, replaced.get(block.number, ()))
        parent = header
        count += 1
    return count


def _execute_again(
    store: BlockStore,
    block: Block,
    parent: Header,
    chain_id: int,
    replaced: Sequence[tuple[bytes, bytes]],
) -> None:
    header = block.decoded_header
    frame = Frame(header.number, header.timestamp, header.coinbase, header.gas_limit)
    hashes = (
        found.hash
        for number in range(parent.number, max(-1, parent.number - 256), -1)
        if (found := store.by_number(number)) is not None
    )
    execution = Execution(StateNodes(store.node), frame, parent.state_root, chain_id, hashes)
    try:
        for contract, code in replaced:
            execution.replace_code(contract, code)
        receipts = [
            execution.apply(SignedTransaction.decode(content)).receipt
            for content in block.transactions
        ]
        state_root = execution.finish()
    except Exception as error:
        raise BlockTampered(block.number, f"it cannot be executed again ({error})") from error
    if [receipt.encode() for receipt in receipts] != list(block.receipts):
        raise BlockTampered(block.number, "executing it again gives other receipts")
    if state_root != header.state_root:
        raise BlockTampered(block.number, "executing it again gives another state")
