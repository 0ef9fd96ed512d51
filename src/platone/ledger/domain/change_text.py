"""Changes of a consortium, and the consortium itself, in lines for people to read."""

from collections.abc import Iterator, Mapping

from platone.ledger.domain.consortium import Consortium
from platone.ledger.domain.membership import Change, Member
from platone.ledger.domain.upgrade import Upgrade

Known = Mapping[str, str]
"""Codes that the software knows, by their hashes, in words."""


def say_change(consortium: Consortium, change: Change, known: Known) -> list[str]:
    """Return the effect of a change, and its agreements.

    Args:
        consortium: The consortium that it is drafted for.
        change: The change, whoever agrees to it.
        known: The codes that the software knows.

    Raises:
        ConsortiumInvalid: It does not fit, or an agreement does not hold.
    """
    missing = consortium.missing_agreements(change)
    names = ", ".join(each.by for each in change.agreements) or "nobody"
    more = f"; {missing} more must agree" if missing else ", which is enough"
    return [
        f"Change {change.number} of {consortium.name}: {_purpose(consortium, change)}.",
        *_details(change, known),
        f"  agreed by    {names}{more}",
    ]


def say_consortium(consortium: Consortium, height: int | None, known: Known) -> list[str]:
    """Return the members, and the codes that they agreed.

    Args:
        consortium: The consortium.
        height: The number of its chain's newest block; none where that is not known.
        known: The codes that the software knows.
    """
    newest = "no block is known here" if height is None else f"newest block {height}"
    return [
        f"{consortium.name}, chain {consortium.chain_id}, {newest}",
        f"  founding address {consortium.address}",
        *(f"  member       {each.name}, {each.address}" for each in consortium.members),
        *_upgrades(consortium, height or 0, known),
    ]


def _purpose(consortium: Consortium, change: Change) -> str:
    if change.upgrade is not None:
        wanted = change.upgrade
        return f"{wanted.contract} gets another code from block {wanted.from_block} on"
    if change.withdraw is not None:
        left = consortium.upgrades[change.withdraw]
        return (
            f"{left.contract} keeps its code; the upgrade from block {left.from_block} on that "
            f"change {change.withdraw} agreed is not to be"
        )
    if change.add is not None:
        return f"{change.add.name} becomes a member"
    return f"{change.remove} is no member any more"


def _details(change: Change, known: Known) -> Iterator[str]:
    if change.upgrade is not None:
        yield f"  contract     {change.upgrade.address}"
        yield f"  code before  {_code(change.upgrade.old_code, known)}"
        yield f"  code after   {_code(change.upgrade.new_code, known)}"
    if change.add is not None:
        yield from _member(change.add)


def _member(member: Member) -> Iterator[str]:
    yield f"  key          {member.validator_key}"
    yield f"  node         {member.node_id}"
    yield f"  address      {member.address}"


def _upgrades(consortium: Consortium, height: int, known: Known) -> Iterator[str]:
    for number, each in consortium.upgrades.items():
        yield f"  change {number:<5} {each.contract} at {each.address}: {_since(each, height)}"
        yield f"               {_code(each.new_code, known)}"


def _since(upgrade: Upgrade, height: int) -> str:
    begins = upgrade.from_block
    if begins <= height:
        return f"another code since block {begins}"
    return f"another code from block {begins} on, {begins - height} to go"


def _code(code: str, known: Known) -> str:
    return f"{code}, {known.get(code, 'which this software does not know')}"
