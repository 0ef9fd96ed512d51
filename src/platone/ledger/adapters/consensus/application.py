"""The application under CometBFT: it executes what the validators order.

A height's transactions become one block of our chain; a height without any makes none, so that the
application's hash, which is our newest block's, rests, and no further height is made for it. A
change that the members agreed makes a block too, whose extra data are the hash of the consortium
after it. Where it upgrades a contract, the block that it names begins with the new code.
"""

from dataclasses import dataclass, field, replace

from platone.ledger.adapters.consensus.abci import Proposal, Result
from platone.ledger.adapters.consensus.agreed_code import AgreedCode, check_change
from platone.ledger.adapters.consensus.mempool import MAX_GAS, Mempool
from platone.ledger.adapters.consensus.order import read_order
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.chain import account
from platone.ledger.adapters.evm.checkpoint import CHECKPOINT_BLOCKS, Checkpoints, Voucher
from platone.ledger.adapters.evm.draft import BlockDraft, first_block, genesis_mark
from platone.ledger.adapters.evm.state import NodeCache
from platone.ledger.adapters.evm.store import Block
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.header import Header
from platone.ledger.domain.membership import Change
from platone.ledger.domain.problem import BlockFull, BlockTampered, TransactionRefused
from platone.ledger.domain.transaction import SignedTransaction
from platone.ledger.domain.upgrade import Upgrade

BLOCK_GAS = 100_000_000
"""Gas of a block: some four seconds of execution at most, so that no vote waits longer."""
_LENGTH_BYTES = 8
"""Bytes that stand before a transaction in a block of CometBFT, at most."""
BLOCK_TRANSACTIONS = 64
"""Transactions of a block: about a second of execution."""
_REFUSED, _NO_ROOM = 1, 2
"""Codes of a transaction that is refused for good, and of one that this block has no room for."""


@dataclass(frozen=True, slots=True)
class Executed:
    """The outcome of a height, before it is kept.

    Attributes:
        proposal: The height, with its transactions.
        results: What came of each of them.
        block: Our block; none without transactions of the chain's.
        nodes: The state nodes that it made.
        changes: The changes that the members agreed in it, by number.
        consortium: The consortium after it.
    """

    proposal: Proposal
    results: tuple[Result, ...]
    block: Block | None
    nodes: dict[bytes, bytes]
    consortium: Consortium
    changes: dict[int, Change] = field(default_factory=dict)


class Application:
    """The application at one validator; one thread calls it.

    Args:
        store: Its chain; a new one gets its first block.
        founding: The consortium as it was founded.
        voucher: The member's key, which vouches for the checkpoints of its own file.
        checkpoint_blocks: Blocks between two of them.

    Attributes:
        consortium: The consortium now.

    Raises:
        BlockTampered: The chain's file was altered, or is another chain's.
    """

    def __init__(
        self,
        store: ValidatorStore,
        founding: Consortium,
        voucher: Voucher,
        checkpoint_blocks: int = CHECKPOINT_BLOCKS,
    ) -> None:
        self._store = store
        self._coinbase = account(founding.address)
        self._chain_id = founding.chain_id
        self._nodes = NodeCache(store.node)
        self.consortium = founding
        changes = store.changes()
        for change in changes:
            self.consortium = self.consortium.changed(change)
        self._codes = AgreedCode(changes)
        founded_at = int(founding.founded_at.timestamp())
        genesis = first_block(self._chain_id, self._coinbase, founded_at, BLOCK_GAS)
        if store.head() is None:
            store.append(genesis, {})
        self._checkpoints = Checkpoints(store, voucher, checkpoint_blocks)
        self._checkpoints.verify(Unsealed(founding.address), genesis_mark(self._chain_id))
        first = store.by_number(0)
        if first is None or first.hash != genesis.hash:
            raise BlockTampered(0, "it begins the chain of another consortium")
        self._mempool = Mempool(self._chain_id, self._nonce)
        self._executed: Executed | None = None

    @property
    def height(self) -> int:
        """The newest height that is kept."""
        return self._store.height()

    @property
    def app_hash(self) -> bytes:
        """The hash of our newest block."""
        return self._head().hash

    def check_software(self) -> None:
        """Check that this software knows the contracts' codes of the next block.

        Raises:
            SoftwareOutdated: It does not know one of them.
        """
        self._codes.check_known(self.consortium, self._head().number + 1)

    def unknown_upgrades(self) -> list[Upgrade]:
        """Return the agreed upgrades that are to come, and that this software does not know."""
        return self._codes.unknown(self.consortium, self._head().number)

    def check(self, content: bytes, *, again: bool) -> Result:
        """Return whether a transaction may wait for a block.

        Args:
            content: Its bytes.
            again: Whether it has waited, and a block has come since.
        """
        try:
            order = read_order(content)
            if isinstance(order, Change):
                self._changed(self.consortium, order, self._draft(0))
                return Result()
            self._mempool.admit(order, again=again)
        except (TransactionRefused, ConsortiumInvalid) as error:
            return Result(_REFUSED, log=str(error))
        return Result(gas=order.body.gas)

    def propose(self, candidates: Proposal, max_bytes: int) -> tuple[bytes, ...]:
        """Return the transactions of the next block: those that are due and that it has room for.

        One that is refused when it is executed is among them: so all validators let it go.
        """
        chosen: list[bytes] = []
        for content in self._mempool.ordered(candidates.transactions)[:BLOCK_TRANSACTIONS]:
            max_bytes -= len(content) + _LENGTH_BYTES
            if max_bytes < 0:
                break
            chosen.append(content)
        executed = self._execute(replace(candidates, transactions=tuple(chosen)))
        kept = [
            (content, result)
            for content, result in zip(chosen, executed.results, strict=True)
            if result.code != _NO_ROOM
        ]
        taken = tuple(content for content, _ in kept)
        proposal = replace(executed.proposal, transactions=taken)
        results = tuple(result for _, result in kept)
        self._executed = replace(executed, proposal=proposal, results=results)
        return taken

    def judge(self, proposal: Proposal) -> bool:
        """Return whether a proposed block is one to vote for: no more than it has room for."""
        if len(proposal.transactions) > BLOCK_TRANSACTIONS:
            return False
        return all(result.code != _NO_ROOM for result in self._execute(proposal).results)

    def execute(self, proposal: Proposal) -> tuple[Executed, dict[bytes, int], bytes]:
        """Execute what was decided.

        Returns:
            What it comes to, the validators whose weight changes, and the application's hash.
        """
        executed = self._execute(proposal)
        before = {each.key for each in self.consortium.members}
        after = {each.key for each in executed.consortium.members}
        powers = dict.fromkeys(sorted(before - after), 0) | dict.fromkeys(sorted(after - before), 1)
        self._executed = executed
        return executed, powers, executed.block.hash if executed.block else self.app_hash

    def commit(self) -> None:
        """Keep what was executed last: durable when this returns."""
        done = self._executed
        if done is None:
            raise RuntimeError("Nothing was executed.")
        number = self._head().number if done.block is None else done.block.number
        self._store.commit(done.proposal.height, number, done.block, done.nodes, done.changes)
        with self._store.whole():
            self._checkpoints.advance(number)
        for change in done.changes.values():
            self._codes.keep(change)
        self.consortium = done.consortium
        self._executed = None
        self._mempool.begin()

    def _execute(self, proposal: Proposal) -> Executed:
        """Return the outcome of a height; a second time the same is not executed again."""
        if self._executed is not None and self._executed.proposal == proposal:
            return self._executed
        draft = self._draft(proposal.seconds)
        self._codes.begin(draft, self.consortium)
        consortium, changes = self.consortium, dict[int, Change]()
        results: list[Result] = []
        for content in proposal.transactions:
            try:
                order = read_order(content)
                if isinstance(order, Change):
                    consortium = self._changed(consortium, order, draft)
                    changes[order.number] = order
                    results.append(Result())
                else:
                    results.append(_applied(draft, order))
            except BlockFull as error:
                results.append(Result(_NO_ROOM, log=str(error)))
            except (TransactionRefused, ConsortiumInvalid) as error:
                results.append(Result(_REFUSED, log=str(error)))
        block, nodes = None, dict[bytes, bytes]()
        if draft.count or changes:
            drafted = draft.finish(consortium.digest if changes else b"")
            block, nodes = drafted.block, dict(drafted.nodes)
        self._executed = Executed(proposal, tuple(results), block, nodes, consortium, changes)
        return self._executed

    def _head(self) -> Header:
        head = self._store.head()
        if head is None:
            raise LookupError("The chain has no first block.")
        return head.decoded_header

    def _nonce(self, sender: bytes) -> int:
        return self._draft(0).nonce(sender)

    def _draft(self, seconds: int) -> BlockDraft:
        return BlockDraft(
            self._store,
            self._nodes,
            self._head(),
            self._chain_id,
            self._coinbase,
            seconds,
            BLOCK_GAS,
        )

    @staticmethod
    def _changed(consortium: Consortium, change: Change, draft: BlockDraft) -> Consortium:
        changed = consortium.changed(change)
        check_change(change, consortium, draft)
        return changed


class Unsealed:
    """The orderer of a validator's own file, without seals: CometBFT keeps the votes.

    Args:
        address: The founding address, which every block names.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def seal(self, _block_hash: bytes) -> bytes:
        """Return no seal."""
        return b""

    def accepts(self, _block_hash: bytes, seal: bytes) -> bool:
        """Return whether there is none."""
        return not seal


def _applied(draft: BlockDraft, transaction: SignedTransaction) -> Result:
    if transaction.body.gas > MAX_GAS:
        raise TransactionRefused(f"A transaction has at most {MAX_GAS} gas.")
    return Result(gas=draft.apply(transaction).gas_used)
