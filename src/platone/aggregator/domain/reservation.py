"""Offers that are not decided: their energy is offered nowhere else until the market has decided.

::

    planned ──► offered ──► told in an outcome: sold, or free again
                   └──────► its session ended without a trade: free again
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from platone.aggregator.domain.activation import is_trade
from platone.messages.base import MarketType
from platone.messages.market import MarketSession, SessionReference
from platone.messages.outcome import ValidatedOutcome
from platone.messages.plan import PlannedPod, PlannedQuarter

_ENDED = frozenset({"notTraded", "notValidated", "cancelled"})
"""The states of sessions that ended without a trade; nothing follows them."""
_OfSession = tuple[MarketType, str]


@dataclass(frozen=True, slots=True)
class Decided:
    """The market's decisions about what a party offered.

    Attributes:
        sessions: The sessions of which all is decided.
        slots: Of the others, the points of delivery and quarter-hours that are.
        sold: Points of delivery of which something was sold, by session.
    """

    sessions: Collection[_OfSession]
    slots: Collection[tuple[_OfSession, str, int]]
    sold: Collection[tuple[_OfSession, str]]

    def open_quarters(self, session: SessionReference, pod: PlannedPod) -> list[PlannedQuarter]:
        """Return the offered quarter-hours of a point of delivery that may be sold yet."""
        key = _key(session)
        if key in self.sessions:
            return []
        return [each for each in pod.quarters if (key, pod.pod_id, each.index) not in self.slots]

    def may_return(self, session: SessionReference, pod: PlannedPod) -> bool:
        """Return whether what a point of delivery puts off may have to come back."""
        is_sold = (_key(session), pod.pod_id) in self.sold
        return is_sold or bool(self.open_quarters(session, pod))


def decided(
    outcomes: Sequence[ValidatedOutcome], sessions: Sequence[MarketSession], party: str
) -> Decided:
    """Return the market's decisions about a party's offers.

    Args:
        outcomes: The final outcomes that it has told; a long one comes in parts.
        sessions: Sessions in the state that they are in now.
        party: The party.
    """
    ended = {_key(each) for each in sessions if each.status in _ENDED}
    whole = {_key(each) for each in outcomes if not _is_part(each)}
    told = [
        (_key(outcome), part.pod, power)
        for outcome in outcomes
        for part in outcome.flexibility
        for power in part.power
        if power.player_offer_id == party
    ]
    return Decided(
        ended | whole,
        {(session, pod, power.index) for session, pod, power in told},
        {(session, pod) for session, pod, power in told if is_trade(power)},
    )


def _key(named: SessionReference | MarketSession | ValidatedOutcome) -> _OfSession:
    return named.market_type, named.start_time.isoformat()


def _is_part(outcome: ValidatedOutcome) -> bool:
    """Return whether an outcome is a part of a longer one, named by the whole and a number."""
    return "." in outcome.market_outcome
