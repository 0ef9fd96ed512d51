"""The search for events, as eth_getLogs asks for them: by the index, in answers of some size."""

from collections.abc import Iterator

from platone.ledger.adapters.evm.log_filter import LogFilter
from platone.ledger.adapters.evm.rpc_mapping import Json, logs_of, quantity
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.problem import RpcError
from platone.ledger.service.json_rpc import LIMIT_EXCEEDED

MAX_LOG_BLOCKS = 10_000
"""Blocks that one search may read, some seconds' work; its range may be any."""
MAX_LOGS = 10_000
"""Events in one answer: about 10 MB of JSON."""


def search_logs(store: BlockStore, wanted: LogFilter, first: int, last: int) -> list[Json]:
    """Return the events of a range of blocks that a filter asks for.

    Args:
        store: A reader of the chain's file.
        wanted: The filter.
        first: The first block's number.
        last: And the last one's.

    Raises:
        RpcError: They are too many for one answer; it names the blocks to ask for first.
    """
    found: list[Json] = []
    for count, block in enumerate(_candidates(store, wanted, first, last)):
        if count == MAX_LOG_BLOCKS:
            raise _too_many(f"more than {MAX_LOG_BLOCKS} blocks to read", first, block)
        if not wanted.may_match(block.decoded_header.bloom):
            continue
        forms = [form for log, form in logs_of(block) if wanted.matches(log)]
        if found and len(found) + len(forms) > MAX_LOGS:
            raise _too_many(f"query returned more than {MAX_LOGS} results", first, block)
        found += forms
    return found


def _candidates(store: BlockStore, wanted: LogFilter, first: int, last: int) -> Iterator[Block]:
    keys = wanted.keys()
    return store.with_keys(keys, first, last) if keys else store.blocks(first, last)


def _too_many(limit: str, first: int, block: Block) -> RpcError:
    """Return the refusal of events that are too many, in the words that other nodes use."""
    before = {"from": quantity(first), "to": quantity(block.number - 1)}
    hint = f"Try with this block range [{before['from']}, {before['to']}]."
    return RpcError(LIMIT_EXCEEDED, f"{limit}. {hint}", before)
