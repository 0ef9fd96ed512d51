"""The codes that members agreed for contracts: which contract gets which one before which block.

Every validator comes to the same codes, since they follow from the consortium's changes alone. One
whose software does not know a code refuses to execute the block at which it begins.
"""

from collections.abc import Iterable

from platone.ledger.adapters.evm.audit import Replaced
from platone.ledger.adapters.evm.contract_version import known_versions
from platone.ledger.adapters.evm.draft import BlockDraft
from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.consortium_problem import ConsortiumInvalid, SoftwareOutdated
from platone.ledger.domain.membership import Change
from platone.ledger.domain.upgrade import Upgrade, code_hash, read_code


class AgreedCode:
    """The agreed codes at one validator.

    Args:
        changes: The changes that its chain holds, each upgrade with its code.
    """

    def __init__(self, changes: Iterable[Change]) -> None:
        self._known = known_versions()
        self._codes: dict[str, bytes] = {}
        for change in changes:
            self.keep(change)

    def keep(self, change: Change) -> None:
        """Keep the code that a change brings, if it brings one.

        Raises:
            ConsortiumInvalid: The code is not the one that the change names.
        """
        if change.upgrade is not None:
            self._codes[change.upgrade.new_code] = read_code(change.upgrade, change.code)

    def begin(self, draft: BlockDraft, consortium: Consortium) -> None:
        """Give contracts the codes that begin with a block.

        Raises:
            SoftwareOutdated: This software does not know one of them.
        """
        self.check_known(consortium, draft.number)
        for each in _beginning(consortium, draft.number):
            draft.replace_code(each.place, self._codes[each.new_code])

    def check_known(self, consortium: Consortium, number: int) -> None:
        """Check that this software knows the codes that begin with a block.

        Raises:
            SoftwareOutdated: It does not know one of them.
        """
        for each in _beginning(consortium, number):
            if each.new_code not in self._known:
                raise SoftwareOutdated(
                    f"From block {number} on the members agreed the code {each.new_code} for "
                    f"{each.contract}, which this version of the software does not know: install "
                    "one that knows it."
                )

    def unknown(self, consortium: Consortium, after: int) -> list[Upgrade]:
        """Return the upgrades that begin after a block, and that this software does not know."""
        return [
            each
            for each in consortium.upgrades.values()
            if each.from_block > after and each.new_code not in self._known
        ]

    def replaced(self, consortium: Consortium) -> Replaced:
        """Return all contracts' codes by the blocks at which they begin, for an audit."""
        found: dict[int, list[tuple[bytes, bytes]]] = {}
        for each in consortium.upgrades.values():
            found.setdefault(each.from_block, []).append((each.place, self._codes[each.new_code]))
        return found


def check_change(change: Change, consortium: Consortium, draft: BlockDraft) -> None:
    """Check that a change fits the block that is to hold it: upgrades begin later than that.

    Args:
        change: An agreed change.
        consortium: The consortium before it.
        draft: The block.

    Raises:
        ConsortiumInvalid: It does not fit.
    """
    if change.withdraw is not None:
        begins = consortium.upgrades[change.withdraw].from_block
        if begins <= draft.number:
            raise ConsortiumInvalid(f"Change {change.withdraw} is in force since block {begins}.")
    wanted = change.upgrade
    if wanted is None:
        return
    _ = read_code(wanted, change.code)
    if wanted.from_block <= draft.number:
        raise ConsortiumInvalid(
            f"The upgrade was to begin with block {wanted.from_block}, but the next block has the "
            f"number {draft.number}: propose it for a later one."
        )
    for number, each in consortium.upgrades.items():
        if each.place == wanted.place and each.from_block > draft.number:
            raise ConsortiumInvalid(
                f"Change {number} upgrades the same contract from block {each.from_block} on: wait "
                "for it, or withdraw it."
            )
    found = code_hash(draft.code(wanted.place))
    if found != wanted.old_code:
        raise ConsortiumInvalid(
            f"{wanted.contract} at {wanted.address} has the code {found} now, and the upgrade "
            f"says {wanted.old_code}."
        )


def _beginning(consortium: Consortium, number: int) -> list[Upgrade]:
    return [each for each in consortium.upgrades.values() if each.from_block == number]
