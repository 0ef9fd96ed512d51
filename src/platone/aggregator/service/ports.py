"""What the aggregator's use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from platone.messages.base import Submission
from platone.messages.market import FlexibilityService, Settlement, ValidatedOutcome
from platone.messages.registry import PortfolioPod, Series


@dataclass(frozen=True, slots=True)
class Call:
    """A call to another party that must not be lost.

    Calls of one lane are made in the order in which they were recorded: a PoD is registered
    before its baseline is sent, a wallet is opened before the agreement that pays into it.

    Attributes:
        lane: What they must be in order with: customers, ledger or dso.
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
class Progress:
    """How far a PoD has come with another party.

    Attributes:
        step: registration, baseline, wallet, agreement or setpoints.
        state: waiting, done or refused.
        problem: Why it was refused, as the other party said it.
    """

    step: str
    state: str
    problem: dict[str, Any] | None = None


class Records(Protocol):
    """The aggregator's records; each ``keep`` is one transaction together with its calls."""

    async def portfolio(self, party: str | None) -> list[PortfolioPod]:
        """PoDs of a party, or of all, by identifier."""
        ...

    async def progress(self, party: str | None) -> Mapping[str, list[Progress]]:
        """How far each PoD has come, by identifier."""
        ...

    async def keep_pods(
        self, party: str, pods: Sequence[PortfolioPod], calls: Sequence[Call]
    ) -> None:
        """Add PoDs to a portfolio, or replace them."""
        ...

    async def baselines(self, party: str, start: datetime) -> dict[str, Series]:
        """Baselines of a market day, by PoD."""
        ...

    async def keep_baselines(
        self, party: str, series: Sequence[Series], calls: Sequence[Call]
    ) -> None:
        """Add baselines, or replace them."""
        ...

    async def keep_offer(self, party: str, offer: FlexibilityService, result: Submission) -> None:
        """Record an offer and what the market said to it."""
        ...

    async def keep_outcome(
        self, party: str, outcome: ValidatedOutcome, calls: Sequence[Call]
    ) -> bool:
        """Record a validated outcome; False where the same is recorded already.

        Raises:
            DuplicateIdentifier: Another content is recorded under its identifier.
        """
        ...

    async def keep_settlement(self, party: str, settlement: Settlement) -> bool:
        """Record a settlement; False where the same is recorded already."""
        ...

    async def settlements(self, party: str | None) -> list[tuple[str, Settlement]]:
        """Settlements with their party, in the order in which they came."""
        ...


class Market(Protocol):
    """The market platform, as one party sees it."""

    async def offer(self, offer: FlexibilityService) -> Submission:
        """Send an offer; the answer says accepted, alreadySubmitted, or refused and why.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...
