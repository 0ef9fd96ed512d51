"""A market day as it is expected: of baselines, typical days, and what was traded before."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec
import numpy as np

from platone.dso.domain.day import PodDay
from platone.dso.domain.problem import PodDataMissing, SuppositionInvalid
from platone.dso.domain.remark import abridged
from platone.grid.array import Floats
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.power_factor import tan_phi
from platone.messages.outcome import TechnicalOutcome
from platone.messages.registry import PointOfDelivery, Series

PodSlot = tuple[str, int]
"""A PoD and a quarter-hour."""

NOTHING: Mapping[PodSlot, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Forecast:
    """A market day as it is expected.

    Attributes:
        network: The network.
        limits: Its limits.
        day: The market day.
        pods: Its points of delivery.
        power: Power of all consumers, one scenario a quarter-hour.
        has_trades: Whether validated trades of the day are in it.
        remarks: What typical days stand in for, and which points of delivery take nothing.
        unknown: Points of delivery of which data lack: it is supposed that they take nothing.
    """

    network: Network
    limits: Limits
    day: MarketDay
    pods: Mapping[str, PodDay]
    power: ConsumerPower
    has_trades: bool
    remarks: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KnownDay:
    """The registrations, baselines and trades of a market day that other parties told.

    Attributes:
        registered: Those of the network that are registered.
        baseline_kw: Their baselines, one value a quarter-hour; NaN where there is none.
        traded_kw: Totals of those that traded before, later ones over earlier ones; NaN in
            quarter-hours without a trade.
        has_trades: Whether validated trades of the day are known.
        traded_kvar: Totals of reactive power of those that sold any, in the same form.
    """

    registered: Mapping[str, PointOfDelivery] = field(default_factory=dict)
    baseline_kw: Mapping[str, Floats] = field(default_factory=dict)
    traded_kw: Mapping[str, Floats] = field(default_factory=dict)
    has_trades: bool = False
    traded_kvar: Mapping[str, Floats] = field(default_factory=dict)

    def __reduce__(self) -> tuple[object, ...]:
        """Return how it is copied to another process: one table for the series of all PoDs."""
        series = (self.baseline_kw, self.traded_kw, self.traded_kvar)
        names = msgspec.msgpack.encode(list(self.registered.values()))
        return _restored, (names, *(_as_table(each) for each in series), self.has_trades)


def _as_table(series: Mapping[str, Floats]) -> tuple[list[str], Floats]:
    """Return series of a day as names and a table, shape (names, quarter-hours)."""
    return list(series), np.array(list(series.values()))


def _restored(
    registered: bytes,
    baseline: tuple[list[str], Floats],
    traded: tuple[list[str], Floats],
    reactive: tuple[list[str], Floats],
    has_trades: bool,  # noqa: FBT001 - as it was pickled
) -> KnownDay:
    points = msgspec.msgpack.decode(registered, type=list[PointOfDelivery])
    baseline_kw, traded_kw, traded_kvar = (
        dict(zip(names, table, strict=True)) for names, table in (baseline, traded, reactive)
    )
    return KnownDay(
        {each.pod_id: each for each in points}, baseline_kw, traded_kw, has_trades, traded_kvar
    )


def baselines_of(
    day: MarketDay, registered: Mapping[str, PointOfDelivery], series: Sequence[Series]
) -> dict[str, Floats]:
    """Return baselines as far as they are known; NaN where they are not.

    The market's rule: where there is no series of a PoD for the whole day, the typical one of its
    registration counts if it has a value for each of the day's quarter-hours.
    """
    start, count = day.start, day.quarter_hours
    found = {pod_id: np.full(count, np.nan) for pod_id in sorted(registered)}
    for each in series:
        if each.pod_id not in found:
            continue
        first = round((each.start_time - start) / QUARTER_HOUR)
        begin, end = max(first, 0), min(first + len(each.values), count)
        if begin < end:
            found[each.pod_id][begin:end] = each.values[begin - first : end - first]
    for pod_id, kw in found.items():
        typical = registered[pod_id].power_baseline_curves
        if np.isnan(kw).any() and typical is not None and len(typical) == count:
            found[pod_id] = np.array(typical)
    return found


def traded_totals(day: MarketDay, trades: Sequence[TechnicalOutcome]) -> dict[str, Floats]:
    """Return the total power of PoDs that traded, kW; NaN in quarter-hours without a trade."""
    found: dict[str, Floats] = {}
    count = day.quarter_hours
    for part in (part for each in trades for part in each.flexibility):
        total_kw = found.get(part.pod)
        if total_kw is None:
            total_kw = found[part.pod] = np.full(count, np.nan)
        for power in part.power:
            if power.accepted_p is not None or power.accepted_q_value is None:
                total_kw[power.index] = power.accepted_p_value
    return found


def traded_reactive(day: MarketDay, trades: Sequence[TechnicalOutcome]) -> dict[str, Floats]:
    """Return the total reactive power of PoDs that sold any, kvar; NaN where they did not."""
    found: dict[str, Floats] = {}
    for part in (part for each in trades for part in each.flexibility):
        for power in part.power:
            if power.accepted_q_value is not None:
                total_kvar = found.setdefault(part.pod, np.full(day.quarter_hours, np.nan))
                total_kvar[power.index] = power.accepted_q_value
    return found


def require_data(network: Network, known: KnownDay, bare: Sequence[str]) -> None:
    """Check that somebody is registered on a network, and that nobody is bare of all expectation.

    A point of delivery at which nobody is registered holds up no other: its customer has gone, was
    erased, or has no aggregator. Where that is so of all, the registrations have yet to come.

    Raises:
        PodDataMissing: It names those that are not.
    """
    names = network.pod_position.keys()
    unknown = sorted(names - known.registered.keys())
    if bare or (unknown and len(unknown) == len(names)):
        told = {
            "not registered": unknown,
            "without a baseline for the whole day, and without typical days": bare,
        }
        counted = [f"{len(each)} {what}" for what, each in told.items() if each]
        raise PodDataMissing(
            f"Of the network's points of delivery there are {'; '.join(counted)}.",
            notRegistered=unknown,
            withoutBaseline=bare,
        )


def suppositions(
    names: Container[str], quarter_hours: int, suppose: Mapping[PodSlot, float]
) -> dict[str, dict[int, float]]:
    """Return the supposed powers by PoD and quarter-hour, after checking that these exist.

    Args:
        names: The points of delivery of the network.
        quarter_hours: How many the day has.
        suppose: The powers, kW.

    Raises:
        SuppositionInvalid: It names those that do not exist.
    """
    strange = sorted(
        f"{pod_id} at {index}"
        for pod_id, index in suppose
        if pod_id not in names or index >= quarter_hours
    )
    if strange:
        raise SuppositionInvalid(f"Not on the network that day: {abridged(strange)}.")
    found: dict[str, dict[int, float]] = {}
    for (pod_id, index), kw in suppose.items():
        found.setdefault(pod_id, {})[index] = kw
    return found


def pod_day(
    known: KnownDay,
    pod_id: str,
    typical: Expectation | None = None,
    supposed: Mapping[int, float] = MappingProxyType({}),
) -> PodDay:
    """Return a registered PoD's day; NaN without baseline, typical day and trade.

    Without a whole baseline it cannot move: there is nothing that its delivery is measured by.
    """
    pod, kw = known.registered[pod_id], known.baseline_kw[pod_id].copy()
    ratio, more_kvar, bare = tan_phi(pod.cos_phi), np.zeros(len(kw)), np.isnan(kw)
    if typical is not None:
        kw[bare] = typical.mean_kw[bare]
        if typical.mean_kvar is not None:
            more_kvar[bare] = (typical.mean_kvar - ratio * typical.mean_kw)[bare]
    if pod_id in known.traded_kw:
        total_kw = known.traded_kw[pod_id]
        kw = np.where(np.isnan(total_kw), kw, total_kw)
    for index, power_kw in supposed.items():
        kw[index] = power_kw
    schedule_kvar = kw * ratio + more_kvar
    if pod_id in known.traded_kvar:
        total_kvar = known.traded_kvar[pod_id]
        schedule_kvar = np.where(np.isnan(total_kvar), schedule_kvar, total_kvar)
    flexibility = None if bare.any() else pod.max_flexibility
    return PodDay(
        aggregator_id=pod.aggregator_id,
        schedule_kw=kw,
        schedule_kvar=schedule_kvar,
        max_up_kw=flexibility.upper_p if flexibility else 0.0,
        max_down_kw=flexibility.down_p if flexibility else 0.0,
        kvar_per_kw=ratio,
        reactive_kvar=(flexibility.upper_q, flexibility.down_q) if flexibility else (0.0, 0.0),
    )


def idle_day(quarter_hours: int, supposed: Mapping[int, float] = MappingProxyType({})) -> PodDay:
    """Return the day of a point of delivery that cannot move and takes what is supposed, kW."""
    kw = np.zeros(quarter_hours)
    for index, power_kw in supposed.items():
        kw[index] = power_kw
    return PodDay(
        aggregator_id="",
        schedule_kw=kw,
        schedule_kvar=np.zeros(quarter_hours),
        max_up_kw=0.0,
        max_down_kw=0.0,
        kvar_per_kw=0.0,
    )


def typical_day_remarks(bare: Sequence[str], loads: Sequence[str]) -> tuple[str, ...]:
    """Return remarks on what typical days stand in for."""
    found = []
    if bare:
        what = f"{len(bare)} baselines that are missing or not of the whole day"
        found.append(f"Typical days stand in for {what}: {abridged(bare)}.")
    if loads:
        what = f"what the network file says of {len(loads)} loads"
        found.append(f"Typical days stand in for {what}: {abridged(loads)}.")
    return tuple(found)


def vacant_remarks(vacant: Sequence[str]) -> tuple[str, ...]:
    """Return a remark on points of delivery at which nobody is registered, where there are any."""
    if not vacant:
        return ()
    count = len(vacant)
    places, they = ("1 point", "it counts") if count == 1 else (f"{count} points", "they count")
    told = f"At {places} of delivery nobody is registered, or not any more"
    return (f"{told}: {they} as taking nothing, 0 kW: {abridged(vacant)}.",)
