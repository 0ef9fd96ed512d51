"""Settlement of a session: what was measured, and what was paid for it (flow 5)."""

from platone.messages.base import Identifier, Instant, MarketType, Message, PodId


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
