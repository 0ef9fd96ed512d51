"""The proof file: everything needed to check one record, in exactly one form."""

from typing import Self

import msgspec

from platone.kernel.canonical import complete_json
from platone.ledger.domain.problem import ProofMalformed
from platone.messages.base import Address, Hex, Message

FORMAT = "platone-proof/1"
MAX_BYTES = 32 * 1024 * 1024
"""Bytes of a proof file; the longest content that is certified is 8 MB."""


class EntryTotal(Message):
    """The total of the lines that a contract's entry settled together for one agreement.

    Attributes:
        first_line: The number of the entry's first line within the agreement.
        count: How many lines.
        paid: The sum of the lines' positive net amounts, 1e-12 EUR.
        owed: The sum of the magnitudes of their negative ones, 1e-12 EUR.
        customer_tokens: What the customer's wallet got for all of them, 1e-18 token.
        aggregator_tokens: What the aggregator's account got, 1e-18 token.
        is_recomputed: Whether the file holds all lines, so that the total was computed again.
        relieved: What corrected lines take back of what was owed, 1e-12 EUR.
    """

    first_line: int
    count: int
    paid: int
    owed: int
    customer_tokens: int
    aggregator_tokens: int
    is_recomputed: bool
    relieved: int = 0


class Payment(Message):
    """The payment of a settled line, computed from its text by the rule.

    Attributes:
        agreement: The agreement's id.
        batch: The settlement's keyed name.
        number: The line's number within the agreement.
        customer_share_ppm: The customer's share under the agreement, parts per million.
        penalty_price: The agreement's penalty, 1e-6 EUR/kWh.
        delivered: Delivered change, 1e-6 kWh, magnitude.
        deficiency: Missing change, 1e-6 kWh, magnitude.
        net: 1e-12 EUR.
        customer_tokens: This line's part of what the customer's wallet got, 1e-18 token.
        aggregator_tokens: This line's part of what the aggregator's account got, 1e-18 token.
        total: The total that it is part of, as the contract's event tells it.
        least_delivery_ppm: The agreement's part below which nothing is paid, parts per million.
        full_delivery_ppm: Its part from which all that was ordered is paid.
        net_before: What the line that it corrects came to, 1e-12 EUR.
    """

    agreement: Hex
    batch: Hex
    number: int
    customer_share_ppm: int
    penalty_price: int
    delivered: int
    deficiency: int
    net: int
    customer_tokens: int
    aggregator_tokens: int
    total: EntryTotal
    least_delivery_ppm: int = 0
    full_delivery_ppm: int = 0
    net_before: int = 0


class SaltedText(Message):
    """A text that was certified, with its salt.

    Attributes:
        content: The exact text.
        salt: The bytes that were hashed with it.
    """

    content: str
    salt: Hex


class Claims(Message):
    """The claims of a proof, said plainly; each is checked against the evidence.

    Attributes:
        kind: What the record is, as the chain has it; "mixed" where a tree holds several kinds.
        root: The Merkle root on the chain.
        tree_size: How many records are under it.
        event: "Anchored" or "AgreementSettled".
        contract: The contract that emitted the event.
        certifier: The account that signed the transaction.
        transaction_hash: The transaction.
        chain_id: The chain that it was signed for.
        block_number: Its block.
        block_hash: The block's hash.
        block_time: The block's time, seconds since 1970.
        sealer: The address whose key sealed the block; none of a network's block, which bears no
            seal: that it is part of the network's chain is the network's to say.
        device: The Light Node that signed the content, where one did.
        payment: What was paid, for a settled line.
        validators: The members of a consortium who signed the block, by name; none where one key
            sealed it. The sealer is then the consortium's founding address.
    """

    kind: str
    root: Hex
    tree_size: int
    event: str
    contract: Address
    certifier: Address
    transaction_hash: Hex
    chain_id: int
    block_number: int
    block_hash: Hex
    block_time: int
    sealer: Address | None
    device: Address | None = None
    payment: Payment | None = None
    validators: list[str] = msgspec.field(default_factory=list)


class Proof(Message):
    """The content of a proof file.

    Attributes:
        format: Names this form.
        content: The certified text.
        salt: The 32 bytes that were hashed with it.
        leaf_index: The record's place in its tree.
        path: The tree's audit path, from the leaf's sibling upwards.
        log_index: The event's place among those of its transaction.
        transaction_index: The transaction's place in the block.
        transaction_proof: Trie nodes from the header's transactions root to the transaction.
        receipt_proof: Trie nodes from the header's receipts root to the receipt.
        header: The block's encoded header.
        seal: The sealer's signature over the block's hash, or the votes of a consortium's
            validators with all that leads from the block's hash to them; empty of a network's
            block.
        statement: All lines of the entry that the content is a line of, so that the total that
            was paid is checked too; none where only the line is shown.
        claims: What all this shows; a file without them is not valid.

    What the chain adds may be left out while a proof is drafted; no such draft is valid.
    """

    format: str
    content: str
    salt: Hex
    leaf_index: int
    path: list[Hex]
    log_index: int = 0
    transaction_index: int = 0
    transaction_proof: list[Hex] = msgspec.field(default_factory=list)
    receipt_proof: list[Hex] = msgspec.field(default_factory=list)
    header: Hex = "0x"
    seal: Hex = "0x"
    statement: list[SaltedText] | None = None
    claims: Claims | None = None

    def encode(self) -> bytes:
        """Return the file's bytes: JSON with sorted keys and one line feed."""
        return complete_json(self) + b"\n"

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read a proof file from its bytes.

        Raises:
            ProofMalformed: It is no proof, or its members do not stand in their one form: sorted,
                without spaces, each once.
        """
        if len(raw) > MAX_BYTES:
            raise ProofMalformed(f"A proof file has at most {MAX_BYTES} bytes.")
        try:
            proof = msgspec.json.decode(raw, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProofMalformed(f"The file is not a proof: {error}") from error
        if proof.format != FORMAT:
            raise ProofMalformed(f"The file's format is {proof.format!r}, not {FORMAT!r}.")
        # its own members count, as files of other versions may lack an optional field
        if complete_json(msgspec.json.decode(raw)) + b"\n" != raw:
            raise ProofMalformed("The file is not in its canonical form: it was edited.")
        return proof


def unhex(text: str) -> bytes:
    """Return the bytes of a hexadecimal field."""
    return bytes.fromhex(text.removeprefix("0x"))


def tohex(value: bytes) -> str:
    """Return bytes as a hexadecimal field."""
    return "0x" + value.hex()
