"""Calls to other parties that must not be lost, and how far a PoD has come with them."""

from dataclasses import dataclass
from typing import Any

WALLET, AGREEMENT = "wallet", "agreement"
"""The steps of a PoD at the ledger."""


@dataclass(frozen=True, slots=True)
class PartnerCall:
    """A call to another party that must not be lost.

    Calls of one lane are made in the order in which they were recorded: a PoD is registered
    before its baseline is sent, a wallet is opened before the agreement that pays into it.

    Attributes:
        lane: What they must be in order with: the party that is called, with a PoD or an outcome
            where calls about others need not wait.
        step: What the call does: registration, baseline, wallet, agreement or setpoints.
        method: POST or PUT.
        path: The interface.
        content: The message.
        pods: The PoDs that it is about, in the order of its items.
    """

    lane: str
    step: str
    method: str
    path: str
    content: object
    pods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PodProgress:
    """The state of one step of a PoD with another party.

    Attributes:
        step: registration, baseline, wallet, agreement or setpoints.
        state: waiting, done, refused, or late: taken, but too late for some sessions.
        problem: Why it was refused, as the other party said it, or what it was late for.
    """

    step: str
    state: str
    problem: dict[str, Any] | None = None
