"""Well-formed proofs of anything: blocks that a forger seals with a key of its own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from eth_hash.auto import keccak

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import SigningKey
from platone.ledger.domain.header import ZERO_HASH, Header
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.proof import FORMAT, Proof, SaltedText, tohex
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.domain.transaction import Transaction
from platone.ledger.domain.trie import EMPTY_ROOT, list_proof, list_root
from platone.ledger.domain.verification import with_claims
from platone.messages.ledger import SettlementLine
from platone.messages.metering import Reading, ReadingBatch, SignedMessage

SEALER, SENDER = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
CONTRACT = b"\x0c" * 20
AGREEMENT, BATCH = b"\x66" * 32, b"\x01" * 32
ANCHORED = keccak(b"Anchored(bytes32,bytes32,address,uint256)")
SETTLED = keccak(b"AgreementSettled(bytes32,bytes32,bytes32,uint256)")


DEVICE = SigningKey(b"\x41" * 32)
START = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
MICRO, EUR = 10**6, 10**12


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(32) for number in numbers)


@dataclass
class Forgery:
    """What a forger writes; every part can be anything.

    Attributes:
        texts: The texts under the root.
        index: The one that is proven.
        topics: The event's topics after its name; the root by default.
        data: The event's data.
        coinbase: The address of whom the block says that it sealed it.
    """

    texts: list[str]
    index: int
    name: bytes
    topics: tuple[bytes, ...]
    data: bytes
    succeeded: bool = True
    transaction: bytes = field(
        default_factory=lambda: (
            Transaction(chain_id=1, nonce=0, gas=1, to=CONTRACT, data=b"").sign(SENDER).encode()
        )
    )
    receipt: bytes | None = None
    timestamp: int = 1_624_444_200
    coinbase: str = SEALER.address

    def draft(self, **changes: Any) -> Proof:
        """The proof, before it claims anything."""
        log = Log(CONTRACT, (self.name, *self.topics), self.data)
        receipt = self.receipt or Receipt(self.succeeded, 1, (log,)).encode()
        header = Header(
            parent_hash=ZERO_HASH,
            coinbase=bytes.fromhex(self.coinbase[2:]),
            state_root=EMPTY_ROOT,
            transactions_root=list_root([self.transaction]),
            receipts_root=list_root([receipt]),
            bloom=bytes(256),
            number=1,
            gas_limit=1,
            gas_used=1,
            timestamp=self.timestamp,
        )
        proof = Proof(
            format=FORMAT,
            content=self.texts[self.index],
            salt=tohex(salt(self.index)),
            leaf_index=self.index,
            path=[tohex(node) for node in tree(self.texts).path(self.index)],
            transaction_proof=[tohex(node) for node in list_proof([self.transaction], 0)],
            receipt_proof=[tohex(node) for node in list_proof([receipt], 0)],
            header=tohex(header.encode()),
            seal=tohex(SEALER.sign_digest(header.hash)),
        )
        return msgspec.structs.replace(proof, **changes)

    def proof(self, **changes: Any) -> Proof:
        """The proof with its claims; raises where the evidence does not hold."""
        return with_claims(self.draft(**changes))


def salt(index: int) -> bytes:
    return bytes([index + 1]) * 32


def tree(texts: list[str]) -> MerkleTree:
    return MerkleTree([salted_leaf(text.encode(), salt(i)) for i, text in enumerate(texts)])


def statement(texts: list[str]) -> list[SaltedText]:
    return [SaltedText(content=text, salt=tohex(salt(i))) for i, text in enumerate(texts)]


def anchored(texts: list[str], index: int = 0, kind: str = "reading", **more: Any) -> Forgery:
    topics = (tree(texts).root, kind.encode().ljust(32, b"\0"), bytes(12) + b"\x0a" * 20)
    return Forgery(texts, index, ANCHORED, topics, words(len(texts)), **more)


def settled(texts: list[str], index: int = 0, first: int = 1, **sums: int) -> Forgery:
    """An entry of lines; what it says of their sums may be given."""
    told = {"paid": 0, "owed": 0, "relieved": 0, "share": 800_000} | sums
    word = told["paid"] + (told["owed"] + told["relieved"] << 84)
    word += (1 << 168 if told["relieved"] else 0) + (first << 169) + (len(texts) << 209)
    data = words(word + (told["share"] << 223))
    return Forgery(texts, index, SETTLED, (BATCH, AGREEMENT, tree(texts).root), data)


def signed(key: SigningKey = DEVICE, device: str = DEVICE.address) -> str:
    reading = Reading(pod_id="IT001", start_time=START, duration_minutes=15, energy_wh=2_450)
    batch = ReadingBatch(device=device, sequence=1, sent_at=START, readings=[reading])
    payload = canonical_json(batch).decode()
    signature = "0x" + key.sign(payload.encode()).hex()
    message = SignedMessage(device=device, payload=payload, signature=signature)
    return canonical_json(message).decode()


def line(number: int = 1, measured: int = 9, **changes: Any) -> str:
    """A line that earns 7 EUR for 1 kWh of 1, or with a lesser delivery less."""
    trade = SettlementLine(
        line_id=changes.pop("name", f"trade-{number}"),
        pod="IT001",
        aggregator_id="ACEAE",
        baseline=10 * MICRO,
        ordered=-MICRO,
        measured=measured * MICRO,
        price=7 * MICRO,
        start_time=START,
        readings=("reading-1",),
    )
    values: dict[str, Any] = {
        "settlement_id": "s-1",
        "agreement_id": "0x" + AGREEMENT.hex(),
        "number": number,
        "customer_share_ppm": 800_000,
        "penalty_price": 11 * MICRO,
        "line": trade,
    } | changes
    return canonical_json(SettledLine(**values)).decode()
