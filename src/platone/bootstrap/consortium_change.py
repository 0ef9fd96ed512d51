"""Changes of a consortium on their way: drafted by one member, read and agreed, handed over."""

from contextlib import closing
from pathlib import Path

from platone.bootstrap.consortium import (
    CHAIN,
    CONSORTIUM,
    HOME,
    read_consortium,
    read_told,
    write_told,
)
from platone.kernel.signature import checksum_address
from platone.ledger.adapters.consensus.member_keys import validator_secret
from platone.ledger.adapters.consensus.store import ValidatorStore
from platone.ledger.adapters.evm.compiler import NAMES, runtime_code
from platone.ledger.adapters.evm.contract_version import known_versions
from platone.ledger.adapters.evm.proven_state import ProvenState
from platone.ledger.adapters.evm.state import StateNodes
from platone.ledger.adapters.rpc_client import HttpRpc
from platone.ledger.domain.change_text import Known, say_change, say_consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import Change, Member
from platone.ledger.domain.problem import RpcUnavailable
from platone.ledger.domain.proof import tohex, unhex
from platone.ledger.domain.upgrade import Upgrade, code_hash, read_code

_NO_CODE = code_hash(b"")
"""The hash of an account that is no contract."""


def draft_invitation(folder: Path, member: Path, output: Path) -> Change:
    """Write the change that a new member comes, with the own agreement, and return it.

    Raises:
        ConsortiumInvalid: It does not fit the consortium, or the folder is no member's.
    """
    newcomer = read_told(member, Member)
    return _drafted(folder, output, Change(number=_next(folder), add=newcomer))


def draft_removal(folder: Path, name: str, output: Path) -> Change:
    """Write the change that a member goes, with the own agreement, and return it.

    Raises:
        ConsortiumInvalid: It does not fit the consortium, or the folder is no member's.
    """
    return _drafted(folder, output, Change(number=_next(folder), remove=name))


def draft_upgrade(
    folder: Path, contract: str, address: str, from_block: int, output: Path
) -> Change:
    """Write the change that a contract gets the code of this software, and return it.

    Args:
        folder: The member's folder, whose validator has run.
        contract: The contract's name.
        address: Where it stands.
        from_block: The first block whose transactions the new code executes.
        output: The change's file.

    Raises:
        ConsortiumInvalid: It does not fit the consortium or its chain, this software has no such
            contract, or the folder is no member's.
    """
    if not (folder / CONSORTIUM).exists():
        raise ConsortiumInvalid(
            f"{folder} is no member's folder of a consortium. Contracts of a chain that one server "
            "seals, or of a network that others keep, are never replaced: no single party changes "
            "the rules under what was agreed."
        )
    if contract not in NAMES:
        raise ConsortiumInvalid(f"No contract is called {contract!r}, but {', '.join(NAMES)}.")
    code = runtime_code(contract)
    upgrade = Upgrade(
        contract=contract,
        address=checksum_address(unhex(address)),
        old_code=_code_hash(folder, unhex(address)),
        new_code=code_hash(code),
        from_block=from_block,
    )
    change = Change(number=_next(folder), upgrade=upgrade, code=tohex(code))
    _check_upgrade(folder, change)
    return _drafted(folder, output, change)


def draft_withdrawal(folder: Path, number: int, output: Path) -> Change:
    """Write the change that an upgrade is not to be, and return it.

    Args:
        folder: The member's folder.
        number: The number of the change that brought the upgrade.
        output: The change's file.

    Raises:
        ConsortiumInvalid: It does not fit the consortium, or the folder is no member's.
    """
    return _drafted(folder, output, Change(number=_next(folder), withdraw=number))


def agree_to_change(folder: Path, file: Path) -> tuple[Change, int]:
    """Add the own agreement to a change's file; return it, and how many more it needs.

    Raises:
        ConsortiumInvalid: It does not fit the consortium or its chain, this software does not know
            the code that it brings, or the folder is no member's.
    """
    consortium, change = read_consortium(folder), read_told(file, Change)
    due = _next(folder)
    if change.number != due:
        raise ConsortiumInvalid(f"This is change {change.number}, but the next one is {due}.")
    missing = consortium.missing_agreements(change)
    if missing:
        _check_upgrade(folder, change)
        change = consortium.agreed(change, validator_secret(folder / HOME))
        missing = consortium.missing_agreements(change)
        write_told(file, change.told())
    return change, missing


def tell_change(folder: Path, file: Path) -> list[str]:
    """Return a change and its agreements in lines for people to read.

    Raises:
        ConsortiumInvalid: It does not fit the consortium, or the folder belongs to none.
    """
    consortium, change = read_consortium(folder), read_told(file, Change)
    return say_change(consortium, change, _known())


def tell_consortium(folder: Path) -> list[str]:
    """Return a consortium and the codes that it agreed in lines for people to read.

    Raises:
        ConsortiumInvalid: The folder belongs to no consortium.
    """
    head = _head(folder)
    return say_consortium(read_consortium(folder), head and head[0], _known())


def hand_over_change(change: Change, rpc: str, ca: Path | None = None) -> None:
    """Hand an agreed change over to a validator.

    Raises:
        ConsortiumInvalid: The validator does not take it, or does not answer.
    """
    caller = HttpRpc(rpc, None if ca is None else str(ca))
    try:
        caller.call("platone_changeMembers", change.told())
    except RpcUnavailable as error:
        raise ConsortiumInvalid(f"The change was not taken: {error}") from error


def _drafted(folder: Path, output: Path, change: Change) -> Change:
    consortium = read_consortium(folder)
    _ = consortium.drafted(change)
    change = consortium.agreed(change, validator_secret(folder / HOME))
    write_told(output, change.told())
    return change


def _next(folder: Path) -> int:
    return len(read_consortium(folder).changes) + 1


def _check_upgrade(folder: Path, change: Change) -> None:
    """Check that an upgrade brings a code that this software knows, in place of the present one."""
    wanted = change.upgrade
    if wanted is None:
        return
    read_code(wanted, change.code)
    if wanted.new_code not in known_versions():
        raise ConsortiumInvalid(
            f"This software knows no version of {wanted.contract} with the code {wanted.new_code}: "
            "install one that knows it before you agree."
        )
    found = _code_hash(folder, wanted.place)
    if found == _NO_CODE:
        raise ConsortiumInvalid(f"No contract stands at {wanted.address}.")
    if found == wanted.new_code:
        raise ConsortiumInvalid(f"{wanted.contract} at {wanted.address} has this code already.")
    if found != wanted.old_code:
        raise ConsortiumInvalid(
            f"{wanted.contract} at {wanted.address} has the code {found}, and the change says "
            f"{wanted.old_code}."
        )


def _code_hash(folder: Path, contract: bytes) -> str:
    head = _head(folder)
    if head is None:
        raise ConsortiumInvalid(f"{folder} has no chain yet: let its validator run first.")
    _, state_root = head
    with closing(ValidatorStore(folder / CHAIN, read_only=True)) as store:
        state = ProvenState(StateNodes(store.node), state_root)
        return str(state.account(contract, ())["codeHash"])


def _head(folder: Path) -> tuple[int, bytes] | None:
    """Return number and state root of the newest block that a validator keeps; none without one."""
    if not (folder / CHAIN).exists():
        return None
    with closing(ValidatorStore(folder / CHAIN, read_only=True)) as store:
        head = store.head()
        return None if head is None else (head.number, head.decoded_header.state_root)


def _known() -> Known:
    return {code: str(version) for code, version in known_versions().items()}
