"""Ethereum's JSON-RPC methods that read the chain, as ordinary tools call them (EIP-1474)."""

from collections.abc import Mapping
from typing import Any

from platone.ledger.adapters.evm.dry_run import Allowance, DryRun
from platone.ledger.adapters.evm.executor import Execution, Frame
from platone.ledger.adapters.evm.log_filter import LogFilter
from platone.ledger.adapters.evm.log_search import search_logs
from platone.ledger.adapters.evm.proven_state import ProvenState
from platone.ledger.adapters.evm.rpc_mapping import (
    Json,
    block_mapping,
    octets,
    quantity,
    read_octets,
    read_quantity,
    receipt_mappings,
    transaction_mapping,
)
from platone.ledger.adapters.evm.state import NodeCache, StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.problem import RpcError
from platone.ledger.domain.transaction import SignedTransaction, created_address
from platone.ledger.service.json_rpc import INVALID_PARAMS, NOT_SUPPORTED, Method

MAX_PROVEN_SLOTS = 1024
"""Words of storage that one proof tells, as Ethereum's nodes bound it."""
MAX_FEE_BLOCKS = 1024
"""Blocks of one fee history, as Ethereum's nodes bound it."""
_TAGS = {"latest", "pending", "safe", "finalized"}
"""Tags that all mean the newest block: a sealed block is final."""


class ChainReads:
    """The methods, by name, over one reader of the chain's file.

    Args:
        store: A reader.
        chain_id: The chain.
        version: What web3_clientVersion answers.
        allowed: What calls that change nothing may do.
    """

    def __init__(
        self,
        store: BlockStore,
        chain_id: int,
        version: str,
        allowed: Allowance = Allowance(),  # noqa: B008 - it never changes
    ) -> None:
        self._store = store
        self._allowed = allowed
        self._nodes = NodeCache(store.node)
        self._chain_id = chain_id
        self._version = version

    def methods(self) -> Mapping[str, Method]:
        """Return all methods by their names on the wire."""
        constant: dict[str, object] = {
            "eth_chainId": quantity(self._chain_id),
            "net_version": str(self._chain_id),
            "net_listening": True,
            "web3_clientVersion": self._version,
            "eth_gasPrice": "0x0",
            "eth_maxPriorityFeePerGas": "0x0",
            "eth_syncing": False,
            "eth_accounts": [],
        }
        named: dict[str, Method] = {
            "eth_blockNumber": self.block_number,
            "eth_getBlockByNumber": self.get_block,
            "eth_getBlockByHash": self.get_block_by_hash,
            "eth_getBlockTransactionCountByNumber": self.get_block_transaction_count,
            "eth_getBlockTransactionCountByHash": self.get_block_transaction_count,
            "eth_getUncleCountByBlockNumber": self.get_uncle_count,
            "eth_getUncleCountByBlockHash": self.get_uncle_count,
            "eth_getTransactionByBlockNumberAndIndex": self.get_transaction_at,
            "eth_getTransactionByBlockHashAndIndex": self.get_transaction_at,
            "eth_getTransactionByHash": self.get_transaction,
            "eth_getTransactionReceipt": self.get_receipt,
            "eth_getBlockReceipts": self.get_block_receipts,
            "eth_call": self.call,
            "eth_estimateGas": self.estimate_gas,
            "eth_getLogs": self.get_logs,
            "eth_getBalance": self.get_balance,
            "eth_getCode": self.get_code,
            "eth_getStorageAt": self.get_storage,
            "eth_getProof": self.get_proof,
            "eth_getTransactionCount": self.get_transaction_count,
            "eth_feeHistory": self.fee_history,
            "eth_sendRawTransaction": self.send_raw_transaction,
            "platone_getSeal": self.get_seal,
        }
        return {name: _constant(value) for name, value in constant.items()} | {
            name: _checked(method) for name, method in named.items()
        }

    def block_number(self) -> str:
        """Return the newest block's number."""
        return quantity(self._head().number)

    def get_block(self, at: object, full: object = False) -> Json | None:  # noqa: FBT002 - positional on the wire
        """Return a block by its number or tag."""
        block = self._block(at)
        return None if block is None else block_mapping(block, full=bool(full))

    def get_block_by_hash(self, digest: object, full: object = False) -> Json | None:  # noqa: FBT002 - positional on the wire
        """Return a block by its hash."""
        block = self._store.by_hash(read_octets(digest, 32))
        return None if block is None else block_mapping(block, full=bool(full))

    def get_transaction(self, digest: object) -> Json | None:
        """Return a transaction by its hash."""
        found = self._place(digest)
        return None if found is None else transaction_mapping(*found)

    def get_block_transaction_count(self, at: object) -> str | None:
        """Return how many transactions a block has."""
        block = self._block(at)
        return None if block is None else quantity(len(block.transactions))

    def get_uncle_count(self, at: object) -> str | None:
        """Return how many uncles a block has: none, for blocks are ordered by one party."""
        return None if self._block(at) is None else quantity(0)

    def get_transaction_at(self, at: object, position: object) -> Json | None:
        """Return a transaction by its block and its place in it."""
        block, place = self._block(at), read_quantity(position)
        if block is None or place >= len(block.transactions):
            return None
        return transaction_mapping(block, place)

    def get_receipt(self, digest: object) -> Json | None:
        """Return a transaction's receipt."""
        found = self._place(digest)
        if found is None:
            return None
        block, position = found
        return receipt_mappings(block, _created(block))[position]

    def get_block_receipts(self, at: object) -> list[Json] | None:
        """Return all receipts of a block."""
        block = self._block(at)
        return None if block is None else receipt_mappings(block, _created(block))

    def call(self, request: object, at: object = "latest", _overrides: object = None) -> str:
        """Run a call that changes nothing, and return what it returns."""
        return octets(DryRun(request, self._allowed).run(self._execution(at)))

    def estimate_gas(self, request: object, at: object = "latest") -> str:
        """Return gas that a call succeeds with, at most 1/64 above the least."""
        return quantity(DryRun(request, self._allowed).estimate(self._execution(at)))

    def get_logs(self, request: object) -> list[Json]:
        """Return events of a range of blocks."""
        if not isinstance(request, dict):
            raise RpcError(INVALID_PARAMS, "a filter is an object")
        return search_logs(self._store, LogFilter.read(request), *self._range(request))

    def get_balance(self, account: object, at: object = "latest") -> str:
        """Return an account's ether: none, for there is none on this chain."""
        return quantity(self._execution(at).balance(read_octets(account, 20)))

    def get_code(self, account: object, at: object = "latest") -> str:
        """Return a contract's code."""
        return octets(self._execution(at).code(read_octets(account, 20)))

    def get_storage(self, account: object, slot: object, at: object = "latest") -> str:
        """Return a word of a contract's storage."""
        execution = self._execution(at)
        word = execution.storage(read_octets(account, 20), read_quantity(slot) % 2**256)
        return octets(word.to_bytes(32))

    def get_proof(self, account: object, slots: object, at: object = "latest") -> Json:
        """Return an account and words of its storage with their proofs (EIP-1186)."""
        if not isinstance(slots, list) or len(slots) > MAX_PROVEN_SLOTS:
            raise RpcError(INVALID_PARAMS, f"slots are a list of at most {MAX_PROVEN_SLOTS}")
        root = self._found(at).decoded_header.state_root
        state = ProvenState(StateNodes(self._nodes), root)
        return state.account(read_octets(account, 20), [read_quantity(slot) for slot in slots])

    def get_transaction_count(self, account: object, at: object = "latest") -> str:
        """Return how many transactions an account has sent."""
        return quantity(self._execution(at).nonce(read_octets(account, 20)))

    def fee_history(self, count: object, newest: object, percentiles: object = None) -> Json:
        """Return the fees of the last blocks: always zero."""
        asked = count if isinstance(count, int) else read_quantity(count)
        last = self._found(newest).number
        shown = max(0, min(asked, MAX_FEE_BLOCKS, last + 1))
        blocks = list(self._store.blocks(last - shown + 1, last)) if shown else []
        headers = [block.decoded_header for block in blocks]
        history: Json = {
            "oldestBlock": quantity(last - shown + 1),
            "baseFeePerGas": ["0x0"] * (shown + 1),
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
        }
        if isinstance(percentiles, list) and percentiles:
            history["reward"] = [["0x0"] * len(percentiles)] * shown
        return history

    def send_raw_transaction(self, _raw: object = None) -> str:
        """Refuse: whoever may change something does so over REST, with a token."""
        raise RpcError(
            NOT_SUPPORTED,
            "this interface only reads; transactions are made by the ledger's REST interface",
        )

    def get_seal(self, digest: object) -> str | None:
        """Return the seal of a block: its orderer's signature over its hash."""
        block = self._store.by_hash(read_octets(digest, 32))
        return None if block is None else octets(block.seal)

    def _head(self) -> Block:
        head = self._store.head()
        if head is None:
            raise LookupError("The chain has no first block.")
        return head

    def _block(self, at: object) -> Block | None:
        if isinstance(at, dict):
            if "blockHash" in at:
                return self._store.by_hash(read_octets(at["blockHash"], 32))
            at = at.get("blockNumber")
        if at is None or (isinstance(at, str) and at in _TAGS):
            return self._head()
        if isinstance(at, str) and len(at) == 66:  # noqa: PLR2004 - a hash of 32 bytes
            return self._store.by_hash(read_octets(at, 32))
        number = 0 if at == "earliest" else read_quantity(at)
        return self._store.by_number(number) if number < 2**63 else None

    def _found(self, at: object) -> Block:
        block = self._block(at)
        if block is None:
            raise RpcError(INVALID_PARAMS, "there is no such block")
        return block

    def _place(self, digest: object) -> tuple[Block, int] | None:
        place = self._store.place(read_octets(digest, 32))
        block = None if place is None else self._store.by_number(place[0])
        return None if block is None or place is None else (block, place[1])

    def _execution(self, at: object) -> Execution:
        header = self._found(at).decoded_header
        frame = Frame(header.number, header.timestamp, header.coinbase, header.gas_limit)
        return Execution(StateNodes(self._nodes), frame, header.state_root, self._chain_id)

    def _range(self, request: dict[str, Any]) -> tuple[int, int]:
        if "blockHash" in request:
            number = self._found({"blockHash": request["blockHash"]}).number
            return number, number
        return self._bound(request.get("fromBlock")), self._bound(request.get("toBlock"))

    def _bound(self, at: object) -> int:
        head = self._head().number
        if at is None or (isinstance(at, str) and at in _TAGS):
            return head
        return 0 if at == "earliest" else min(read_quantity(at), head + 1)


def _constant(value: object) -> Method:
    return lambda *_: value


def _checked(method: Method) -> Method:
    """Return the method, with a wrong number of parameters answered as such."""

    def run(*params: object) -> object:
        try:
            return method(*params)
        except TypeError as error:
            if "positional argument" in str(error):
                raise RpcError(INVALID_PARAMS, "wrong number of parameters") from error
            raise

    return run


def _created(block: Block) -> list[bytes]:
    """Return the contract that each transaction of a block created, if any."""
    transactions = [SignedTransaction.decode(content) for content in block.transactions]
    return [
        b"" if each.body.to else created_address(bytes.fromhex(each.sender[2:]), each.body.nonce)
        for each in transactions
    ]
