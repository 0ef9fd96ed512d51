"""What a proof claims is what its evidence was made with, and nothing else."""

import msgspec
import pytest
from eth_hash.auto import keccak

from platone.ledger.domain.problem import EvidenceInvalid
from platone.ledger.domain.verification import verify_proof

from .forged_proof import (
    CONTRACT,
    DEVICE,
    EUR,
    SEALER,
    SENDER,
    SHARES,
    Forgery,
    anchored,
    line,
    settled,
    signed,
    tree,
)


@pytest.mark.parametrize(
    ("forgery", "kind", "event", "size", "device"),
    [
        (anchored([signed()] * 3, 1), "reading", "Anchored", 3, DEVICE.address),
        (anchored(["8 kWh"], kind="settlement"), "settlement", "Anchored", 1, None),
        (settled([line()], paid=7 * EUR, **SHARES), "settlementLine", "AgreementSettled", 1, None),
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
    for forgery in (anchored([signed()]), settled([line()], paid=7 * EUR, **SHARES)):
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
        else:
            other = None if value is not None else DEVICE.address if name == "device" else value
        if other != value:
            changed = msgspec.structs.replace(claims, **{name: other})
            report = verify_proof(msgspec.structs.replace(proof, claims=changed).encode())
            assert not report.valid
            assert report.checks[-1].name == "claims", name


def test_evidence_that_does_not_hold_claims_nothing() -> None:
    with pytest.raises(EvidenceInvalid, match="not its place"):
        settled([line(2)], paid=7 * EUR, **SHARES).proof()
