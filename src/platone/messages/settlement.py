"""Settlement of a session: what was measured, and what was paid for it (flow 5)."""

from datetime import date
from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, MarketType, Message, PodId
from platone.messages.clearing import BaselineMethod


class BaselineUsed(Message):
    """The baseline that a delivery was counted from, and how well it fitted where nobody asked.

    Attributes:
        method: "aggregator", "tenOfTen", "fiveWorkingDays" or "meterBefore". The aggregator's also
            stands in for another that had too few data.
        energy: What it is, millionths of a kWh in the quarter-hour.
        declared_p: What the aggregator had declared, kW.
        days: The days that it is a mean of, newest first.
        shift_p: By how much that mean was shifted, kW.
        error_p: Mean magnitude of measured less baseline, kW, of the method on this day where
            nothing was traded; none where nothing was measured there.
        bias_p: Mean of measured less baseline there, kW.
        error_samples: The quarter-hours there.
    """

    method: BaselineMethod
    energy: int
    declared_p: float
    days: tuple[date, ...] = ()
    shift_p: float | None = None
    error_p: float | None = None
    bias_p: float | None = None
    error_samples: int = 0


class LineVersion(Message):
    """An earlier version of a line, which was paid as it stands here.

    Attributes:
        version: Its number, from 1.
        line_id: Its identifier on the ledger.
        settlement_id: The settlement that paid it.
        measured_p: Total active power measured then, kW.
        net: What the line came to then, EUR: paid less penalty.
    """

    version: int
    line_id: Identifier
    settlement_id: Identifier
    measured_p: float
    net: float


class MeasuredPower(Message):
    """A settled trade of one quarter-hour: Measured Power Object, D2.4 table 7.

    It is of active or of reactive power; what it says of the other is 0 or absent, but for what was
    measured.

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
        baseline_q: Reactive power that totals of it are changes from, kvar.
        price_q: Price of a trade of reactive power, EUR/kvarh.
        change_q: Ordered change of this trade, kvar.
        reference_q: What the change was counted from, kvar.
        request_player_id: The DSO or TSO that asked.
        offer_player_id: The aggregator.
        status: "settled"; "missingMeasurement" until the reading has come; "notPaid" where the
            ledger refused the line.
        line_id: Its identifier on the ledger.
        customer_tokens: Tokens paid to the PoD's wallet.
        certification_id: The certified reading that it rests on.
        quality: "measured", "estimated" (also where a longer reading was spread), "interpolated"
            from the quarter-hours around a gap, or "simulated".
        baseline: What the delivery was counted from, with its error.
        version: The number of this version of the line, from 1.
        versions: The versions before it: what this one differs by from the last was settled.
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
    baseline_q: float | None = None
    price_q: float | None = None
    change_q: float | None = None
    reference_q: float | None = None
    quality: str | None = None
    baseline: BaselineUsed | None = None
    version: int = 1
    versions: tuple[LineVersion, ...] = ()


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
        run: Its number among the settlements of the outcome, from 1; the last one counts.
    """

    settlement_id: Identifier
    market_outcome_id: Identifier
    market_type: MarketType
    flexibility: list[FlexibilitySettlement]
    start_time: Instant
    sent: bool = False
    transaction_hash: str | None = None
    certification_id: str | None = None
    run: int = 1


class CorrectedInterval(Message):
    """An interval of a point of delivery of which there is a new version, or a late reading.

    Attributes:
        pod_id: The point of delivery.
        start_time: Start of the interval.
        duration_minutes: Length of the interval.
    """

    pod_id: PodId
    start_time: Instant
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]


class MeasurementCorrections(Message):
    """Intervals that were read anew: what was settled by them is settled again."""

    corrections: Annotated[list[CorrectedInterval], msgspec.Meta(max_length=100_000)]
