"""What the market's records hold, as the use cases pass it about."""

from dataclasses import dataclass
from datetime import datetime

from platone.market.domain.calendar import Status
from platone.market.domain.delivery import DeliveryLine, Metered
from platone.messages.base import MarketType
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder
from platone.messages.market import MarketOutcome, TechnicalOutcome, ValidatedOutcome

Curves = dict[str, list[float]]
"""Power by PoD: kW for each quarter-hour of a market day, load convention."""


@dataclass(frozen=True, slots=True)
class SessionSearch:
    """Which sessions are looked for; what is None does not matter.

    Attributes:
        market_type: Of this kind.
        status: In this state.
        starts_from: Delivering from this instant on.
        starts_before: Delivering before this instant.
        limit: This many at most, by start of delivery.
    """

    market_type: MarketType | None = None
    status: Status | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """An outcome and what came of it so far."""

    session_id: str
    market: MarketOutcome
    technical: TechnicalOutcome | None
    validated: ValidatedOutcome | None


@dataclass(frozen=True, slots=True)
class LineRecord:
    """A line of settlement and how far it has come.

    Attributes:
        line: The trade.
        state: open (not measured), ordered (being paid), paid, or refused by the ledger.
        quantity: What was ordered to be paid.
        metered: What it rests on.
        payment: What the ledger made of it.
    """

    line: DeliveryLine
    state: str
    quantity: SettlementLine | None
    metered: Metered | None
    payment: PaidLine | None


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment that was decided; it is repeated unchanged until the ledger has answered.

    Attributes:
        settlement_id: Its identifier at the ledger too.
        outcome_id: The outcome it settles a part of.
        order: The lines to pay; none where nothing was measured.
    """

    settlement_id: str
    outcome_id: str
    order: SettlementOrder | None
