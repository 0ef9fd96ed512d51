"""Seals that other libraries made: Google's writes what is signed, OpenSSL's signs it.

Only the consortium's file is our own. Keys and addresses differ in their order, as CometBFT sorts
validators by the latter.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.commit_seal import (
    CommitSeal,
    Vote,
    endorsed,
    validators_hash,
    with_sound_votes,
)
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.evidence import sealed_block
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import EncodingInvalid, EvidenceInvalid
from platone.ledger.domain.proof import Proof, tohex, unhex
from platone.ledger.domain.verification import verify_proof

from .comet_schema import encoded
from .forged_proof import SEALER, anchored

BLOCK = sha256(b"a block").digest()
PARTS_HASH = sha256(b"its parts").digest()
KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([place]) * 32) for place in range(1, 7)]


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree of RFC 6962 by its own recursion: the left side is the largest power of two."""
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    left = 1
    while 2 * left < len(leaves):
        left *= 2
    return sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()


def validators(keys: Sequence[bytes]) -> bytes:
    ordered = sorted(keys, key=lambda key: sha256(key).digest()[:20])
    return root(
        [encoded("SimpleValidator", pub_key={"ed25519": key}, voting_power=1) for key in ordered]
    )


def consortium_of(count: int) -> Consortium:
    founders = [
        {
            "name": f"Member {place}",
            "validatorKey": f"0x{public(KEYS[place]).hex()}",
            "nodeId": f"{place:040x}",
            "address": f"chain{place}.example:26656",
        }
        for place in range(count)
    ]
    told = {"name": "pilot", "chainId": 7, "foundedAt": "2026-12-02T00:00:00Z"}
    return Consortium.decode(json.dumps({**told, "founders": founders}).encode())


def leaves_of(consortium: Consortium, height: int, block: bytes) -> tuple[bytes, ...]:
    keys = [each.key for each in consortium.founders]
    leaves = [encoded("Bytes", value=bytes([place]) * 32) for place in range(14)]
    leaves[1] = encoded("Text", value=consortium.ordered_chain)
    leaves[2] = encoded("Height", value=height)
    leaves[7] = encoded("Bytes", value=validators(keys))
    leaves[10] = encoded("Bytes", value=block)
    return tuple(leaves)


def sealed(
    members: int, signing: int, *, height: int = 36, turn: int = 1, block: bytes = BLOCK
) -> CommitSeal:
    consortium = consortium_of(members)
    leaves = leaves_of(consortium, height, block)
    votes = []
    for place in range(signing):
        seconds, nanoseconds = 1_780_000_000 + place, 5 * place
        signed = encoded(
            "Vote",
            type=2,
            height=height,
            round=turn,
            block_id={"hash": root(leaves), "part_set_header": {"total": 3, "hash": PARTS_HASH}},
            timestamp={"seconds": seconds, "nanos": nanoseconds},
            chain_id=consortium.ordered_chain,
        )
        behind_length = encoded("Bytes", value=signed)[1:]  # without the field's own number
        signature = KEYS[place].sign(behind_length)
        votes.append(Vote(public(KEYS[place]), seconds, nanoseconds, signature))
    return CommitSeal(consortium.encode(), leaves, turn, 3, PARTS_HASH, tuple(votes))


@pytest.mark.parametrize(("members", "least"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5)])
def test_more_than_two_thirds_must_sign(members: int, least: int) -> None:
    shown = endorsed(sealed(members, least), BLOCK)
    assert [each.name for each in shown.signers] == [f"Member {place}" for place in range(least)]
    assert shown.members == members
    assert shown.consortium == consortium_of(members).address
    with pytest.raises(EvidenceInvalid, match=f"Only {least - 1} of {members} members signed"):
        endorsed(sealed(members, least - 1), BLOCK)


@given(st.integers(0, 2**62), st.integers(0, 2**31))
def test_any_height_and_round_are_signed_alike(height: int, turn: int) -> None:
    """Zeros are left out of what is signed, as Google's library leaves them out."""
    found = sealed(1, 1, height=height, turn=turn)
    assert CommitSeal.decode(found.encode()) == found
    assert endorsed(found, BLOCK).members == 1
    assert with_sound_votes(replace(found, round=turn + 1)).votes == ()


def test_validators_are_hashed_in_the_order_of_their_addresses() -> None:
    keys = [public(key) for key in KEYS]
    assert sorted(keys) != sorted(keys, key=lambda key: sha256(key).digest())
    assert validators_hash(keys) == validators(keys) == validators_hash(keys[::-1])
    assert validators_hash(keys[:3]) == validators(keys[:3])


@pytest.mark.parametrize("place", [1, 2])
def test_a_header_that_is_no_message_is_refused(place: int) -> None:
    """The height's leaf is read for what was signed; the chain's has to be what it should."""
    found = sealed(1, 1)
    leaves = (*found.leaves[:place], b"\xff", *found.leaves[place + 1 :])
    with pytest.raises(EvidenceInvalid, match=("another chain", "not well-formed")[place - 1]):
        endorsed(replace(found, leaves=leaves), BLOCK)


def test_numbers_reach_as_far_as_those_that_validators_sign() -> None:
    found = sealed(1, 1)
    most = 2**63 - 1
    vote = replace(found.votes[0], seconds=most, nanoseconds=most)
    widest = replace(found, round=most, parts=most, votes=(vote,))
    assert CommitSeal.decode(widest.encode()) == widest
    for beyond in (
        replace(found, round=2**63),
        replace(found, parts=2**63),
        replace(found, votes=(replace(vote, seconds=2**63),)),
        replace(found, votes=(replace(vote, nanoseconds=2**63),)),
        replace(found, votes=(replace(vote, signature=bytes(63)),)),
        replace(found, votes=(replace(vote, signature=bytes(65)),)),
    ):
        with pytest.raises(EncodingInvalid):
            CommitSeal.decode(beyond.encode())


def proven(members: int, signing: int) -> Proof:
    """A proof whose block a consortium ordered."""
    forgery = anchored(["x"], kind="mixed", coinbase=consortium_of(members).address)
    header = Header.decode(unhex(forgery.draft().header))
    return forgery.proof(seal=tohex(sealed(members, signing, block=header.hash).encode()))


def test_a_proof_names_the_consortium_and_who_of_it_signed() -> None:
    proof = proven(5, 4)
    founding = consortium_of(5).address
    report = verify_proof(proof.encode(), expected_sealer=founding)
    assert report.valid, report.checks
    assert report.claims is not None
    names = [f"Member {place}" for place in range(4)]
    assert (report.claims.sealer, report.claims.validators) == (founding, names)
    block = sealed_block(proof)
    assert ([each.name for each in block.validators], block.members) == (names, 5)
    with pytest.raises(EvidenceInvalid, match="Only 3 of 5"):
        proven(5, 3)


def test_a_block_that_one_key_sealed_names_no_members() -> None:
    block = sealed_block(anchored(["x"], kind="mixed").proof())
    assert (block.sealer, block.validators, block.members) == (SEALER.address, (), 0)


@pytest.mark.parametrize(("expected", "step"), [(None, "network"), (SEALER.address, "sealer")])
def test_who_expects_a_sealer_gets_none_for_a_block_without_a_seal(
    expected: str | None, step: str
) -> None:
    """As of a public network, whose blocks the file alone vouches for by nobody."""
    proof = anchored(["x"], kind="mixed").proof(seal="0x")
    report = verify_proof(proof.encode(), expected_sealer=expected)
    last = next(each for each in report.checks if each.name == step)
    assert last.passed is (None if expected is None else False)
    assert report.valid is (expected is None)
