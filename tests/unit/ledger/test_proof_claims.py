"""What a proof claims is what its evidence was made with, and nothing else."""

from typing import Any

import msgspec
import pytest
from eth_hash.auto import keccak

from platone.kernel.canonical import canonical_json
from platone.ledger.domain.problem import EvidenceInvalid
from platone.ledger.domain.proof import Payment
from platone.ledger.domain.verification import verify_proof
from platone.messages.metering import SignedMessage

from .forged_proof import (
    CONTRACT,
    DEVICE,
    EUR,
    SEALER,
    SENDER,
    Forgery,
    anchored,
    line,
    settled,
    signed,
    statement,
    tree,
)


@pytest.mark.parametrize(
    ("forgery", "kind", "event", "size", "device"),
    [
        (anchored([signed()] * 3, 1), "reading", "Anchored", 3, DEVICE.address),
        (anchored(["8 kWh"], kind="settlement"), "settlement", "Anchored", 1, None),
        (settled([line()], paid=7 * EUR), "settlementLine", "AgreementSettled", 1, None),
    ],
)
def test_claims_are_what_the_evidence_was_made_with(
    forgery: Forgery, kind: str, event: str, size: int, device: str | None
) -> None:
    """Each is told by who made the block, not by the proof."""
    report = verify_proof(forgery.proof().encode())
    claims = report.claims
    assert claims is not None
    assert (claims.kind, claims.event, claims.tree_size) == (kind, event, size)
    assert claims.root == "0x" + tree(forgery.texts).root.hex()
    assert claims.contract.lower() == "0x" + CONTRACT.hex()
    assert (claims.certifier, claims.sealer) == (SENDER.address, SEALER.address)
    assert (claims.chain_id, claims.block_number) == (1, 1)
    assert claims.block_time == forgery.timestamp
    assert claims.transaction_hash == "0x" + keccak(forgery.transaction).hex()
    header = bytes.fromhex(forgery.draft().header[2:])
    assert claims.block_hash == "0x" + keccak(header).hex()
    assert claims.device == device
    signers = [(each.role, each.address) for each in report.signers]
    own = [("Light Node", device)] if device else []
    assert signers == [*own, ("certifier", SENDER.address), ("sealer", SEALER.address)]


def test_nothing_else_can_be_claimed() -> None:
    """Every claim, changed alone, is refused."""
    for forgery in (anchored([signed()]), settled([line()], paid=7 * EUR)):
        assert_claims_hold(forgery)


def assert_claims_hold(forgery: Forgery) -> None:
    proof = forgery.proof()
    claims = proof.claims
    assert claims is not None
    for name in claims.__struct_fields__:
        value = getattr(claims, name)
        if isinstance(value, str):
            other: object = value[:-1] + ("0" if value[-1] != "0" else "1")
        elif isinstance(value, int):
            other = value + 1
        elif isinstance(value, list):
            other = [*value, "DSO"]
        else:
            other = None if value is not None else DEVICE.address if name == "device" else value
        if other != value:
            changed = msgspec.structs.replace(claims, **{name: other})
            report = verify_proof(msgspec.structs.replace(proof, claims=changed).encode())
            assert not report.valid
            assert report.checks[-1].name == "claims", name


def test_evidence_that_does_not_hold_claims_nothing() -> None:
    with pytest.raises(EvidenceInvalid, match="not its place"):
        settled([line(2)], paid=7 * EUR).proof()


def test_a_file_has_at_most_32_mebibytes() -> None:
    most = 32 * 1024 * 1024
    (check,) = verify_proof(b" " * most).checks
    assert check.detail.startswith("The file is not a proof")
    (check,) = verify_proof(b" " * (most + 1)).checks
    assert check.detail == f"A proof file has at most {most} bytes."


def test_a_line_is_shown_in_kilowatt_hours_euro_and_tokens() -> None:
    """1 kWh of 1 delivered at 7 EUR/kWh, of which 80 % are the customer's."""
    values = verify_proof(settled([line()], paid=7 * EUR).proof().encode()).values
    told = " ".join(values)
    for part in (
        "IT001, trade trade-1 of ACEAE",
        "10 kWh",
        "ordered change -1 kWh",
        "measured 9 kWh",
        "1 kWh delivered at 7 EUR/kWh",
        "0 kWh missing at 11 EUR/kWh",
        ": 7 EUR",
        "to the customer 5.6 tokens",
        "to the aggregator 1.4 tokens",
    ):
        assert part in told, part


def test_a_payment_and_its_total_are_told_in_words() -> None:
    """1 of 1 kWh: 7 EUR; then nothing of 1 kWh: 11 EUR are owed."""
    texts = [line(), line(2, 10)]
    forgery = settled(texts, paid=7 * EUR, owed=11 * EUR)
    report = verify_proof(forgery.proof(statement=statement(texts)).encode())
    told = {check.name: check.detail for check in report.checks}
    assert told["payment"] == (
        "Computed again: 1 kWh delivered, 0 kWh missing; 5.6 tokens to the customer, "
        "1.4 to the aggregator."
    )
    assert told["total"] == (
        "All 2 lines from number 1 come to the 5.6 tokens that the customer's wallet got and the "
        "1.4 of the aggregator; 11 EUR are owed."
    )


def test_of_other_texts_no_value_is_shown() -> None:
    plain = verify_proof(anchored(["8 kWh"], kind="settlement").proof().encode())
    assert (plain.valid, plain.values) == (True, [])
    payload = "no readings"
    signature = "0x" + DEVICE.sign(payload.encode()).hex()
    message = SignedMessage(device=DEVICE.address, payload=payload, signature=signature)
    other = verify_proof(anchored([canonical_json(message).decode()]).proof().encode())
    assert (other.valid, other.values) == (True, [])
    assert other.claims is not None
    assert other.claims.device == DEVICE.address


@pytest.mark.parametrize(
    ("changes", "step", "says"),
    [
        ({"seal": "0x" + "00" * 65}, "seal", "The seal is no signature"),
        ({"header": "0xc0"}, "seal", "The block header is not one"),
        ({"transaction_proof": []}, "transaction", "The transaction is not in the block"),
        ({"receipt_proof": []}, "event", "The receipt is not in the block"),
        ({"salt": "0x00"}, "inclusion", "The path does not belong to this tree"),
    ],
)
def test_evidence_that_is_missing_is_named(changes: dict[str, Any], step: str, says: str) -> None:
    report = verify_proof(anchored([signed()]).draft(**changes).encode())
    assert not report.valid
    assert report.checks[-1].name == step
    assert report.checks[-1].detail.startswith(says)


def test_a_payment_of_an_agreement_without_thresholds_slides_over_nothing() -> None:
    """Files of before thresholds and corrections tell none, and are read as they were meant."""
    claims = settled([line()], paid=7 * EUR).proof().claims
    assert claims is not None
    assert claims.payment is not None
    told = msgspec.to_builtins(claims.payment)
    for later in ("leastDeliveryPpm", "fullDeliveryPpm", "netBefore"):
        assert told.pop(later) == 0
    assert msgspec.convert(told, Payment) == claims.payment
