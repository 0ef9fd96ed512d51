"""Erasure of a person: the contexts that have a part in it, and the order in which they act.

What an open settlement needs waits for the market; what the others resolve by waits for them::

    dso, identity ──► (at once, and anew after the market)
    market ──► access, aggregator, ledger ──► customers
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.messages.erasure import ErasurePart

OWN = "customers"
"""The context that walks, and erases its own records last: they hold what is left to do."""
_BEFORE: dict[str, tuple[str, ...]] = {
    "dso": (),
    "identity": (),
    "market": (),
    "access": ("market",),
    "aggregator": ("market",),
    "ledger": ("market",),
    OWN: ("dso", "identity", "market", "access", "aggregator", "ledger"),
}
"""The contexts, and which others each has to wait for."""
CONTEXTS = tuple(_BEFORE)
_ANEW: dict[str, tuple[str, ...]] = {"market": ("dso", "identity")}
"""The contexts that are asked anew once another one is done: until then it may have told them of
the person, or somebody may have asked for its data."""
_ANEW_REASON = "it is asked once more, for what came meanwhile"
ANSWERED_WITHIN = timedelta(days=30)
"""Time after the request within which the person is told what became of it: a month (GDPR, article
12(3)); who does not answer by then has to be asked by other ways."""
_DONE = "done"


@dataclass(frozen=True, slots=True)
class StoredErasure:
    """An erasure as it is stored.

    Attributes:
        id: Its identifier, random.
        customer_id: Whose data; none where the person has no account, and once it is done.
        pod_ids: Which points of delivery; none once it is done.
        requested_at: When it was asked for.
        done_at: When the last part was done.
        parts: Each context's part.
    """

    id: str
    customer_id: str | None
    pod_ids: tuple[str, ...]
    requested_at: datetime
    done_at: datetime | None
    parts: tuple[ErasurePart, ...]

    @property
    def due_at(self) -> datetime:
        """When the person has to be told what became of it, at the latest."""
        return self.requested_at + ANSWERED_WITHIN

    def anew(self, part: ErasurePart) -> list[ErasurePart]:
        """Return the parts that begin anew with what a context has answered."""
        if part.state != _DONE:
            return []
        again = _ANEW.get(part.context, ())
        return [
            ErasurePart(context=each.context, state="waiting", reason=_ANEW_REASON)
            for each in self.parts
            if each.context in again and each.state == _DONE
        ]

    def due(self) -> list[str]:
        """Return the contexts whose turn it is."""
        states = {part.context: part.state for part in self.parts}
        return [
            context
            for context, before in _BEFORE.items()
            if states[context] != _DONE and all(states[each] == _DONE for each in before)
        ]


def together(parts: Sequence[ErasurePart]) -> ErasurePart:
    """Return the part of a context that runs on several servers: done once each of them is.

    Args:
        parts: Each server's, one at least.
    """
    waiting = [each for each in parts if each.state != _DONE]
    if not waiting:
        return parts[0]
    return min(waiting, key=lambda part: (part.until is not None, part.until))


def first_parts() -> list[ErasurePart]:
    """Return the parts of a new erasure."""
    return [
        ErasurePart(
            context=context,
            state="waiting",
            reason=f"{', '.join(before)} come first" if before else "it has not begun",
        )
        for context, before in _BEFORE.items()
    ]
