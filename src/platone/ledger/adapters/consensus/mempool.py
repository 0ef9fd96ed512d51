"""The rule of which transactions may wait at a validator for a block, and in which order.

CometBFT keeps the waiting transactions and tells them to the other validators; it asks here which
of them may wait. An account's transactions are executed in the order of their nonces, without gap.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from platone.ledger.adapters.consensus.order import read_order
from platone.ledger.adapters.evm.chain import INTENT_GAS, account
from platone.ledger.adapters.evm.executor import check_creation, intrinsic_gas
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Change
from platone.ledger.domain.problem import TransactionRefused
from platone.ledger.domain.transaction import SignedTransaction

MAX_GAS = INTENT_GAS
"""Gas that a transaction may use at most."""
_MAX_AHEAD = 1000
"""Transactions of one account that may wait."""
_PATIENCE = 5
"""Blocks for which a transaction waits whose account's earlier ones are missing: they may be under
way from another validator. As long as it waits, empty blocks are made."""


class Mempool:
    """The rule of what may wait.

    Args:
        chain_id: The chain.
        nonce: Returns how many transactions an account has sent, in kept blocks.
    """

    def __init__(self, chain_id: int, nonce: Callable[[bytes], int]) -> None:
        self._chain_id = chain_id
        self._read_nonce = nonce
        self._nonces: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._waited_before: dict[bytes, int] = {}
        self._waited: dict[bytes, int] = {}

    def begin(self) -> None:
        """Begin anew after a block: the accounts' nonces have moved."""
        self._nonces.clear()
        self._reached.clear()
        self._waited_before, self._waited = self._waited, {}

    def admit(self, transaction: SignedTransaction, *, again: bool) -> None:
        """Let a transaction wait.

        Args:
            transaction: The transaction.
            again: Whether it waits already, and a block has come since.

        Raises:
            TransactionRefused: It can never enter a block, or not soon.
        """
        body = transaction.body
        if body.chain_id != self._chain_id:
            raise TransactionRefused(f"The transaction is not for chain {self._chain_id}.")
        if body.value or body.fee or body.tip:
            raise TransactionRefused("insufficient funds: there is no ether on this chain")
        check_creation(body.to, body.data)
        if not intrinsic_gas(body.to, body.data) <= body.gas <= MAX_GAS:
            raise TransactionRefused(f"Its gas is too little, or more than {MAX_GAS}.")
        due = self._nonce(transaction.sender)
        if body.nonce < due:
            raise TransactionRefused(f"nonce too low: next nonce {due}, tx nonce {body.nonce}")
        if body.nonce >= due + _MAX_AHEAD:
            raise TransactionRefused(f"nonce too high: next nonce {due}, tx nonce {body.nonce}")
        if again:
            self._check_patience(transaction, due)

    def ordered(self, candidates: Sequence[bytes]) -> list[bytes]:
        """Return those that can be executed now: each account's by nonce, without gap.

        Of two with the same nonce the first stands: the other can never follow it.
        """
        by_sender: dict[str, dict[int, bytes]] = defaultdict(dict)
        changes: list[bytes] = []
        for content in candidates:
            try:
                order = read_order(content)
            except (TransactionRefused, ConsortiumInvalid):
                continue
            if isinstance(order, Change):
                changes.append(content)
            else:
                by_sender[order.sender].setdefault(order.body.nonce, content)
        found = changes
        for sender, waiting in by_sender.items():
            due = self._nonce(sender)
            while due in waiting:
                found.append(waiting[due])
                due += 1
        return found

    def _nonce(self, sender: str) -> int:
        if sender not in self._nonces:
            self._nonces[sender] = self._read_nonce(account(sender))
        return self._nonces[sender]

    def _check_patience(self, transaction: SignedTransaction, due: int) -> None:
        """Refuse one whose account's earlier transactions have been missing for some blocks."""
        reached = self._reached.get(transaction.sender, due)
        if transaction.body.nonce <= reached:
            self._reached[transaction.sender] = max(reached, transaction.body.nonce + 1)
            return
        waited = self._waited_before.get(transaction.hash, 0) + 1
        if waited > _PATIENCE:
            raise TransactionRefused("nonce gap: an earlier transaction of the account is missing")
        self._waited[transaction.hash] = waited
