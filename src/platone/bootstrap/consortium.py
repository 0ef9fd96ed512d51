"""The files of a consortium whose validators keep a chain together: its members and their keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from platone.infra.key_file import write_private
from platone.ledger.adapters.consensus.member_keys import make_keys, validator_secret
from platone.ledger.domain import ed25519
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Member, read_file
from platone.ledger.domain.proof import tohex

HOME = "cometbft"
"""CometBFT's folder within a validator's."""
MEMBER, CONSORTIUM, CHAIN = "member.json", "consortium.json", "chain.db"
"""Files within a validator's folder: its own part for the others, the whole consortium, and the
chain."""
_OWNER_ONLY = 0o700
"""Mode of the folder: keys lie within."""

T = TypeVar("T")


def init_member(folder: Path, name: str, address: str) -> Path:
    """Make a member's keys in a folder, and return the file that the others need.

    Raises:
        ConsortiumInvalid: There are keys already, or name or address are none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_OWNER_ONLY)
    member = make_keys(folder / HOME, name, address)
    return write_told(folder / MEMBER, member)


def found_consortium(members: Sequence[Path], name: str, chain_id: int, output: Path) -> Consortium:
    """Write the consortium of founders, each told by its file, and return it.

    Raises:
        ConsortiumInvalid: A file is no member's, or two have the same name or key.
    """
    told = {
        "name": name,
        "chainId": chain_id,
        "foundedAt": datetime.now(UTC).replace(microsecond=0),
        "founders": [msgspec.to_builtins(read_told(file, Member)) for file in members],
    }
    try:
        consortium = Consortium.decode(msgspec.json.encode(told))
    except msgspec.ValidationError as error:
        raise ConsortiumInvalid(f"This is no consortium: {error}") from error
    output.write_bytes(consortium.encode())
    return consortium


def join_consortium(folder: Path, file: Path) -> Consortium:
    """Put a consortium's file into a member's folder, and return it.

    Raises:
        ConsortiumInvalid: The file does not hold, the folder's member is not in it, or the folder
            belongs to another consortium.
    """
    consortium = Consortium.decode(file.read_bytes())
    own_member(folder, consortium)
    kept = folder / CONSORTIUM
    if kept.exists() and read_consortium(folder).address != consortium.address:
        raise ConsortiumInvalid(f"{folder} belongs to another consortium.")
    keep_consortium(folder, consortium)
    return consortium


def read_consortium(folder: Path) -> Consortium:
    """Return the consortium of a validator's folder.

    Raises:
        ConsortiumInvalid: There is none, or it does not hold.
    """
    file = folder / CONSORTIUM
    if not file.exists():
        raise ConsortiumInvalid(f"{folder} has joined no consortium: platone chain join.")
    return Consortium.decode(file.read_bytes())


def keep_consortium(folder: Path, consortium: Consortium) -> None:
    """Write the consortium into a validator's folder, whole or not at all."""
    write_private(folder / CONSORTIUM, consortium.encode())


def own_member(folder: Path, consortium: Consortium) -> Member:
    """Return the member whose keys a folder holds.

    Raises:
        ConsortiumInvalid: They are no member's.
    """
    key = tohex(ed25519.public_key(validator_secret(folder / HOME)))
    for each in consortium.members:
        if each.validator_key == key:
            return each
    raise ConsortiumInvalid(f"The keys in {folder} are no member's of {consortium.name}.")


def read_told(file: Path, kind: type[T]) -> T:
    """Read a file that another member sent.

    Raises:
        ConsortiumInvalid: It has another form; the detail names file and fault.
    """
    try:
        return read_file(file.read_bytes(), kind)
    except ConsortiumInvalid as error:
        raise ConsortiumInvalid(f"{file}: {error.detail}") from error


def write_told(file: Path, content: object) -> Path:
    """Write a file for the other members, for people to read, and return its path."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    return file
