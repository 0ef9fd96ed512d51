"""The lines of settlement: validated trades, measured energy, and exact quantities to pay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import numpy as np

from platone.kernel.market_time import MarketDay
from platone.kernel.reading_choice import INTERPOLATED
from platone.kernel.session_window import MarketType, session_windows
from platone.market.domain.metering import Metered
from platone.market.domain.reactive_outcome import as_active_line, reactive_trades
from platone.market.domain.settlement_column import integers, prices_in_micro_eur, quantities_of
from platone.market.domain.validation import Spot, trades_by_index
from platone.messages.ledger import PaidLine, SettlementLine
from platone.messages.outcome import AcceptedPower, ValidatedOutcome

LONGEST_WAIT_FOR_VALIDATION = timedelta(hours=24)
"""Time after the end of a session's delivery for which settlement waits for the DSO's answer to it:
a day, in which an operator notices and mends what is wrong."""


LONGEST_WAIT_FOR_READINGS = timedelta(days=45)
"""Time after delivery after which an erasure does not wait for a settlement any more, as its
readings will not come: final meter data are due after a month, and are corrected for some days."""


_REACTIVE = "q"
"""Stands before the rank in the identifier of a line of reactive power."""


class LineState(Enum):
    """The states of a line of settlement."""

    OPEN = "open"
    """It is not measured, or not decided yet."""
    ORDERED = "ordered"
    """The ledger is asked to pay it."""
    PAID = "paid"
    """The ledger has paid it."""
    REFUSED = "refused"
    """The ledger has refused it."""

    @classmethod
    def of_answer(cls, line: PaidLine) -> "LineState":
        """Return the state that the ledger's answer brings a line to."""
        return cls.PAID if line.problem is None else cls.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """A validated trade in one quarter-hour, to be settled.

    Attributes:
        line_id: Its identifier, paid once.
        outcome_id: The outcome that it is part of.
        pod: The PoD.
        index: The quarter-hour of the market day.
        starts: Start of the quarter-hour, UTC.
        window_start: Start of the real-time window that it falls in, UTC.
        rank: Its place among the trades of the PoD in this quarter-hour within its session.
        baseline_kw: The day's baseline.
        total_kw: Accepted total of the PoD after all its trades in the session.
        change_kw: This trade's change; negative: consume less.
        price: EUR/kWh.
        request_player_id: The DSO or TSO.
        offer_player_id: The aggregator.
        reactive: Whether it is of reactive power: then kvar stands for kW, and its baseline is what
            the session's totals of it are changes from.
    """

    line_id: str
    outcome_id: str
    pod: str
    index: int
    starts: datetime
    window_start: datetime
    rank: int
    baseline_kw: float
    total_kw: float
    change_kw: float
    price: float
    request_player_id: str
    offer_player_id: str
    reactive: bool = False

    @property
    def stack(self) -> tuple[Spot, bool]:
        """The PoD, quarter-hour and kind of power, whose trades stand on one another."""
        return self.spot, self.reactive

    @property
    def spot(self) -> Spot:
        """The PoD and quarter-hour of the line."""
        return self.pod, self.index


def lines_of(
    outcome: ValidatedOutcome, baselines: Mapping[str, Sequence[float]], zone: str
) -> list[DeliveryLine]:
    """Return the lines that an outcome is settled by.

    Args:
        outcome: The final trades.
        baselines: The day's baselines as the session recorded them, kW, by PoD.
        zone: The market's zone.
    """
    day = MarketDay.holding(outcome.start_time, zone)
    starts = list(day.instants())
    window_starts = {
        index: window.start
        for window in session_windows(MarketType.REAL_TIME, day)
        for index in window.indices
    }

    def line(
        spot: Spot, rank: int, trade: AcceptedPower, baseline: float, *, reactive: bool
    ) -> DeliveryLine:
        (pod, index), kind = spot, _REACTIVE if reactive else ""
        return DeliveryLine(
            line_id=f"{outcome.market_outcome}.{pod}.{index}.{kind}{rank}",
            outcome_id=outcome.market_outcome,
            pod=pod,
            index=index,
            starts=starts[index],
            window_start=window_starts[index],
            rank=rank,
            baseline_kw=baseline,
            total_kw=trade.accepted_p_value or 0.0,
            change_kw=trade.accepted_p_change or 0.0,
            price=trade.accepted_p_price or 0.0,
            request_player_id=trade.player_request_id or "",
            offer_player_id=trade.player_offer_id,
            reactive=reactive,
        )

    found = [
        line((each.pod, index), rank, trade, baselines[each.pod][index], reactive=False)
        for each in outcome.flexibility
        for index, trades in trades_by_index(each).items()
        for rank, trade in enumerate(trades)
    ]
    for spot, reactive in reactive_trades(outcome).items():
        trades = [as_active_line(each) for each in reactive]
        change = sum(each.accepted_p_change or 0.0 for each in trades)
        baseline = (trades[-1].accepted_p_value or 0.0) - change
        for rank, trade in enumerate(trades):
            found.append(line(spot, rank, trade, baseline, reactive=True))
    return found


@dataclass(frozen=True, slots=True)
class Stack:
    """The trades of one PoD in one quarter-hour and kind of power, in the order they were made.

    Attributes:
        trades: The trades of all sessions there.
        metered: What was measured.
        measured: The measured energy of this kind of power.
        baseline: The energy that a delivery is counted from, where it is not the declared one.
            Reactive power counts from what its trades are changes from, in millionths of a kvarh.
    """

    trades: Sequence[DeliveryLine]
    metered: Metered
    measured: int
    baseline: int | None

    @classmethod
    def of(cls, trades: Sequence[DeliveryLine], metered: Metered | None) -> "Stack | None":
        """Return trades with what was measured there; None where their power was not."""
        reactive = trades[0].reactive
        measured = None if metered is None else metered.energy_of(reactive=reactive)
        if metered is None or measured is None:
            return None
        used = None if reactive else metered.baseline
        return cls(trades, metered, measured, None if used is None else used.energy)


def quantify_all(
    trades: Iterable[DeliveryLine], metered: Mapping[Spot, Metered]
) -> dict[str, SettlementLine]:
    """Return the exact quantities of many trades, by line; trades come in the order made."""
    stacked: dict[tuple[Spot, bool], list[DeliveryLine]] = {}
    for trade in trades:
        stacked.setdefault(trade.stack, []).append(trade)
    found = [Stack.of(each, metered.get(each[0].spot)) for each in stacked.values()]
    stacks = [each for each in found if each is not None]
    return {each.line_id: each for lines in quantify(stacks) for each in lines}


def quantify(stacks: Sequence[Stack]) -> list[list[SettlementLine]]:
    """Return the exact quantities of each stack's trades."""
    if not stacks:
        return []
    lines = [trade for stack in stacks for trade in stack.trades]
    height = [len(stack.trades) for stack in stacks]
    quantities = quantities_of(
        stack=np.repeat(np.arange(len(stacks)), height),
        rank=np.concatenate([np.arange(each) for each in height]),
        baseline_kw=np.array([stack.trades[0].baseline_kw for stack in stacks]),
        change_kw=np.array([trade.change_kw for trade in lines]),
        baseline=[stack.baseline for stack in stacks],
        measured=integers([stack.measured for stack in stacks]),
    )
    rows = zip(
        quantities.reference.tolist(),
        quantities.ordered.tolist(),
        prices_in_micro_eur(np.array([trade.price for trade in lines])).tolist(),
        strict=True,
    )
    return [[_quantity(trade, stack, *next(rows)) for trade in stack.trades] for stack in stacks]


def _quantity(
    trade: DeliveryLine, stack: Stack, reference: int, ordered: int, price: int
) -> SettlementLine:
    return SettlementLine(
        line_id=trade.line_id,
        pod=trade.pod,
        aggregator_id=trade.offer_player_id,
        start_time=trade.starts,
        baseline=reference,
        ordered=ordered,
        measured=stack.measured,
        price=price,
        readings=tuple(dict.fromkeys(each.certification_id for each in stack.metered.readings)),
        requester_id=trade.request_player_id or None,
        interpolated=stack.metered.quality == INTERPOLATED,
        reactive=trade.reactive,
    )
