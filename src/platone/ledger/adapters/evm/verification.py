"""The verification of a chain's file: every link, hash, root and seal is checked again."""

from collections.abc import Iterator, Sequence

from eth_hash.auto import keccak

from platone.ledger.adapters.evm.sealer import Sealer
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.header import ZERO_HASH, Header
from platone.ledger.domain.problem import BlockTampered, EncodingInvalid
from platone.ledger.domain.trie import EMPTY_ROOT, list_root


def verify_chain(
    store: BlockStore, sealer: Sealer, genesis_mark: bytes, checkpoint: Block | None = None
) -> int:
    """Check every block and every state node; return how many blocks there are.

    Args:
        store: The chain's file.
        sealer: Who made its blocks.
        genesis_mark: What its first block names the chain by.
        checkpoint: The block that a checkpoint vouches for: with it, only the first block, this
            one, and all that came after it are checked.

    Raises:
        BlockTampered: Something is not as it was sealed.
    """
    parent: Header | None = None
    roots: dict[bytes, int] = {}
    expected = 0
    for block in _chosen(store, checkpoint):
        is_vouched = checkpoint is not None and block.number == checkpoint.number
        if is_vouched:
            expected = block.number
        if block.number != expected:
            raise BlockTampered(expected, "it is missing")
        header = _checked_header(block, sealer)
        if not is_vouched:
            _check_link(header, parent, genesis_mark)
        _check_body(block, header, store.entry_hashes(block.number))
        if header.state_root != EMPTY_ROOT:
            roots.setdefault(header.state_root, block.number)
        parent = header
        expected += 1
    for number in store.strays(-1 if checkpoint is None else checkpoint.number):
        raise BlockTampered(number, "it is missing, though its transactions are there")
    if checkpoint is None:
        _check_state(store, roots)
    else:
        _check_fresh_state(store, roots)
    return expected


def _chosen(store: BlockStore, checkpoint: Block | None) -> Iterator[Block]:
    """Return the blocks that are checked, in their order."""
    if checkpoint is None:
        yield from store.blocks()
        return
    yield from store.blocks(0, 0)
    yield from store.blocks(checkpoint.number)


def _checked_header(block: Block, sealer: Sealer) -> Header:
    if keccak(block.header) != block.hash:
        raise BlockTampered(block.number, "its header does not have its hash")
    try:
        header = Header.decode(block.header)
    except EncodingInvalid as error:
        raise BlockTampered(block.number, "its header is no header") from error
    if header.number != block.number:
        raise BlockTampered(block.number, "its header has another number")
    if header.coinbase != bytes.fromhex(sealer.address[2:]):
        raise BlockTampered(block.number, f"its header does not name the sealer {sealer.address}")
    if not sealer.accepts(block.hash, block.seal):
        raise BlockTampered(block.number, f"its seal is not one of {sealer.address}")
    return header


def _check_link(header: Header, parent: Header | None, genesis_mark: bytes) -> None:
    if parent is None:
        if header.extra_data != genesis_mark:
            mark, found = genesis_mark.decode(), header.extra_data.decode(errors="replace")
            raise BlockTampered(0, f"it begins chain '{found}', not '{mark}'")
        if header.parent_hash != ZERO_HASH:
            raise BlockTampered(0, "it is no first block")
    elif header.parent_hash != parent.hash:
        raise BlockTampered(header.number, "it does not follow the block before it")
    elif header.timestamp <= parent.timestamp:
        raise BlockTampered(header.number, "it is not later than the block before it")


def _check_body(block: Block, header: Header, hashes: Sequence[bytes]) -> None:
    if list_root(block.transactions) != header.transactions_root:
        raise BlockTampered(block.number, "its transactions are not those of its header")
    if list_root(block.receipts) != header.receipts_root:
        raise BlockTampered(block.number, "its receipts are not those of its header")
    if [keccak(content) for content in block.transactions] != list(hashes):
        raise BlockTampered(block.number, "its transactions are kept under other hashes")


def _check_state(store: BlockStore, roots: dict[bytes, int]) -> None:
    missing = dict(roots)
    for node in store.nodes():
        missing.pop(node.checked().hash, None)
    for number in missing.values():
        raise BlockTampered(number, "its state root is missing")


def _check_fresh_state(store: BlockStore, roots: dict[bytes, int]) -> None:
    for node in store.fresh_nodes():
        node.checked()
    for root, number in roots.items():
        if store.node(root) is None:
            raise BlockTampered(number, "its state root is missing")
