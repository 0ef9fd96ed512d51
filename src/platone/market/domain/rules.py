"""The settings that a market operator chooses for its market."""

from dataclasses import dataclass
from datetime import timedelta

from platone.market.domain.deadline import DEFAULT_DEADLINES, Deadlines
from platone.market.domain.outcome_part import LONGEST_BYTES
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.messages.clearing import DEFAULT_RULES, ClearingRules, Participation, Product
from platone.messages.market import ServiceType


@dataclass(frozen=True, slots=True)
class MarketRules:
    """The market operator's own settings of its market.

    Attributes:
        zone: IANA name of the zone whose calendar rules the market day.
        dso_parties: Who may send DSO_request, and sees all outcomes.
        tso_parties: Who may send TSO_request.
        clearing: How sessions are cleared, and what is traded in them.
        days_ahead: For how many market days after today sessions are created ahead of time.
        payment_records_kept: How long the law has records of payments kept after delivery; an
            erasure waits as long.
        longest_outcome: Length of an outcome that is sent as a whole, bytes; a longer one goes in
            parts.
        deadlines: How long sessions wait until their trades are final.
        participation: What a point of delivery has to have to be offered.
        served_here: Aggregators whose platform is called with what concerns them, in this server;
            others read their topics. None: all are.
        asks_qualification: Whether only qualified units and groups may be offered.
    """

    zone: str = "Europe/Rome"
    dso_parties: frozenset[str] = frozenset({"DSO"})
    tso_parties: frozenset[str] = frozenset({"TSO"})
    days_ahead: int = 2
    payment_records_kept: timedelta = timedelta(0)
    clearing: ClearingRules = DEFAULT_RULES
    longest_outcome: int = LONGEST_BYTES
    deadlines: Deadlines = DEFAULT_DEADLINES
    participation: Participation = Participation.REGISTERED
    served_here: frozenset[str] | None = None
    asks_qualification: bool = False

    @property
    def product(self) -> Product:
        """The product that is traded."""
        return self.clearing.product or Product()

    @property
    def reactive(self) -> Product:
        """The product of reactive power, where any is traded."""
        return self.clearing.reactive or Product()

    @property
    def recorded(self) -> ClearingRules | None:
        """The rules as recordings have them: none where they are the default."""
        return None if self.clearing == DEFAULT_RULES else self.clearing

    def calls_platform(self, party: str) -> bool:
        """Return whether an aggregator's platform is called, beside its topics."""
        return self.served_here is None or party in self.served_here

    def check_player(self, player_id: str, kind: ServiceType, *, aggregates: bool) -> None:
        """Make sure that a party may send a kind of service.

        Raises:
            ServiceNotAllowed: It may not.
        """
        allowed = {
            ServiceType.OFFER: aggregates,
            ServiceType.DSO_REQUEST: player_id in self.dso_parties,
            ServiceType.TSO_REQUEST: player_id in self.tso_parties,
        }
        if not allowed[kind]:
            raise ServiceNotAllowed(
                f"{player_id} may not send {kind.value}.", serviceType=kind.value
            )
