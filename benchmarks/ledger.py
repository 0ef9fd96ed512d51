"""The ledger: gas beside bare contracts, transactions beside the bare EVM, trees and proofs."""

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from eth.abc import StateAPI
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun.state import CancunState
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth_typing import Address, BlockNumber, Hash32
from vyper import compile_code
from vyper.compiler.settings import Settings

from benchmarks.harness import PER_SECOND, Row, paired_s
from benchmarks.signature import bare_recoveries, signed_readings
from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey, checksum_address
from platone.ledger.adapters.evm.chain import Chain, Intent, Outcome, account
from platone.ledger.adapters.evm.compiler import EVM_VERSION, compiled
from platone.ledger.adapters.evm.deployment import deploy
from platone.ledger.adapters.evm.draft import GAS_LIMIT
from platone.ledger.adapters.evm.gateway import ContractGateway
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.state import NodeCache, StateNodes
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView, ThreadedView, call_data
from platone.ledger.adapters.evm.writer import BLOCK_INTENTS, ChainWriter
from platone.ledger.domain.entry_word import TAG_BYTES, EntryNumbers, Holder
from platone.ledger.domain.event import label
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.proof import FORMAT, Proof, tohex
from platone.ledger.domain.transaction import SignedTransaction, Transaction
from platone.ledger.domain.verification import verify_proof

_BARE = """
# pragma version 0.4.3
event Anchored:
    root: indexed(bytes32)
    kind: indexed(bytes32)
    certifier: indexed(address)
    count: uint256
event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256
held: HashMap[address, uint256]

@external
def anchor(root: bytes32, kind: bytes32, count: uint256):
    log Anchored(root=root, kind=kind, certifier=msg.sender, count=count)

@external
def pay(receivers: DynArray[address, 200], amount: uint256):
    for receiver: address in receivers:
        self.held[receiver] += amount
        log Transfer(sender=msg.sender, receiver=receiver, value=amount)
"""
_ANCHOR = "anchor(bytes32,bytes32,uint256)"
_SETTLE = "settle(bytes32,uint256[],(uint256,bytes32,uint256)[],(address,int256)[])"
_AGREE = "make_agreement(uint256,address,address,uint256,uint256,uint256,uint256)"
_CHAIN_ID = 864300
_NOW = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)
_OPERATOR, _ADMINISTRATOR = SigningKey(b"\x02" * 32), SigningKey(b"\x03" * 32)
_CUSTOMER, _AGGREGATOR = SigningKey(b"\x04" * 32), SigningKey(b"\x05" * 32)
_DSO = SigningKey(b"\x06" * 32)
_LEAVES, _PROOFS = 10_000, 200
_WALLETS, _WINDOW = 100, 16
"""Customers settled together, and the lines of each: the quarter-hours of a real-time window."""
_ANCHOR_GOAL, _LINE_GOAL = 32_000, 12_000
"""Gas at most: the project's own goals for an anchor, and for a payout line in a batch."""
_EARNED = 7_512_345_678_901
"""What a line earns in the measurements, 1e-12 EUR: some 250 kWh at 0.03 EUR/kWh, to the last
digit, as measured energies give it."""


class _Scene:
    """A chain on a file, with the ledger's contracts and a bare one."""

    def __init__(self, folder: Path, store: BlockStore, reader: BlockStore) -> None:
        self.reader = reader
        self.chain = Chain(
            store, LocalSealer(SigningKey(b"\x01" * 32)), SimulatedClock(_NOW, speed=0), _CHAIN_ID
        )
        self.chain.open()
        self.at = deploy(self.chain, compiled(folder), _OPERATOR, _ADMINISTRATOR)
        self.view = ContractView(reader, _CHAIN_ID)
        code = compile_code(
            _BARE, output_formats=("bytecode",), settings=Settings(evm_version=EVM_VERSION)
        )
        creation = bytes.fromhex(code["bytecode"].removeprefix("0x"))
        self.bare = self.send(Intent(_OPERATOR, b"", creation)).contract
        self._numbers = count(1)

    def send(self, intent: Intent) -> Outcome:
        """One transaction in a block of its own."""
        (outcome,) = self.chain.append([intent])
        assert outcome.succeeded, outcome.output
        return outcome

    def gas(self, to: bytes, signature: str, *values: object) -> float:
        """What a call uses."""
        return self.send(Intent(_OPERATOR, to, call_data(signature, values))).gas_used

    def word(self) -> bytes:
        """32 bytes that were not used before; as hashes are, without zeros."""
        return hashlib.sha256(b"%d" % next(self._numbers)).digest()

    def anchor(self, to: bytes) -> Intent:
        """An anchoring of a new root."""
        values = (self.word(), label("reading"), 1000)
        return Intent(_OPERATOR, to, call_data(_ANCHOR, values))

    def agree(self) -> Holder:
        """Make an agreement with a new customer, and return its terms."""
        made = Holder(
            tag=self.word()[:TAG_BYTES],
            wallet=checksum_address(self.word()[:20]),
            account=_AGGREGATOR.address,
            customer_share_ppm=900_000,
        )
        tag = int.from_bytes(made.tag)
        values = (tag, made.account, made.wallet, made.customer_share_ppm, 0, 0, 0)
        self.send(Intent(_OPERATOR, self.at.agreement, call_data(_AGREE, values)))
        return made

    def settle_gas(self, agreements: Sequence[Holder], lines: int) -> float:
        """What settling so many new lines of each agreement together uses, a line."""
        entries = []
        for agreement in agreements:
            (first,) = self.view.call(
                self.at.agreement, "next_line(bytes32)", (agreement.agreement,), ("uint256",)
            )
            numbers = EntryNumbers(
                first_line=first,
                count=lines,
                paid=lines * _EARNED,
                owed=0,
                relieved=0,
                customer_share_ppm=agreement.customer_share_ppm,
                payee=0,
            )
            entries.append((agreement.word, self.word(), numbers.word))
        charges = [(_DSO.address, lines * len(agreements) * _EARNED)]
        payees = [agreements[0].payee(int(_NOW.timestamp()))]
        used = self.gas(self.at.agreement, _SETTLE, self.word(), payees, entries, charges)
        return used / lines / len(agreements)


def _gas(scene: _Scene) -> list[Row]:
    scene.send(scene.anchor(scene.at.certification))  # the first one ever costs as much as two
    anchor, bare = (scene.send(scene.anchor(to)) for to in (scene.at.certification, scene.bare))
    agreements = [scene.agree() for _ in range(_WALLETS)]
    both = [_CUSTOMER.address, _AGGREGATOR.address]
    many = ["0x" + scene.word()[:20].hex() for _ in agreements] + both[1:] * _WALLETS

    def pay(receivers: Sequence[str]) -> float:
        return scene.gas(scene.bare, "pay(address[],uint256)", receivers, 1)

    goal = "the goal", _LINE_GOAL
    pays, event = "bare payment of two", "bare event"
    why = "also hashed into the chain of roots"
    line = "checks rights, number and balance, shares, pays, charges who asked"
    new, new_bare = scene.settle_gas(agreements[:1], 1), pay(both)
    known, known_bare = scene.settle_gas(agreements[:1], 1), pay(both)
    hundred = scene.settle_gas(agreements[:1], 100)
    scene.settle_gas(agreements, 1)
    fresh = scene.settle_gas([scene.agree() for _ in range(_WALLETS)], 1)
    pay(many)
    single, pair, window = (scene.settle_gas(agreements, lines) for lines in (1, 2, _WINDOW))
    many_bare = pay(many) / _WALLETS
    return [
        Row("gas: anchor of a root", anchor.gas_used, "gas", event, bare.gas_used, why),
        Row("gas: anchor of a root", anchor.gas_used, "gas", "the goal", _ANCHOR_GOAL),
        Row("gas: first payout line of a wallet", new, "gas", pays, new_bare, line),
        Row("gas: later payout line", known, "gas", pays, known_bare, line),
        Row(
            f"gas: a line, one of each of {_WALLETS} wallets", single, "gas", pays, many_bare, line
        ),
        Row(f"gas: a line, one of each of {_WALLETS} wallets", single, "gas", *goal),
        Row(f"gas: the first line of each of {_WALLETS} wallets", fresh, "gas", *goal),
        Row(
            f"gas: a line, {_WINDOW} of each of {_WALLETS} wallets",
            window,
            "gas",
            pays,
            many_bare / _WINDOW,
            f"{line}; a real-time window",
        ),
        Row(
            "gas: a line of 100 together",
            hundred,
            "gas",
            pays,
            known_bare / 100,
            f"{line}; one wallet",
        ),
        Row("gas: a line of 100 together", hundred, "gas", *goal),
        Row(f"gas: a line, 2 of each of {_WALLETS} wallets", pair, "gas", *goal),
    ]


def _signed(intents: Sequence[Intent], first: int) -> list[SignedTransaction]:
    return [
        Transaction(
            chain_id=_CHAIN_ID, nonce=first + place, gas=each.gas, to=each.to, data=each.data
        ).sign(each.sender)
        for place, each in enumerate(intents)
    ]


class _BareEvm:
    """py-evm alone, on the state after the newest block: transactions come signed and decoded."""

    def __init__(self, scene: _Scene) -> None:
        self._head, self._nodes = scene.chain.head, NodeCache(scene.reader.node)
        intents = [scene.anchor(scene.at.certification) for _ in range(BLOCK_INTENTS)]
        nonce = self._state().get_nonce(Address(account(_OPERATOR.address)))
        self._transactions = [
            CancunTransactionBuilder.decode(each.encode()) for each in _signed(intents, nonce)
        ]

    def _state(self) -> StateAPI:
        context = ExecutionContext(
            coinbase=Address(self._head.coinbase),
            timestamp=self._head.timestamp + 1,
            block_number=BlockNumber(self._head.number + 1),
            difficulty=0,
            mix_hash=Hash32(bytes(32)),
            gas_limit=GAS_LIMIT,
            prev_hashes=(),
            chain_id=_CHAIN_ID,
            base_fee_per_gas=0,
            excess_blob_gas=0,
        )
        root = Hash32(self._head.state_root)
        state: StateAPI = CancunState(StateNodes(self._nodes), context, root)
        return state

    def run(self) -> None:
        """Apply them; nothing is sealed or kept."""
        state = self._state()
        for each in self._transactions:
            computation = state.apply_transaction(each)
            assert computation.is_success
            state.lock_changes()


def _transactions(scene: _Scene) -> list[Row]:
    bare = _BareEvm(scene)

    def block(size: int) -> None:
        outcomes = scene.chain.append([scene.anchor(scene.at.certification) for _ in range(size)])
        assert all(outcome.succeeded for outcome in outcomes)

    block_s, bare_s = paired_s(lambda: block(BLOCK_INTENTS), bare.run)
    single_s, whole_s = paired_s(lambda: block(1), lambda: block(BLOCK_INTENTS))
    return [
        Row(
            "chain: anchors",
            BLOCK_INTENTS / block_s,
            PER_SECOND,
            "py-evm alone",
            BLOCK_INTENTS / bare_s,
            f"blocks of {BLOCK_INTENTS}: signed, executed, sealed, durable",
        ),
        Row(
            "chain: one anchor in its own block",
            single_s * 1e3,
            "ms",
            f"one of {BLOCK_INTENTS} in a block",
            whole_s / BLOCK_INTENTS * 1e3,
            "until it is durable",
        ),
    ]


def _proof(scene: _Scene) -> bytes:
    """The proof file of one signed message among a thousand."""
    content, salts = signed_readings(1)[0].raw.decode(), [scene.word() for _ in range(1000)]
    tree = MerkleTree([salted_leaf(content.encode(), salt) for salt in salts])
    values = (tree.root, label("reading"), len(salts))
    data = call_data(_ANCHOR, values)
    outcome = scene.send(Intent(_OPERATOR, scene.at.certification, data))
    path = [tohex(node) for node in tree.path(7)]
    draft = Proof(format=FORMAT, content=content, salt=tohex(salts[7]), leaf_index=7, path=path)
    gateway = ContractGateway(ChainWriter(scene.chain), ThreadedView(scene.view), scene.at)
    return asyncio.run(gateway.prove(draft, outcome.transaction, tree.root)).encode()


def _proofs(scene: _Scene) -> Row:
    file = _proof(scene)
    assert verify_proof(file).valid

    def verify() -> None:
        for _ in range(_PROOFS):
            verify_proof(file)

    signatures = 3  # of the block's sealer, of the transaction's sender, of the device
    verify_s, bare_s = paired_s(verify, lambda: bare_recoveries(signatures * _PROOFS))
    return Row(
        "proof: verified offline",
        _PROOFS / verify_s,
        PER_SECOND,
        "its 3 bare recoveries",
        _PROOFS / bare_s,
        f"a reading under 1000 leaves, {len(file)} bytes",
    )


def _trees() -> list[Row]:
    content, salt = b"x" * 600, b"s" * 32
    leaves = [hashlib.sha256(b"%d" % number).digest() for number in range(_LEAVES)]
    entry, node = b"\0" + salt + content, b"\1" + bytes(64)

    def hashes(data: bytes) -> None:
        for _ in range(_LEAVES):
            hashlib.sha256(data).digest()

    def salted() -> None:
        MerkleTree([salted_leaf(content, salt) for _ in range(_LEAVES)])

    def bare() -> None:
        hashes(entry)
        hashes(node)

    root_s, nodes_s = paired_s(lambda: MerkleTree(leaves), lambda: hashes(node))
    salted_s, bare_s = paired_s(salted, bare)
    rate, beside, size = PER_SECOND, "as many bare SHA-256", f"{_LEAVES:,} leaves"
    root, nodes, records, hashed = (_LEAVES / each for each in (root_s, nodes_s, salted_s, bare_s))
    of = f"{size} of {len(content)} bytes"
    return [
        Row("tree: leaves under a root", root, rate, beside, nodes, size),
        Row("tree: salted records under a root", records, rate, beside, hashed, of),
    ]


def measure() -> list[Row]:
    """Gas of anchors and payouts, rates of transactions, proofs and trees."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            closing(BlockStore(folder / "chain.db")) as store,
            closing(store.reader()) as reader,
        ):
            scene = _Scene(folder, store, reader)
            return [*_gas(scene), *_transactions(scene), _proofs(scene), *_trees()]
