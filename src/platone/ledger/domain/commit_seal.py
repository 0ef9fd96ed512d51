"""The seal of a block that validators ordered: their signatures, and what they signed.

Validators agree on blocks of transactions of CometBFT. The header of the one after them holds, as
the application's hash, the hash of the chain's newest block. More than two thirds of the validators
sign that header. So the seal leads from a block's hash to members of the consortium:

    block's hash ─► leaf of CometBFT's header ─► hash of that header ─► votes ─► members' keys

and the consortium's own file, which the seal carries, from the members to the founding address that
the block's header names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from platone.ledger.domain import ed25519, protobuf
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.encoding import decode_list, encode_list, read_bytes, read_number
from platone.ledger.domain.membership import Member, validator_address
from platone.ledger.domain.merkle import MerkleTree, leaf_hash
from platone.ledger.domain.problem import EncodingInvalid, EvidenceInvalid

_FORM = b"platone-commit-seal/1"
"""Names this form."""
_LEAVES = 14
"""Fields of CometBFT's header; each is a leaf of the tree whose root is the header's hash."""
_CHAIN, _HEIGHT, _VALIDATORS, _APPLICATION = 1, 2, 7, 10
"""Places of some of them: the chain's name, the height, the validators, the application's hash."""
_LIMIT = 2**63
"""Numbers in what is signed are below this."""
_PRECOMMIT = 2
"""The kind of vote that commits a block."""
_POWER = 1
"""The weight of a validator's vote: every member has one."""


@dataclass(frozen=True, slots=True)
class Vote:
    """A validator's vote for a header.

    Attributes:
        key: The validator's public key.
        seconds: When it voted by its clock, seconds since 1970.
        nanoseconds: And their part of a second.
        signature: 64 bytes.
    """

    key: bytes
    seconds: int
    nanoseconds: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class CommitSeal:
    """The seal, as it stands beside a block.

    Attributes:
        consortium: The consortium's file.
        leaves: The fields of CometBFT's header, each encoded as it is hashed.
        round: The round in which the validators agreed.
        parts: Into how many parts that block was cut for its way to the validators.
        parts_hash: The root over those parts.
        votes: The votes.
    """

    consortium: bytes
    leaves: tuple[bytes, ...]
    round: int
    parts: int
    parts_hash: bytes
    votes: tuple[Vote, ...]

    def encode(self) -> bytes:
        """Return its bytes, an RLP list."""
        votes = [[each.key, each.seconds, each.nanoseconds, each.signature] for each in self.votes]
        parts = [self.round, self.parts, self.parts_hash]
        return encode_list([_FORM, self.consortium, list(self.leaves), parts, votes])

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Read a seal.

        Raises:
            EncodingInvalid: It has another form.
        """
        form, consortium, leaves, parts, votes = decode_list(encoded, 5)
        lists = (leaves, parts, votes)
        if form != _FORM or not all(isinstance(each, list) for each in lists):
            raise EncodingInvalid("This is no seal of validators.")
        if len(leaves) != _LEAVES or len(parts) != 3:  # noqa: PLR2004 - as encode writes them
            raise EncodingInvalid("The seal has other fields.")
        turn, count = read_number(parts[0]), read_number(parts[1])
        if max(turn, count) >= _LIMIT:
            raise EncodingInvalid("The seal tells no round, or no number of parts.")
        return cls(
            read_bytes(consortium),
            tuple(read_bytes(leaf) for leaf in leaves),
            turn,
            count,
            read_bytes(parts[2]),
            tuple(_read_vote(vote) for vote in votes),
        )


@dataclass(frozen=True, slots=True)
class Endorsed:
    """The members who vouch for a block, as its seal shows.

    Attributes:
        consortium: The founding address of the consortium.
        signers: The members whose votes hold.
        members: How many members there were then.
    """

    consortium: str
    signers: tuple[Member, ...]
    members: int


def endorsed(seal: CommitSeal, block_hash: bytes) -> Endorsed:
    """Return who vouches for a block.

    Raises:
        EvidenceInvalid: The seal is not this block's, or too few of the members signed it.
    """
    try:
        consortium = Consortium.decode(seal.consortium)
    except ConsortiumInvalid as error:
        raise EvidenceInvalid(f"The seal's consortium does not hold: {error.detail}") from error
    if consortium.encode() != seal.consortium:
        raise EvidenceInvalid("The seal's consortium is not in its one form.")
    if seal.leaves[_APPLICATION] != protobuf.octets(1, block_hash):
        raise EvidenceInvalid("The validators signed another block.")
    if seal.leaves[_CHAIN] != protobuf.text(1, consortium.ordered_chain):
        raise EvidenceInvalid("The validators signed for another chain.")
    members = _members_then(consortium, seal.leaves[_VALIDATORS])
    by_key = {each.key: each for each in members}
    signers: list[Member] = []
    for vote in seal.votes:
        signer = by_key.pop(vote.key, None)
        if signer is None or not _holds(seal, vote):
            raise EvidenceInvalid("A vote in the seal does not hold.")
        signers.append(signer)
    if 3 * len(signers) <= 2 * len(members):
        raise EvidenceInvalid(
            f"Only {len(signers)} of {len(members)} members signed the block; more than two "
            "thirds must."
        )
    return Endorsed(consortium.address, tuple(signers), len(members))


def with_sound_votes(seal: CommitSeal) -> CommitSeal:
    """Return a seal without votes that do not hold: CometBFT takes some that others refuse."""
    return replace(seal, votes=tuple(vote for vote in seal.votes if _holds(seal, vote)))


def validators_hash(keys: Sequence[bytes]) -> bytes:
    """Return CometBFT's hash of a set of validators whose votes weigh the same."""
    ordered = sorted(keys, key=validator_address)
    forms = [
        protobuf.inner(1, protobuf.octets(1, key)) + protobuf.number(2, _POWER) for key in ordered
    ]
    return _root(forms)


def _members_then(consortium: Consortium, leaf: bytes) -> tuple[Member, ...]:
    """Return the members of whom CometBFT's header says that they order the block."""
    for members in reversed(consortium.epochs):
        if protobuf.octets(1, validators_hash([each.key for each in members])) == leaf:
            return members
    raise EvidenceInvalid("The block's validators were never the members of the consortium.")


def _holds(seal: CommitSeal, vote: Vote) -> bool:
    return ed25519.is_signed(vote.key, _signed(seal, vote), vote.signature)


def _signed(seal: CommitSeal, vote: Vote) -> bytes:
    """Return the bytes that a validator signs (CometBFT's CanonicalVote, behind its length)."""
    height = protobuf.first(_fields(seal.leaves[_HEIGHT]), 1, 0)
    parts = protobuf.number(1, seal.parts) + protobuf.octets(2, seal.parts_hash)
    block = protobuf.octets(1, _root(seal.leaves)) + protobuf.inner(2, parts)
    content = (
        protobuf.number(1, _PRECOMMIT)
        + protobuf.fixed(2, height)
        + protobuf.fixed(3, seal.round)
        + protobuf.inner(4, block)
        + protobuf.inner(5, protobuf.timestamp(vote.seconds, vote.nanoseconds))
        + protobuf.octets(6, protobuf.first(_fields(seal.leaves[_CHAIN]), 1, b""))
    )
    return protobuf.varint(len(content)) + content


def _fields(leaf: bytes) -> protobuf.Fields:
    try:
        return protobuf.read(leaf)
    except protobuf.ProtobufInvalid as error:
        raise EvidenceInvalid(f"The validators' header is not well-formed: {error}") from error


def _root(forms: Sequence[bytes]) -> bytes:
    return MerkleTree([leaf_hash(form) for form in forms]).root


def _read_vote(parts: object) -> Vote:
    if not isinstance(parts, list) or len(parts) != 4:  # noqa: PLR2004 - as encode writes them
        raise EncodingInvalid("A vote has four fields.")
    seconds, nanoseconds = read_number(parts[1]), read_number(parts[2])
    if max(seconds, nanoseconds) >= _LIMIT:
        raise EncodingInvalid("A vote tells no time.")
    return Vote(
        read_bytes(parts[0], ed25519.KEY_BYTES), seconds, nanoseconds, read_bytes(parts[3], 64)
    )
