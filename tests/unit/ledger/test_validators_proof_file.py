"""A proof by a server on four real validators' chain: who signed its block, and forgeries.

A run of the Italian day made the file; one of the four had been killed, and was back.
"""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platone.ledger.domain import commit_seal, protobuf
from platone.ledger.domain.commit_seal import CommitSeal, Vote, endorsed, validators_hash
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.membership import Member
from platone.ledger.domain.proof import Proof, tohex, unhex
from platone.ledger.domain.proof_report import ProofReport
from platone.ledger.domain.verification import verify_proof, with_claims

FILE = Path(__file__).parents[2] / "data" / "chain" / "validators_proof.json"
FOUNDING = "0x756b0b5a3D8f97E3526Ad98A6a9A2d98435959DF"
"""What the founders of that chain compared by telephone, as it were."""
NAMES = {"Market operator", "DSO", "TSO", "Aggregator"}
_PLACES = 120
"""Digits of the seal that are altered one by one, evenly over it."""


@pytest.fixture
def proof() -> Proof:
    return Proof.decode(FILE.read_bytes())


def sealed(proof: Proof, seal: CommitSeal) -> ProofReport:
    return verify_proof(msgspec.structs.replace(proof, seal=tohex(seal.encode())).encode())


def test_it_holds_offline_and_names_its_signers() -> None:
    report = verify_proof(FILE.read_bytes(), expected_sealer=FOUNDING, expected_chain=864300)
    assert report.valid, report.checks
    assert report.claims is not None
    assert set(report.claims.validators) <= NAMES
    (seal,) = (check.detail for check in report.checks if check.name == "seal")
    assert f"{len(report.claims.validators)} of 4 members of {FOUNDING}" in seal


def test_two_of_four_signatures_are_too_few(proof: Proof) -> None:
    seal = CommitSeal.decode(unhex(proof.seal))
    report = sealed(proof, replace(seal, votes=seal.votes[:2]))
    assert not report.valid
    assert (report.checks[-1].name, report.checks[-1].passed) == ("seal", False)
    assert report.checks[-1].detail.startswith("Only 2 of 4 members signed the block")


def test_another_set_of_validators_is_named_as_such(proof: Proof) -> None:
    """Their own chain, of the same name and members, with keys of their own: a seal that holds."""
    seal = CommitSeal.decode(unhex(proof.seal))
    forged = forgery(seal)
    block = unhex(proof.claims.block_hash) if proof.claims else b""
    other = endorsed(forged, block)
    assert {each.name for each in other.signers} == NAMES
    report = sealed(proof, forged)
    assert not report.valid
    says = f"not sealed by whom its header names: by {other.consortium}, not by {FOUNDING}"
    assert says in report.checks[-1].detail


def forgery(seal: CommitSeal) -> CommitSeal:
    """The seal of the same block by four others, who call themselves the same."""
    true = Consortium.decode(seal.consortium)
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(1, 5)]
    public = [key.public_key().public_bytes_raw() for key in keys]
    members: list[Member] = [
        msgspec.structs.replace(each, validator_key=tohex(key))
        for each, key in zip(true.founders, public, strict=True)
    ]
    false = msgspec.structs.replace(true, founders=members)
    leaves = list(seal.leaves)
    leaves[1] = protobuf.text(1, false.ordered_chain)
    leaves[7] = protobuf.octets(1, validators_hash(public))
    bare = replace(seal, consortium=false.encode(), leaves=tuple(leaves), votes=())
    votes = [Vote(key, 1_800_000_000, 1, bytes(64)) for key in public]
    signatures = [
        key.sign(commit_seal._signed(bare, vote)) for key, vote in zip(keys, votes, strict=True)
    ]
    return replace(
        bare,
        votes=tuple(
            replace(vote, signature=signature)
            for vote, signature in zip(votes, signatures, strict=True)
        ),
    )


def test_a_proof_whose_seal_was_taken_away_counts_for_nobody(proof: Proof) -> None:
    bare = msgspec.structs.replace(proof, seal="0x")
    assert not verify_proof(bare.encode()).valid
    unsigned = with_claims(msgspec.structs.replace(bare, claims=None)).encode()
    assert not verify_proof(unsigned, expected_sealer=FOUNDING).valid
    report = verify_proof(unsigned)
    (network,) = (check for check in report.checks if check.name == "network")
    assert network.passed is None
    assert all("consortium" not in each.role for each in report.signers)


def test_any_altered_digit_of_the_seal_is_refused(proof: Proof) -> None:
    step = len(proof.seal) // _PLACES
    for place in range(2, len(proof.seal), step):
        digit = "1" if proof.seal[place] == "0" else "0"
        altered = proof.seal[:place] + digit + proof.seal[place + 1 :]
        report = verify_proof(msgspec.structs.replace(proof, seal=altered).encode())
        assert not report.valid, place
        assert report.checks[-1].name == "seal", place
