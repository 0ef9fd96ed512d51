"""Members of a consortium, and what they change together, as it stands in files."""

from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.proof import unhex
from platone.ledger.domain.upgrade import Code, Upgrade
from platone.messages.base import Hex, Message

T = TypeVar("T")
MAX_MEMBERS = 50
"""Members of a consortium: more validators than that take seconds for each block."""
MAX_CHANGES = 1000
"""Changes of the members that a file may hold: one a week, for twenty years."""
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of a consortium's file: 1000 changes with 50 signatures of 150 bytes each."""
_NODE_ID_BYTES = 20
"""Bytes of a hash that names a validator or its node: CometBFT keeps so many."""
_ADDED_LATER = ("upgrade", "withdraw", "code")
"""Fields of a change that came later: where there is none, files are written without them, since
the seals of before hold files that have none, and a file has one form."""

MemberName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][\w .&()-]*$")
]
"""A member as people call it: letters, digits, spaces and a few signs."""
ValidatorKey = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{64}$")]
"""The public Ed25519 key of a validator."""
NodeId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{40}$")]
"""The name of a CometBFT node: a hash of the key by which it proves itself to its peers."""
PeerAddress = Annotated[
    str, msgspec.Meta(max_length=260, pattern=r"^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$")
]
"""Where a validator's peers reach it: a host and a port, such as ``chain.dso.example:26656``."""


class Member(Message):
    """A member: what it tells the others of itself.

    Attributes:
        format: Names this form, where the member stands in a file of its own.
        name: What people call it.
        validator_key: The public key by which it signs blocks and changes of the members.
        node_id: The node that its peers let in.
        address: Where they reach it.
    """

    format: Literal["platone-member/1"] = "platone-member/1"
    name: MemberName
    validator_key: ValidatorKey
    node_id: NodeId
    address: PeerAddress

    @property
    def key(self) -> bytes:
        """The validator's public key, 32 bytes."""
        return unhex(self.validator_key)


class Agreement(Message):
    """The signature of a member under a change."""

    by: MemberName
    signature: Hex


class Change(Message):
    """A change that the members agree: a member comes or goes, or a contract is upgraded.

    Attributes:
        number: Its place among the consortium's changes, from 1.
        add: Who comes.
        remove: Who goes.
        upgrade: Which contract gets another code.
        withdraw: The number of an earlier change, whose upgrade is not to be.
        code: The code that an upgrade brings. It is beside what is signed, which names its hash,
            and does not stand in the consortium's file.
        agreements: The members who agree.
    """

    number: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHANGES)]
    add: Member | None = None
    remove: MemberName | None = None
    upgrade: Upgrade | None = None
    withdraw: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHANGES)] | None = None
    code: Code | None = None
    agreements: Annotated[list[Agreement], msgspec.Meta(max_length=MAX_MEMBERS)] = msgspec.field(
        default_factory=list
    )

    def told(self) -> dict[str, Any]:
        """Return the change as it is written into files and sent."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        absent = [name for name in _ADDED_LATER if told[name] is None]
        return {name: value for name, value in told.items() if name not in absent}


def validator_address(key: bytes) -> bytes:
    """Return the 20 bytes by which CometBFT names the holder of a key."""
    return sha256(key).digest()[:_NODE_ID_BYTES]


def read_file(raw: bytes, kind: type[T]) -> T:
    """Read a file of the consortium.

    Raises:
        ConsortiumInvalid: It has another form; the detail says what is wrong where.
    """
    if len(raw) > MAX_BYTES:
        raise ConsortiumInvalid(f"A consortium's file has at most {MAX_BYTES} bytes.")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConsortiumInvalid(f"The file is no {kind.__name__.lower()}: {error}") from error
