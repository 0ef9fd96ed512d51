"""The steps from a proof's evidence to what it shows; each refuses what does not fit."""

from dataclasses import dataclass

import msgspec

from platone.kernel.signature import (
    SIGNATURE_BYTES,
    SignatureInvalid,
    checksum_address,
    recover,
)
from platone.ledger.domain.commit_seal import CommitSeal, endorsed
from platone.ledger.domain.event import AgreementSettled, Anchored, read_event
from platone.ledger.domain.header import Header
from platone.ledger.domain.membership import Member
from platone.ledger.domain.merkle import root_from_path, salted_leaf
from platone.ledger.domain.problem import EncodingInvalid, EvidenceInvalid, TrieProofInvalid
from platone.ledger.domain.proof import Proof, unhex
from platone.ledger.domain.receipt import Receipt
from platone.ledger.domain.transaction import SignedTransaction, strict_signer
from platone.ledger.domain.trie import proven_item
from platone.messages.metering import SignedMessage

READING = "reading"
SETTLEMENT_LINE = "settlementLine"
MIXED = "mixed"
"""The kind of a tree whose records are of several kinds."""
LATEST_S = 253_402_300_799
"""Latest time of a block, seconds since 1970: the end of 9999, the last year that has dates."""


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A header, its hash, and who vouches for it.

    Attributes:
        header: The header.
        hash: Its hash.
        sealer: The address whose key sealed it; of validators, their consortium's founding address;
            none where it bears no seal, as a network's block.
        validators: The members of that consortium who signed it; none where one key sealed it.
        members: How many members the consortium had then.
    """

    header: Header
    hash: bytes
    sealer: str | None
    validators: tuple[Member, ...] = ()
    members: int = 0


def sealed_block(proof: Proof) -> SealedBlock:
    """Return the block, signed by whom its header names, or one of a network, without a seal.

    Raises:
        EvidenceInvalid: The header or the seal does not hold.
    """
    seal = unhex(proof.seal)
    try:
        header = Header.decode(unhex(proof.header))
    except EncodingInvalid as error:
        raise EvidenceInvalid(f"The block header is not one: {error}") from error
    try:
        block = _vouched(header, seal)
    except EncodingInvalid as error:
        raise EvidenceInvalid(f"The seal is not one: {error}") from error
    except SignatureInvalid as error:
        raise EvidenceInvalid(f"The seal is no signature: {error.detail}") from error
    if header.timestamp > LATEST_S:
        raise EvidenceInvalid("The block says a time beyond the year 9999.")
    if block.sealer is not None and checksum_address(header.coinbase) != block.sealer:
        raise EvidenceInvalid(
            f"The block was not sealed by whom its header names: by {block.sealer}, not by "
            f"{checksum_address(header.coinbase)}."
        )
    return block


def _vouched(header: Header, seal: bytes) -> SealedBlock:
    """Return the block with who vouches for it: one key, a consortium's validators, or nobody."""
    if not seal:
        return SealedBlock(header, header.hash, None)
    if len(seal) <= SIGNATURE_BYTES:
        return SealedBlock(header, header.hash, strict_signer(header.hash, seal))
    shown = endorsed(CommitSeal.decode(seal), header.hash)
    return SealedBlock(header, header.hash, shown.consortium, shown.signers, shown.members)


def proven_transaction(proof: Proof, header: Header) -> SignedTransaction:
    """Return the transaction, shown to be in the block.

    Raises:
        EvidenceInvalid: It is not, or it carries no valid signature.
    """
    nodes = [unhex(node) for node in proof.transaction_proof]
    try:
        content = proven_item(header.transactions_root, proof.transaction_index, nodes)
        transaction = SignedTransaction.decode(content)
        _ = transaction.sender
    except TrieProofInvalid as error:
        raise EvidenceInvalid(f"The transaction is not in the block: {error}") from error
    except EncodingInvalid as error:
        raise EvidenceInvalid(f"The transaction is not well-formed: {error}") from error
    except SignatureInvalid as error:
        raise EvidenceInvalid(f"The transaction is not signed: {error.detail}") from error
    return transaction


def proven_event(proof: Proof, header: Header) -> tuple[str, Anchored | AgreementSettled]:
    """Return the event and the contract that emitted it, shown to be in the block.

    Raises:
        EvidenceInvalid: It is not, or its transaction failed, or it is another event.
    """
    nodes = [unhex(node) for node in proof.receipt_proof]
    try:
        receipt = Receipt.decode(proven_item(header.receipts_root, proof.transaction_index, nodes))
        if not receipt.succeeded:
            raise EvidenceInvalid("The transaction failed: it changed nothing.")
        if not 0 <= proof.log_index < len(receipt.logs):
            raise EvidenceInvalid("The receipt has no event at this place.")
        log = receipt.logs[proof.log_index]
        event = read_event(log)
    except TrieProofInvalid as error:
        raise EvidenceInvalid(f"The receipt is not in the block: {error}") from error
    except EncodingInvalid as error:
        raise EvidenceInvalid(f"The receipt is not well-formed: {error}") from error
    if event is None:
        raise EvidenceInvalid("The event at this place is no certification and no settlement.")
    return checksum_address(log.address), event


def check_inclusion(proof: Proof, event: Anchored | AgreementSettled) -> None:
    """Check that the content is what the event stands for.

    Raises:
        EvidenceInvalid: It is not.
    """
    try:
        leaf = salted_leaf(proof.content.encode(), unhex(proof.salt))
        path = [unhex(sibling) for sibling in proof.path]
        found = root_from_path(leaf, proof.leaf_index, event.count, path)
    except ValueError as error:
        raise EvidenceInvalid(f"The path does not belong to this tree: {error}") from error
    if any(len(sibling) != len(event.root) for sibling in path) or found != event.root:
        raise EvidenceInvalid("Content, salt and path do not lead to the root on the chain.")


def signing_device(content: str, kind: str) -> str | None:
    """Return the Light Node that signed the content (EIP-191); none where it is unsigned.

    Raises:
        EvidenceInvalid: It is one with a wrong signature, or should be one.
    """
    try:
        message = msgspec.json.decode(content, type=SignedMessage)
    except (msgspec.DecodeError, RecursionError) as error:
        if kind == READING:
            raise EvidenceInvalid(f"A reading must be a signed message: {error}") from error
        return None
    try:
        signer = recover(message.payload.encode(), unhex(message.signature))
    except SignatureInvalid as error:
        raise EvidenceInvalid(f"The device's signature is none: {error.detail}") from error
    if signer.lower() != message.device.lower():
        raise EvidenceInvalid(f"The content names {message.device}, but {signer} signed it.")
    return signer
