"""Seals that four real validators made (CometBFT 0.38.26): who vouches for a block, and forgeries.

The second one is of a block after a fifth member was invited, who was away.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from platone.ledger.domain import ed25519
from platone.ledger.domain.commit_seal import CommitSeal, Vote, endorsed, with_sound_votes
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.encoding import encode_list
from platone.ledger.domain.problem import EncodingInvalid, EvidenceInvalid

FILE = Path(__file__).parents[2] / "data" / "chain" / "commit_seals.json"
RECORDED: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


def seal(place: int) -> tuple[CommitSeal, bytes]:
    found = RECORDED["seals"][place]
    block = bytes.fromhex(found["blockHash"][2:])
    return CommitSeal.decode(bytes.fromhex(found["seal"][2:])), block


@pytest.mark.parametrize(("place", "members"), [(0, 4), (1, 5)])
def test_a_recorded_seal_holds(place: int, members: int) -> None:
    found, block = seal(place)
    shown = endorsed(found, block)
    assert shown.consortium == RECORDED["consortium"]
    assert shown.members == members
    names = {each.name for each in shown.signers}
    assert len(names) > 2 * members / 3
    assert names <= {"Market operator", "DSO", "TSO", "Aggregator"}
    assert CommitSeal.decode(found.encode()) == found
    assert with_sound_votes(found) == found


def refused(found: CommitSeal, block: bytes, says: str) -> None:
    with pytest.raises(EvidenceInvalid, match=says):
        endorsed(found, block)


def test_two_thirds_are_not_more_than_two_thirds() -> None:
    found, block = seal(1)
    refused(replace(found, votes=found.votes[:3]), block, "Only 3 of 5 members signed")
    found, block = seal(0)
    refused(replace(found, votes=found.votes[:2]), block, "Only 2 of 4 members signed")
    assert len(endorsed(replace(found, votes=found.votes[:3]), block).signers) == 3


def test_a_vote_counts_once_and_as_it_was_signed() -> None:
    found, block = seal(0)
    first = found.votes[0]
    refused(replace(found, votes=(first, first, *found.votes[1:])), block, "vote in the seal")
    for changed in (
        replace(first, seconds=first.seconds + 1),
        replace(first, nanoseconds=first.nanoseconds + 1),
        replace(first, signature=bytes(64)),
        replace(first, key=found.votes[1].key),
    ):
        forged = replace(found, votes=(changed, *found.votes[1:]))
        refused(forged, block, "vote in the seal")
        assert len(with_sound_votes(forged).votes) == len(found.votes) - 1
    stranger = Vote(ed25519.public_key(b"\x01" * 32), 1, 0, bytes(64))
    refused(replace(found, votes=(*found.votes, stranger)), block, "vote in the seal")


def test_a_part_of_the_header_that_was_changed_is_noticed() -> None:
    found, block = seal(0)
    refused(found, bytes(32), "another block")
    says = {1: "another chain", 7: "never the members", 10: "another block"}
    for place, leaf in enumerate(found.leaves):
        changed = leaf[:-1] + bytes([leaf[-1] ^ 1])
        leaves = (*found.leaves[:place], changed, *found.leaves[place + 1 :])
        refused(replace(found, leaves=leaves), block, says.get(place, "vote in the seal"))
    refused(replace(found, round=found.round + 1), block, "vote in the seal")
    refused(replace(found, parts=found.parts + 1), block, "vote in the seal")
    refused(replace(found, parts_hash=bytes(32)), block, "vote in the seal")


def test_members_of_another_time_do_not_count() -> None:
    """A seal of five members, with a file that knows of four only, and one that was spaced out."""
    found, block = seal(1)
    consortium = Consortium.decode(found.consortium)
    earlier = msgspec.structs.replace(consortium, changes=[])
    refused(replace(found, consortium=earlier.encode()), block, "never the members")
    spaced = found.consortium.replace(b"{\n", b"{ \n", 1)
    refused(replace(found, consortium=spaced), block, "one form")
    refused(replace(found, consortium=b"{}"), block, "does not hold")


def test_bytes_of_another_form_are_no_seal() -> None:
    whole = seal(0)[0]
    votes = [[vote.key, vote.seconds, vote.nanoseconds, vote.signature] for vote in whole.votes]
    parts = [whole.round, whole.parts, whole.parts_hash]
    form, leaves = b"platone-commit-seal/1", list(whole.leaves)
    assert CommitSeal.decode(encode_list([form, whole.consortium, leaves, parts, votes])) == whole
    for bad in (
        [b"other", whole.consortium, leaves, parts, votes],
        [form, whole.consortium, leaves[:13], parts, votes],
        [form, whole.consortium, leaves, parts[:2], votes],
        [form, whole.consortium, b"", parts, votes],
        [form, whole.consortium, leaves, parts, [votes[0][:3]]],
        [form, whole.consortium, leaves, parts, [b""]],
        [form, whole.consortium, leaves, parts, [[votes[0][0], 2**63, 0, votes[0][3]]]],
        [form, whole.consortium, leaves, parts, [[b"", 1, 0, votes[0][3]]]],
        [form, whole.consortium, leaves, [2**63, 1, b""], votes],
        [form, whole.consortium, leaves, parts],
    ):
        with pytest.raises(EncodingInvalid):
            CommitSeal.decode(encode_list(bad))
