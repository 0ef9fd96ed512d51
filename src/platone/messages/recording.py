"""Recorded settlements: a session with what came of it, to be settled again by anyone."""

from datetime import date
from typing import Annotated

import msgspec

from platone.messages.base import Hex, Identifier, Instant, Message, PodId, PowerKw, SlotIndex
from platone.messages.ledger import AgreementTerms, Ppm, SettlementLine
from platone.messages.market import RecordedSession
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import Measurement


class DayBaseline(Message):
    """A PoD's baseline of the market day, before anything was traded.

    Attributes:
        pod_id: The PoD.
        power_baseline: kW, one value a quarter-hour of the market day.
    """

    pod_id: PodId
    power_baseline: Annotated[list[PowerKw], msgspec.Meta(max_length=100)]


class OtherTrade(Message):
    """A trade of another session at a PoD and quarter-hour of the settled one.

    Attributes:
        market_outcome: The outcome that it is part of.
        traded_at: When that session's gate closed.
        rank: Its place among the trades of the PoD in this quarter-hour within its session.
        pod: The PoD.
        index: The quarter-hour of the market day.
        p_change: Ordered change from the baseline, kW; negative: consume less.
        reactive: Whether it is of reactive power, in kvar.
    """

    market_outcome: Identifier
    traded_at: Instant
    rank: Annotated[int, msgspec.Meta(ge=0)]
    pod: PodId
    index: SlotIndex
    p_change: PowerKw
    reactive: bool = False


class LineTerms(Message):
    """The terms of the agreement under which the ledger paid a line.

    Attributes:
        line_id: The line.
        customer_share_ppm: The customer's share of what is earned, parts per million.
        penalty_price: Penalty for energy not delivered, millionths of EUR/kWh.
        least_delivery_ppm: Part of what was ordered below which nothing was paid.
        full_delivery_ppm: Part from which all that was ordered was paid.
    """

    line_id: Identifier
    customer_share_ppm: Ppm
    penalty_price: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    least_delivery_ppm: Ppm = 0
    full_delivery_ppm: Ppm = 0


class DecidedLine(Message):
    """A line as it was decided to be paid, and by which settlement.

    Attributes:
        settlement_id: The settlement.
        line: The line, as it was ordered.
    """

    settlement_id: Identifier
    line: SettlementLine


class MeteredDay(Message):
    """A market day of a PoD as it was metered when a settlement was made.

    Attributes:
        settlement_id: The settlement.
        pod_id: The PoD.
        on: The local date.
        energies: Millionths of a kWh by quarter-hour, as far as they are looked at; none where
            nothing is measured.
        traded: The quarter-hours in which something of it was traded.
    """

    settlement_id: Identifier
    pod_id: PodId
    on: date
    energies: tuple[int | None, ...]
    traded: tuple[int, ...] = ()


class SettlementContext(Message):
    """The circumstances of a settlement that the market made.

    Attributes:
        settlement_id: Its identifier.
        transaction_hash: The payment on the chain.
        traded_at: When the session's gate closed: orders its trades among other sessions'.
        windows: Starts of the real-time windows whose lines have come due.
        day_baselines: The day's baselines of the PoDs with trades.
        other_trades: Trades of other sessions at the same PoDs and quarter-hours.
        terms: The terms of each line that was paid; a line without any was not.
        run: The settlement's number among those of the outcome.
        decided: The versions of lines that were ordered, in their order.
        metered_days: What baselines and their errors are made of.
    """

    settlement_id: Identifier
    transaction_hash: Hex | None = None
    traded_at: Instant
    windows: list[Instant]
    day_baselines: list[DayBaseline]
    other_trades: list[OtherTrade]
    terms: list[LineTerms]
    run: int = 1
    decided: tuple[DecidedLine, ...] = ()
    metered_days: tuple[MeteredDay, ...] = ()


class SettlementRecording(RecordedSession):
    """A session to settle: its recording, and what came of it. Every addition may be left out.

    Attributes:
        validated_outcome: The final trades; omitted, the session is cleared and all that it
            accepts counts as validated.
        measurements: Readings; a quarter-hour that they do not cover stays missingMeasurement.
        agreements: Terms by PoD and aggregator, where the context holds none; a line without an
            agreement stays notPaid.
        context: The circumstances of the market's own settlement.
    """

    validated_outcome: ValidatedOutcome | None = None
    measurements: tuple[Measurement, ...] = ()
    agreements: tuple[AgreementTerms, ...] = ()
    context: SettlementContext | None = None


class SettlementInputs(Message):
    """All that a settlement used beside its session's recording and validated outcome.

    Attributes:
        measurements: The readings.
        context: The circumstances.
    """

    measurements: list[Measurement]
    context: SettlementContext
