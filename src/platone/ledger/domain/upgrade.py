"""The upgrade of a contract: other code at the same address from a block on, as members agree it.

State, address and all that stands in earlier blocks stay: only what the contract does from that
block on is another. An upgrade names codes by their hashes; the code itself travels beside it.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from eth_hash.auto import keccak

from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.proof import tohex, unhex
from platone.messages.base import Address, Message

MAX_CODE_BYTES = 24_576
"""Bytes of a contract's code, at most (EIP-170)."""
_NEVER_FIRST = 0xEF
"""A code never begins with this byte, which is kept for other forms of code (EIP-3541)."""

CodeHash = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{64}$")]
"""The Keccak-256 hash of a contract's code, as it stands on the chain."""
Code = Annotated[
    str, msgspec.Meta(pattern=r"^0x([0-9a-f]{2})+$", max_length=2 + 2 * MAX_CODE_BYTES)
]
"""A contract's code as hexadecimal text with 0x in front."""
Codes = Mapping[str, tuple[str, str]]
"""Address, and hash of the code without 0x in front, of each contract by its name."""
ContractName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9]{0,59}$")]
"""A contract as its source names it, such as SettlementAgreement."""


class Upgrade(Message):
    """An upgrade of one contract.

    Attributes:
        contract: Its name.
        address: Where it stands.
        old_code: The hash of its code before.
        new_code: The hash of its code from that block on.
        from_block: The number of the first block whose transactions the new code executes.
    """

    contract: ContractName
    address: Address
    old_code: CodeHash
    new_code: CodeHash
    from_block: Annotated[int, msgspec.Meta(ge=1, lt=2**53)]

    @property
    def place(self) -> bytes:
        """The contract's address, 20 bytes."""
        return bytes.fromhex(self.address[2:])


def code_hash(code: bytes) -> str:
    """Return the hash by which an upgrade names a code."""
    return tohex(keccak(code))


def read_code(upgrade: Upgrade, code: str | None) -> bytes:
    """Return the code that an upgrade brings.

    Raises:
        ConsortiumInvalid: It is missing, is another one, or one that no contract may have.
    """
    if code is None:
        raise ConsortiumInvalid(f"The new code of {upgrade.contract} is missing.")
    found = unhex(code)
    if code_hash(found) != upgrade.new_code:
        raise ConsortiumInvalid(
            f"The code beside the upgrade of {upgrade.contract} has the hash {code_hash(found)}, "
            f"and the upgrade names {upgrade.new_code}."
        )
    if found[0] == _NEVER_FIRST:
        raise ConsortiumInvalid("A contract's code never begins with the byte 0xEF (EIP-3541).")
    return found


def came_by_upgrades(noted: Codes, found: Codes, upgrades: Iterable[Upgrade]) -> bool:
    """Return whether contracts are those that were noted, or came from them by agreed upgrades.

    Args:
        noted: The contracts as they were created.
        found: The contracts as they are now.
        upgrades: The upgrades that members agreed, of any contract.
    """
    ordered = sorted(upgrades, key=lambda upgrade: upgrade.from_block)
    return noted.keys() == found.keys() and all(
        noted[name][0] == address and _leads_to(noted[name][1], code, address, ordered)
        for name, (address, code) in found.items()
    )


def _leads_to(old: str, new: str, address: str, upgrades: Iterable[Upgrade]) -> bool:
    code = "0x" + old
    for each in upgrades:
        if code == "0x" + new:
            break
        if each.place == bytes.fromhex(address[2:]) and each.old_code == code:
            code = each.new_code
    return code == "0x" + new
