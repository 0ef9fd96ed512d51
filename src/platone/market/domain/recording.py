"""A session's inputs, put together for clearing; and how real time builds on the day ahead.

The baseline of a real-time session is the schedule: the day's baseline plus what was traded the
day ahead. Requests and offers are totals, so a request that the day-ahead session has met already
needs nothing more, and a day-ahead offer that nobody updated stands with the very same total:
its change is then what is left unsold.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from platone.market.domain.decision import DUST_KW
from platone.market.domain.validation import Spot, trades_by_spot
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    ServiceType,
    SessionPod,
)
from platone.messages.outcome import MarketOutcome, ValidatedOutcome

Curves = dict[str, list[float]]
"""Power by PoD: kW for each quarter-hour of a market day, load convention."""


def changes_by_spot(outcome: MarketOutcome | ValidatedOutcome) -> dict[Spot, float]:
    """Return the change from the baseline that an outcome ordered, kW, load convention."""
    return {
        spot: sum(trade.accepted_p_change or 0.0 for trade in trades)
        for spot, trades in trades_by_spot(outcome).items()
    }


def schedule_pod(pod: SessionPod, changes_kw: Mapping[Spot, float]) -> SessionPod:
    """Return a PoD whose baseline includes what was traded before."""
    return msgspec.structs.replace(
        pod,
        power_baseline=[
            kw + changes_kw.get((pod.pod_id, index), 0.0)
            for index, kw in enumerate(pod.power_baseline)
        ],
    )


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
        Offers with the quarter-hours that are not updated and not sold out.
    """
    updated = {
        ((entry.pod or [""])[0], point.index)
        for service in real_time
        if service.service_type is ServiceType.OFFER
        for entry in service.flexibility
        for point in entry.power
    }
    standing = []
    for service in day_ahead:
        if service.service_type is not ServiceType.OFFER:
            continue
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
    pod = (entry.pod or [""])[0]
    schedule_kw = schedules.get(pod)
    if schedule_kw is None:
        return None

    def stands(point: PowerPoint) -> bool:
        fresh = point.index in indices and (pod, point.index) not in updated
        return fresh and abs(point.p - schedule_kw[point.index]) > DUST_KW

    power = [point for point in entry.power if stands(point)]
    return msgspec.structs.replace(entry, power=power) if power else None
