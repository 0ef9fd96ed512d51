"""The things that all parts of a session's settlement go by, each of them read or found once."""

import asyncio
from dataclasses import dataclass, field

from platone.infra.collector import let_go
from platone.market.domain.delivery_basis import Histories
from platone.market.records.unit import MarketRecords
from platone.market.service.counted_curves import CountedCurves
from platone.market.service.metered_history import MeteredHistory
from platone.market.service.recorded_rules import RecordedRules
from platone.market.service.trades_at_hand import TradesAtHand


@dataclass(frozen=True, slots=True)
class SettlementAtHand:
    """The things that are at hand while the parts of an outcome are settled.

    Attributes:
        metered: Days and readings.
        trades: The day's trades.
        rules: Which baselines count, and when gaps are estimated.
        curves: The declared baselines.
        histories: What was found of the baselines of points of delivery.
    """

    metered: MeteredHistory
    trades: TradesAtHand
    rules: RecordedRules
    curves: CountedCurves
    histories: Histories = field(default_factory=dict)

    @classmethod
    def of(cls, records: MarketRecords, metered: MeteredHistory) -> "SettlementAtHand":
        """Begin with metered days alone at hand."""
        rules, curves = RecordedRules(records), CountedCurves(records)
        return cls(metered, TradesAtHand(records), rules, curves)

    async def let_go(self) -> None:
        """Forget what is large, once nothing is to be settled for now."""
        readings, curves = self.metered.begun.let_readings_go(), self.curves.let_go()
        histories = list(self.histories.values())
        self.histories.clear()
        await asyncio.to_thread(let_go, readings, curves, histories)
