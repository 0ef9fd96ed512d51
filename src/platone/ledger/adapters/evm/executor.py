"""The state transition: what a transaction does under Ethereum's cancun rules, at no fee.

Nothing here orders, seals or stores: the same executor serves one local sealer, several BFT
validators, a re-execution for audit, and calls that change nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from eth.abc import ComputationAPI, StateAPI
from eth.exceptions import Revert
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.state import CancunState
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth.vm.message import Message
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from platone.ledger.adapters.evm.state import StateNodes
from platone.ledger.domain.header import ZERO_HASH
from platone.ledger.domain.problem import BlockFull, TransactionRefused
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.transaction import SignedTransaction, created_address

_BASE_GAS = 21_000
_ZERO_BYTE_GAS = 4
_BYTE_GAS = 16
_CREATION_GAS = 32_000
"""Gas of a transaction, of each zero and other byte of its data, and of one that creates a contract
(Yellow Paper, appendix G)."""
_CREATION_BYTES = 49_152
"""Bytes of the code that creates a contract, at most (EIP-3860)."""
_REFUND_QUOTIENT = 5
"""One part in this many of the used gas can be refunded (EIP-3529)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The block that an execution belongs to, as contracts may ask for it."""

    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Applied:
    """The effects of a transaction.

    Attributes:
        receipt: Its receipt.
        gas_used: Its own gas.
        output: What it returned, or the reason of its failure, as bytes.
        contract: The address of the contract it created, else empty.
    """

    receipt: Receipt
    gas_used: int
    output: bytes
    contract: bytes


@dataclass(frozen=True, slots=True)
class Called:
    """The result of a call that changed nothing."""

    succeeded: bool
    output: bytes
    gas_used: int
    error: str = ""


def intrinsic_gas(to: bytes, data: bytes) -> int:
    """Return the gas of a call, or of a creation, before its first instruction (Yellow Paper, 6.2).

    Args:
        to: Who is called; empty where the data are to create a contract.
        data: The data.
    """
    zeros, base = data.count(0), _BASE_GAS if to else _BASE_GAS + _CREATION_GAS
    return base + zeros * _ZERO_BYTE_GAS + (len(data) - zeros) * _BYTE_GAS


def check_creation(to: bytes, data: bytes) -> None:
    """Check that what creates a contract is no longer than any block takes.

    Raises:
        TransactionRefused: It is.
    """
    if not to and len(data) > _CREATION_BYTES:
        raise TransactionRefused(
            f"The code that creates the contract has {len(data)} bytes, at most {_CREATION_BYTES} "
            "are taken (EIP-3860)."
        )


class Execution:
    """The making of one block on the state of its parent.

    Args:
        nodes: The state's nodes; new ones are added to it by ``finish``.
        frame: The block.
        parent_state: The state root after the parent block.
        chain_id: The chain.
        ancestors: Hashes of the blocks before, newest first.
    """

    def __init__(
        self,
        nodes: StateNodes,
        frame: Frame,
        parent_state: bytes,
        chain_id: int,
        ancestors: Iterable[bytes] = (),
    ) -> None:
        context = ExecutionContext(
            coinbase=Address(frame.coinbase),
            timestamp=frame.timestamp,
            block_number=BlockNumber(frame.number),
            difficulty=0,
            mix_hash=Hash32(ZERO_HASH),
            gas_limit=frame.gas_limit,
            prev_hashes=(Hash32(ancestor) for ancestor in ancestors),
            chain_id=chain_id,
            base_fee_per_gas=0,
            excess_blob_gas=0,
        )
        self._state: StateAPI = CancunState(nodes, context, Hash32(parent_state))
        self._frame = frame
        self._chain_id = chain_id
        self.gas_used = 0

    def nonce(self, account: bytes) -> int:
        """Return how many transactions an account has sent."""
        return self._state.get_nonce(Address(account))

    def balance(self, account: bytes) -> int:
        """Return an account's ether, which nobody has here, in wei."""
        return self._state.get_balance(Address(account))

    def code(self, account: bytes) -> bytes:
        """Return a contract's code."""
        return self._state.get_code(Address(account))

    def storage(self, account: bytes, slot: int) -> int:
        """Return a word of a contract's storage."""
        return self._state.get_storage(Address(account), slot)

    def replace_code(self, contract: bytes, code: bytes) -> None:
        """Give a contract another code, as the chain's members agreed; its storage stays."""
        self._state.set_code(Address(contract), code)

    def apply(self, transaction: SignedTransaction) -> Applied:
        """Execute a transaction. One that reverts has a receipt too: of a failure.

        Raises:
            BlockFull: The block has no room for it; another one may.
            TransactionRefused: It cannot enter a block; the state is as before.
        """
        if transaction.body.chain_id != self._chain_id:
            raise TransactionRefused(f"The transaction is not for chain {self._chain_id}.")
        if self.gas_used + transaction.body.gas > self._frame.gas_limit:
            raise BlockFull("The block has no room for the transaction's gas.")
        check_creation(transaction.body.to, transaction.body.data)
        if transaction.body.tip > transaction.body.fee:
            raise TransactionRefused("The transaction tips more than it pays (EIP-1559).")
        decoded = CancunTransactionBuilder.decode(transaction.encode())
        self._state.lock_changes()
        before = self._state.snapshot()
        try:
            computation = self._state.apply_transaction(decoded)
        except ValidationError as error:
            self._state.revert(before)
            raise TransactionRefused(f"The transaction is not valid: {error}") from error
        used = CancunVM.finalize_gas_used(decoded, computation)
        self.gas_used += used
        logs = tuple(
            Log(address, tuple(topic.to_bytes(32) for topic in topics), data)
            for address, topics, data in computation.get_log_entries()
        )
        receipt = Receipt(computation.is_success, self.gas_used, logs)
        created = computation.msg.storage_address if computation.msg.is_create else b""
        return Applied(receipt, used, computation.output, created)

    def finish(self) -> bytes:
        """End the block: hand its new nodes over, and return its state root."""
        self._state.persist()
        return self._state.state_root

    def call(self, sender: bytes, to: bytes, data: bytes, gas: int) -> Called:
        """Execute a call as if it came from a sender; its changes are thrown away.

        Args:
            sender: From whom.
            to: The account; empty where the data are to create a contract.
            data: What it is called with.
            gas: Gas at most.

        Raises:
            TransactionRefused: No block would take it.
        """
        check_creation(to, data)
        intrinsic = intrinsic_gas(to, data)
        if gas < intrinsic:
            return Called(succeeded=False, output=b"", gas_used=gas, error="intrinsic gas too low")
        before = self._state.snapshot()
        computation = self._computation(sender, to, data, gas - intrinsic)
        spent = intrinsic + computation.get_gas_used()
        refund = min(computation.get_gas_refund(), spent // _REFUND_QUOTIENT)
        error = "" if computation.is_success else _failure(computation.error)
        called = Called(computation.is_success, computation.output, spent - refund, error)
        self._state.revert(before)
        return called

    def _computation(self, sender: bytes, to: bytes, data: bytes, gas: int) -> ComputationAPI:
        state, origin, target = self._state, Address(sender), Address(to)
        context = state.get_transaction_context_class()(gas_price=0, origin=origin)
        state.mark_address_warm(origin)
        if not to:
            made = Address(created_address(sender, state.get_nonce(origin)))
            state.mark_address_warm(made)
            creation = Message(gas, target, origin, 0, b"", data, create_address=made)
            return state.computation_class.apply_create_message(state, creation, context)
        state.mark_address_warm(target)
        message = Message(gas, target, origin, 0, data, state.get_code(target))
        return state.computation_class.apply_message(state, message, context)


def _failure(error: object) -> str:
    """Return why a call failed; empty for a revert, whose reason is in its output."""
    return "" if isinstance(error, Revert) else str(error) or "failed"
