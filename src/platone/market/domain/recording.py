"""The parts of a session's inputs that build on the day ahead: baselines, schedules, offers.

A point of delivery that traded in a quarter-hour the day ahead keeps the baseline that counted
then; elsewhere the one counts that came before the real-time gate. A real-time total is a change
from the schedule: that baseline plus what was traded the day ahead. So a request that the day-ahead
session has met already needs nothing more, and a day-ahead offer that nobody updated stands with
the very same total: its change is then what is left unsold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from platone.market.domain.decision import DUST_KW
from platone.market.domain.power_kind import active_part
from platone.market.domain.reactive_outcome import reactive_trades
from platone.market.domain.validation import Spot, trades_by_spot
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    ServiceType,
)
from platone.messages.outcome import MarketOutcome, ValidatedOutcome

Curves = dict[str, list[float]]
"""Power by PoD: kW for each quarter-hour of a market day, load convention."""


@dataclass(frozen=True, slots=True)
class DayAheadTrades:
    """The trades of a market day's day-ahead session: as validated where that has come.

    Attributes:
        changes_kw: The change from the baseline by PoD and quarter-hour, kW, load convention.
        baselines: The baselines that counted, of the PoDs that traded.
        totals_kvar: The reactive power that was sold, a total by PoD and quarter-hour.
    """

    changes_kw: Mapping[str, Mapping[int, float]]
    baselines: Mapping[str, Sequence[float]]
    totals_kvar: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    def counted(self, curves: Curves) -> Curves:
        """Return the baselines that count: those of the day ahead where it traded."""
        found = dict(curves)
        for pod in self.changes_kw.keys() & curves.keys():
            found[pod] = list(curves[pod])
            for index in self.changes_kw[pod]:
                found[pod][index] = self.baselines[pod][index]
        return found

    def schedules(self, counted: Curves) -> Curves:
        """Return baselines that count with what was traded the day ahead."""
        found = dict(counted)
        for pod in self.changes_kw.keys() & counted.keys():
            found[pod] = list(counted[pod])
            for index, change_kw in self.changes_kw[pod].items():
                found[pod][index] += change_kw
        return found


NO_TRADES = DayAheadTrades({}, {})
"""The trades that a day-ahead session builds on."""


def changes_of(outcome: MarketOutcome | ValidatedOutcome) -> dict[str, dict[int, float]]:
    """Return the changes that an outcome ordered, by PoD and quarter-hour, kW."""
    found: dict[str, dict[int, float]] = {}
    for (pod, index), trades in trades_by_spot(outcome).items():
        change_kw = sum(trade.accepted_p_change or 0.0 for trade in trades)
        found.setdefault(pod, {})[index] = change_kw
    return found


def reactive_totals(outcome: MarketOutcome | ValidatedOutcome) -> dict[str, dict[int, float]]:
    """Return the totals of reactive power that an outcome ordered, by PoD and quarter-hour."""
    found: dict[str, dict[int, float]] = {}
    for (pod, index), trades in reactive_trades(outcome).items():
        found.setdefault(pod, {})[index] = trades[-1].accepted_q_value or 0.0
    return found


def standing_offers(
    day_ahead: Iterable[RecordedService],
    real_time: Iterable[RecordedService],
    schedules: Mapping[str, Sequence[float]],
    indices: range,
) -> list[RecordedService]:
    """Return day-ahead offers as they stand in a real-time session.

    Args:
        day_ahead: All services of the day-ahead session.
        real_time: All services of the real-time session: a PoD and quarter-hour that is offered
            there is thereby updated.
        schedules: Baseline plus trades, kW by quarter-hour of the day, by PoD.
        indices: The real-time session's quarter-hours.

    Returns:
        Offers of active power with the quarter-hours that are not updated and not sold out. What
        has terms does not stand: what is left of a block is no block.
    """
    updated = {
        ((entry.pod or [""])[0], point.index)
        for service in real_time
        if service.service_type is ServiceType.OFFER
        for entry in active_part(service).flexibility
        for point in entry.power
    }
    standing = []
    for offered in day_ahead:
        if offered.service_type is not ServiceType.OFFER:
            continue
        service = active_part(offered)
        entries = [_left(entry, updated, schedules, indices) for entry in service.flexibility]
        left = [entry for entry in entries if entry is not None]
        if left:
            standing.append(msgspec.structs.replace(service, flexibility=left))
    return standing


def _left(
    entry: Flexibility,
    updated: set[Spot],
    schedules: Mapping[str, Sequence[float]],
    indices: range,
) -> Flexibility | None:
    if entry.order is not None:
        return None
    pod = (entry.pod or [""])[0]
    schedule_kw = schedules.get(pod)
    if schedule_kw is None:
        return None

    def stands(point: PowerPoint) -> bool:
        fresh = point.index in indices and (pod, point.index) not in updated
        return fresh and abs(point.p - schedule_kw[point.index]) > DUST_KW

    power = [point for point in entry.power if stands(point)]
    return msgspec.structs.replace(entry, power=power) if power else None
