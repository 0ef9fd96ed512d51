"""Sessions, requests, offers, outcomes and settlement (flows 2 to 5; D3.6 4.3.2, 4.3.5)."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import (
    Hash,
    Identifier,
    Instant,
    MarketType,
    Message,
    PodId,
    PowerKw,
    PriceEurPerKwh,
    SlotIndex,
)
from platone.messages.clearing import ClearingRules, GridLimit, ShadowPrice

MARKET_ZONE = "Europe/Rome"
"""Zone of a recorded session that names none: that of the first market (D2.4)."""

_Duration = Annotated[int, msgspec.Meta(ge=1, le=25)]
_Interval = Annotated[int, msgspec.Meta(ge=15, le=15)]


class ServiceType(Enum):
    """The kinds of flexibility services: a request of the DSO or the TSO, or an offer."""

    DSO_REQUEST = "DSO_request"
    TSO_REQUEST = "TSO_request"
    OFFER = "offer"


class PowerPoint(Message, gc=False):  # a hundred thousand in a session, without cycles
    """The total power in one quarter-hour: an offer's is the PoD's baseline plus its change.

    Attributes:
        index: The quarter-hour of the market day, from local midnight.
        p: Total active power, kW, load convention.
        p_price: Price limit (request) or least price (offer), EUR/kWh.
        q: Total reactive power, kvar.
        q_price: Its price, EUR/kvarh.
    """

    index: SlotIndex
    p: PowerKw
    p_price: PriceEurPerKwh
    q: PowerKw | None = None
    q_price: PriceEurPerKwh | None = None


class Flexibility(Message):
    """The power that is asked of a group of PoDs or of a PoM, or offered for a PoD.

    Attributes:
        pod: The PoDs; exactly one in an offer.
        pom: The PoM, in a TSO's request.
        power: Its quarter-hours.
    """

    pod: Annotated[list[PodId], msgspec.Meta(min_length=1, max_length=10_000)] | None = None
    pom: Identifier | None = None
    power: Annotated[list[PowerPoint], msgspec.Meta(min_length=1, max_length=100)]


class FlexibilityService(Message):
    """A flexibility request or offer (D3.6 4.3.2).

    Attributes:
        player_id: The party.
        service_type: Request of the DSO or TSO, or offer.
        player_service_id: The party's own identifier of this message.
        flexibility: What is asked or offered.
        market_type: The session's kind; omitted only inside a recorded session.
        start_time: Start of the session's delivery; omitted, the one open session of its kind.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
    """

    player_id: Identifier
    service_type: ServiceType
    player_service_id: Identifier
    flexibility: Annotated[list[Flexibility], msgspec.Meta(min_length=1, max_length=10_000)]
    market_type: MarketType | None = None
    start_time: Instant | None = None
    duration: _Duration | None = None
    interval: _Interval = 15


class SessionReference(Message):
    """The name of a session: its kind and the start of its delivery.

    Attributes:
        market_type: The kind of session.
        start_time: Start of delivery.
    """

    market_type: MarketType
    start_time: Instant


class SessionTerms(Message):
    """A session's kind and delivery period.

    Attributes:
        market_type: Day-ahead or real-time.
        start_time: Start of delivery; local midnight for a day-ahead session.
        duration: Hours of delivery: 23 to 25 for a day, 3 to 5 in real time.
        interval: Minutes of a quarter-hour.
    """

    market_type: MarketType
    start_time: Instant
    duration: _Duration = 24
    interval: _Interval = 15


class WaitsFor(Enum):
    """The parties and systems that a market session can wait for."""

    MARKET_OPERATOR = "MarketOperator"
    """The market operator: to clear the session, or to have refused payments tried again."""
    SYSTEM_OPERATOR = "SystemOperator"
    """The DSO, who says what the grid can take of the trades."""
    METERED_DATA_ADMINISTRATOR = "MeteredDataAdministrator"
    """The measurements of what was delivered."""
    LEDGER = "Ledger"
    """The ledger, which pays."""


class MarketSession(Message):
    """A market session and its state.

    Attributes:
        id: Its identifier.
        market_type: Day-ahead or real-time.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        status: created, active, closed, outcome or validated on its way; at the end settled (every
            trade is paid), partlyPaid, notPaid, or notTraded (there was no trade).
        gate_opens: From when requests and offers are taken.
        gate_closes: Until when.
        market_outcome: The outcome's identifier once it is cleared.
        waiting_for: Who has to act before the session can go on; none where only time has to pass.
        waiting_since: Since when.
    """

    id: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    status: str
    gate_opens: Instant
    gate_closes: Instant
    market_outcome: Identifier | None = None
    waiting_for: WaitsFor | None = None
    waiting_since: Instant | None = None


class MarketSessionPage(Message):
    """Sessions, by start of delivery."""

    sessions: list[MarketSession]


class SessionPod(Message):
    """A PoD as a recorded session knows it.

    Attributes:
        pod_id: Its identifier.
        aggregator_id: Who may offer it.
        po_m_id: Its point of measurement.
        power_baseline: kW, one value a quarter-hour of the market day.
    """

    pod_id: PodId
    aggregator_id: Identifier
    po_m_id: Identifier | None = None
    power_baseline: Annotated[list[PowerKw], msgspec.Meta(max_length=100)]


class RecordedService(FlexibilityService):
    """A request or offer with the instant at which it was submitted, which breaks ties.

    Attributes:
        submitted_at: When it was submitted.
    """

    submitted_at: Instant | None = None


class RecordedSession(Message):
    """All inputs of a clearing: `platone market clear` takes it as a file.

    Attributes:
        session: Kind and delivery period.
        pods: The PoDs that requests and offers are about, each once.
        flexibility_services: The requests and offers.
        zone: IANA name of the market's zone; where omitted, Europe/Rome.
        rules: How it is cleared; where omitted, by the rules of the field test.
        grid_limits: Limits of the grid that a clearing at least cost keeps.
    """

    session: SessionTerms
    pods: list[SessionPod]
    flexibility_services: list[RecordedService]
    zone: Identifier | None = None
    rules: ClearingRules | None = None
    grid_limits: tuple[GridLimit, ...] = ()


class AcceptedPower(Message, gc=False):  # likewise
    """One trade, or the rejection of an offer, in one quarter-hour (D3.6 figure 46).

    Attributes:
        index: The quarter-hour of the market day.
        accepted_p_value: The PoD's total after all its trades here, kW; none where rejected.
        accepted_q_value: Its total reactive power, kvar.
        accepted_p_price: What this trade is paid, EUR/kWh.
        accepted_q_price: What its reactive power is paid, EUR/kvarh.
        accepted_p_change: This trade's change from the baseline, kW.
        rejection_type_p: Why an offer, or what is left of it, was not taken.
        rejection_type_q: The same for reactive power.
        player_service_id: The offer's identifier.
        player_request_id: Who asked.
        player_offer_id: Who offered.
        request_service_id: The request's identifier.
    """

    index: SlotIndex
    accepted_p_value: float | None
    accepted_q_value: float | None = None
    accepted_p_price: float | None = None
    accepted_q_price: float | None = None
    accepted_p_change: float | None = None
    rejection_type_p: str | None = None
    rejection_type_q: str | None = None
    player_service_id: str
    player_request_id: str | None = None
    player_offer_id: str
    request_service_id: str | None = None


class PodOutcome(Message):
    """A PoD's part of an outcome.

    Attributes:
        pod: The PoD.
        power: Its trades.
    """

    pod: PodId
    power: list[AcceptedPower]


class MarketOutcome(Message):
    """The decision of a session's clearing.

    Attributes:
        market_outcome: Its identifier, the first 24 digits of ``output_hash``.
        market_type: The session's kind.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        input_hash: SHA-256 of the canonical recorded session.
        output_hash: SHA-256 of the canonical terms, ``input_hash`` and all lists that follow.
        flexibility: The trades, by PoD.
        shadow_prices: What each request and limit of the grid was worth, at least cost.
    """

    market_outcome: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    input_hash: Hash
    output_hash: Hash
    flexibility: list[PodOutcome]
    shadow_prices: tuple[ShadowPrice, ...] = ()


class Cut(Message):
    """A reason why the grid cannot take all of an accepted volume.

    Attributes:
        element: The branch or bus whose limit would be broken.
        kind: "current", "voltage" or "power".
        value: What it would have been without the cut.
        limit: What it may be.
        unit: A, pu or kW.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str


class TechnicalPower(Message):
    """The grid's answer for one quarter-hour (D3.6 4.3.5).

    Attributes:
        index: The quarter-hour.
        accepted_p_value: Total active power that the grid can take, kW.
        accepted_p: "OK", or "NOK" where nothing of the change can be taken.
        accepted_q_value: Total reactive power, kvar.
        accepted_q: "OK" or "NOK".
        cuts: Where the value is less than accepted: each limit that stands against it.
    """

    index: SlotIndex
    accepted_p_value: PowerKw
    accepted_p: Annotated[str, msgspec.Meta(pattern="^(OK|NOK)$")] | None = None
    accepted_q_value: PowerKw | None = None
    accepted_q: Annotated[str, msgspec.Meta(pattern="^(OK|NOK)$")] | None = None
    cuts: tuple[Cut, ...] = ()


class TechnicalPod(Message):
    """A PoD's part of a technical outcome.

    Attributes:
        pod: The PoD.
        power: What the grid takes, by quarter-hour.
    """

    pod: PodId
    power: Annotated[list[TechnicalPower], msgspec.Meta(max_length=100)]


class TechnicalOutcome(Message):
    """The grid's answer to a market outcome, flow 4 (D3.6 4.3.5).

    Attributes:
        market_type: The kind of session.
        duration: Hours of delivery.
        interval: Minutes; 15.
        start_time: Start of delivery.
        market_outcome: The outcome that it answers.
        flexibility: What the grid takes of each PoD.
    """

    market_type: MarketType
    duration: int
    interval: int
    start_time: Instant
    market_outcome: Identifier
    flexibility: Annotated[list[TechnicalPod], msgspec.Meta(max_length=100_000)]


class ValidatedPower(AcceptedPower):
    """A trade after technical validation.

    Attributes:
        cuts: Each limit of the grid that stands against the rest of the trade.
    """

    cuts: tuple[Cut, ...] = ()


class ValidatedPod(Message):
    """A PoD's part of a validated outcome.

    Attributes:
        pod: The PoD.
        power: Its trades.
    """

    pod: PodId
    power: list[ValidatedPower]


class ValidatedOutcome(Message):
    """The final trades of a session, flow 5 (D3.6 figure 46).

    Attributes:
        market_outcome: The market outcome that it validates.
        market_type: The session's kind.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        output_hash: SHA-256 of the canonical flexibility list.
        certification_id: Its record at the certification service.
        flexibility: The trades, by PoD.
    """

    market_outcome: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    output_hash: Hash
    certification_id: Identifier | None = None
    flexibility: list[ValidatedPod]


class MeasuredPower(Message):
    """A settled trade of one quarter-hour: Measured Power Object, D2.4 table 7.

    Attributes:
        index: The quarter-hour.
        requested_p: Total active power accepted, kW.
        measured_p: Total active power measured, kW; none where the measurement is missing.
        baseline_p: Baseline of the market day, kW.
        change_p: Ordered change of this trade, kW; negative: consume less.
        reference_p: What the change was counted from, kW: the baseline, or where the PoD has other
            trades in this quarter-hour, what these leave.
        price_p: Price of the trade, EUR/kWh.
        paid_p: Paid for delivered energy, EUR.
        penalty_p: Penalty for energy not delivered, EUR.
        requested_q: Reactive power accepted, kvar.
        measured_q: Reactive power measured, kvar.
        paid_q: Paid for reactive energy, EUR.
        penalty_q: Penalty for it, EUR.
        request_player_id: The DSO or TSO that asked.
        offer_player_id: The aggregator.
        status: "settled"; "missingMeasurement" until the reading has come; "notPaid" where the
            ledger refused the line.
        line_id: Its identifier on the ledger.
        customer_tokens: Tokens paid to the PoD's wallet.
        certification_id: The certified reading that it rests on.
    """

    index: str
    requested_p: float
    measured_p: float | None
    baseline_p: float
    price_p: float
    paid_p: float
    penalty_p: float
    requested_q: float | None = None
    measured_q: float | None = None
    paid_q: float = 0.0
    penalty_q: float = 0.0
    request_player_id: str
    offer_player_id: str
    status: str = "settled"
    line_id: str | None = None
    customer_tokens: str | None = None
    certification_id: str | None = None
    change_p: float | None = None
    reference_p: float | None = None


class FlexibilitySettlement(Message):
    """The settled trades of a PoD: Flexibility Settlement Object, D2.4 table 6.

    Attributes:
        pod: The PoD.
        power: Its settled trades.
    """

    pod: PodId
    power: list[MeasuredPower]


class Settlement(Message):
    """The settlement of an outcome: Settlement, D2.4 table 5.

    Attributes:
        settlement_id: Its identifier.
        market_outcome_id: The outcome that is settled.
        market_type: The session's kind.
        flexibility: The lines, by PoD.
        start_time: Start of the flexibility's delivery.
        sent: Whether it has been sent to the aggregators.
        transaction_hash: The payment on the chain.
        certification_id: Its record at the certification service.
    """

    settlement_id: Identifier
    market_outcome_id: Identifier
    market_type: MarketType
    flexibility: list[FlexibilitySettlement]
    start_time: Instant
    sent: bool = False
    transaction_hash: str | None = None
    certification_id: str | None = None


class TopicMessage(Message):
    """One message of a participant's topic.

    Attributes:
        offset: Its place in the topic, from 1.
        topic: The topic.
        published_at: When it was published.
        content: The message.
    """

    offset: int
    topic: str
    published_at: Instant
    content: msgspec.Raw
