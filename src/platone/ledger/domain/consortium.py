"""The consortium: the parties whose validators keep a chain together, in a file to read.

It names the founders, and every change since, each signed by more than two thirds of those who were
members then: members who came and went, and upgrades of contracts. So whoever knows the founding
address knows who the members are, and which code they agreed, at any time, by nobody's word.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Self

import msgspec
from eth_hash.auto import keccak

from platone.kernel.canonical import canonical_json
from platone.kernel.signature import checksum_address
from platone.ledger.domain import ed25519
from platone.ledger.domain.consortium_problem import ConsortiumInvalid
from platone.ledger.domain.membership import (
    MAX_CHANGES,
    MAX_MEMBERS,
    Agreement,
    Change,
    Member,
    read_file,
)
from platone.ledger.domain.proof import tohex, unhex
from platone.ledger.domain.upgrade import Upgrade
from platone.messages.base import Instant, Message

FORMAT = "platone-consortium/1"
_SIGNED = b"platone consortium change/1\n"
"""Every signed change begins with this, so that it is never taken for a vote on a block."""


class Consortium(Message, gc=True, dict=True):
    """The consortium; made by :meth:`decode`, which checks it whole, or from its founders.

    Attributes:
        format: Names this form.
        name: A short name of the chain.
        chain_id: The number that keeps its transactions from counting elsewhere (EIP-155).
        founded_at: The time of its first block.
        founders: Its first members.
        changes: What changed since, in order.
    """

    format: str = FORMAT
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")]
    chain_id: Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
    founded_at: Instant
    founders: Annotated[list[Member], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]
    changes: Annotated[list[Change], msgspec.Meta(max_length=MAX_CHANGES)] = msgspec.field(
        default_factory=list
    )

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read a consortium's file, and check every change in it.

        Raises:
            ConsortiumInvalid: It is none, or a change is not agreed.
        """
        found = read_file(raw, cls)
        if found.format != FORMAT:
            raise ConsortiumInvalid(f"The file's format is {found.format!r}, not {FORMAT!r}.")
        _ = found.epochs
        return found

    def encode(self) -> bytes:
        """Return the file's text, for people to read."""
        return msgspec.json.format(msgspec.json.encode(self.told()), indent=2) + b"\n"

    def told(self) -> dict[str, Any]:
        """Return the file's content."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told | {"changes": [each.told() for each in self.changes]}

    @cached_property
    def address(self) -> str:
        """The founding address: a hash over all but the changes. The chain's blocks name it."""
        founding = msgspec.structs.replace(self, changes=[])
        return checksum_address(keccak(canonical_json(founding))[12:])

    @property
    def digest(self) -> bytes:
        """A hash over all of it, 32 bytes."""
        return keccak(canonical_json(self))

    @property
    def ordered_chain(self) -> str:
        """The name that votes on blocks carry, so that they count on no other chain."""
        return f"{self.name}-{self.address[2:18].lower()}"

    @cached_property
    def epochs(self) -> list[tuple[Member, ...]]:
        """The members at first, and after each change.

        Raises:
            ConsortiumInvalid: A change is not agreed, or does not fit.
        """
        founders = tuple(self.founders)
        _check_distinct(founders)
        found = [founders]
        for place, change in enumerate(self.changes, 1):
            if change.number != place:
                raise ConsortiumInvalid(f"Change {change.number} stands at place {place}.")
            if change.code is not None:
                raise ConsortiumInvalid("A consortium's file names codes by their hashes alone.")
            found.append(self._after(change, found[-1], self.changes[: place - 1]))
        return found

    @property
    def members(self) -> tuple[Member, ...]:
        """The members now."""
        return self.epochs[-1]

    @property
    def upgrades(self) -> dict[int, Upgrade]:
        """The agreed upgrades by the numbers of their changes, without those withdrawn."""
        return _standing(self.changes)

    def changed(self, change: Change) -> "Consortium":
        """Return the consortium after one further change.

        Raises:
            ConsortiumInvalid: It is not the next one, does not fit, or is not agreed.
        """
        if change.number != len(self.changes) + 1:
            raise ConsortiumInvalid(
                f"This is change {change.number}, but the next one is {len(self.changes) + 1}."
            )
        after = self._after(change, self.members, self.changes)
        bare = msgspec.structs.replace(change, code=None)
        found = msgspec.structs.replace(self, changes=[*self.changes, bare])
        found.__dict__["epochs"] = [*self.epochs, after]
        return found

    def drafted(self, change: Change) -> tuple[Member, ...]:
        """Return the members that a change would lead to, whoever agrees to it.

        Raises:
            ConsortiumInvalid: It does not fit.
        """
        return _moved(change, self.members, self.changes)

    def signed_text(self, change: Change) -> bytes:
        """Return the bytes that members sign who agree to a change."""
        bare = msgspec.structs.replace(change, agreements=[], code=None)
        return _SIGNED + self.address.encode() + b"\n" + canonical_json(bare)

    def agreed(self, change: Change, secret: bytes) -> Change:
        """Return a change with a further member's signature.

        Raises:
            ConsortiumInvalid: The secret is no member's.
        """
        key = tohex(ed25519.public_key(secret))
        for each in self.members:
            if each.validator_key == key:
                others = [one for one in change.agreements if one.by != each.name]
                signature = tohex(ed25519.sign(secret, self.signed_text(change)))
                agreement = Agreement(by=each.name, signature=signature)
                return msgspec.structs.replace(change, agreements=[*others, agreement])
        raise ConsortiumInvalid("Only a member can agree to a change: this key is no member's.")

    def missing_agreements(self, change: Change) -> int:
        """Return how many members more must agree to a change, by the signatures that hold.

        Raises:
            ConsortiumInvalid: It does not fit.
        """
        _ = self.drafted(change)
        return max(0, _needed(len(self.members)) - self._agreeing(change, self.members))

    def _after(
        self, change: Change, members: tuple[Member, ...], earlier: Sequence[Change]
    ) -> tuple[Member, ...]:
        after = _moved(change, members, earlier)
        count, needed = self._agreeing(change, members), _needed(len(members))
        if count < needed:
            raise ConsortiumInvalid(
                f"Change {change.number} needs {needed} of {len(members)} members; {count} agree."
            )
        return after

    def _agreeing(self, change: Change, members: tuple[Member, ...]) -> int:
        text, keys = self.signed_text(change), {each.name: each.key for each in members}
        for each in change.agreements:
            key = keys.pop(each.by, None)
            if key is None or not ed25519.is_signed(key, text, unhex(each.signature)):
                raise ConsortiumInvalid(
                    f"Change {change.number}: the agreement of {each.by} does not hold."
                )
        return len(change.agreements)


def _needed(members: int) -> int:
    """Return how many of so many members are more than two thirds."""
    return members * 2 // 3 + 1


def _moved(
    change: Change, members: tuple[Member, ...], earlier: Sequence[Change]
) -> tuple[Member, ...]:
    kinds = (change.add, change.remove, change.upgrade, change.withdraw)
    if sum(each is not None for each in kinds) != 1:
        raise ConsortiumInvalid(
            "A change adds one member, or removes one, or upgrades one contract, or withdraws one "
            "upgrade."
        )
    if change.upgrade is not None:
        return members
    if change.withdraw is not None:
        if change.withdraw not in _standing(earlier):
            raise ConsortiumInvalid(f"Change {change.withdraw} is no upgrade that stands.")
        return members
    if change.add is not None:
        _check_distinct([*members, change.add])
        return (*members, change.add)
    left = tuple(each for each in members if each.name != change.remove)
    if len(left) == len(members):
        raise ConsortiumInvalid(f"No member is called {change.remove!r}.")
    if not left:
        raise ConsortiumInvalid("The last member cannot be removed.")
    return left


def _standing(changes: Iterable[Change]) -> dict[int, Upgrade]:
    """Return the upgrades among changes, without those that a later one withdraws."""
    found: dict[int, Upgrade] = {}
    for each in changes:
        if each.upgrade is not None:
            found[each.number] = each.upgrade
        elif each.withdraw is not None:
            del found[each.withdraw]
    return found


def _check_distinct(members: Iterable[Member]) -> None:
    for name, values in _told_apart(list(members)):
        if len(set(values)) != len(values):
            raise ConsortiumInvalid(f"Two members have the same {name}.")


def _told_apart(members: list[Member]) -> Iterator[tuple[str, list[str]]]:
    if len(members) > MAX_MEMBERS:
        raise ConsortiumInvalid(f"A consortium has at most {MAX_MEMBERS} members.")
    yield "name", [each.name for each in members]
    yield "validator key", [each.validator_key for each in members]
    yield "node", [each.node_id for each in members]
