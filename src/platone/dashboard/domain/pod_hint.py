"""The hints that help to choose a point of delivery for a request or an offer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platone.dashboard.domain.pod_day import baseline_curves
from platone.dashboard.domain.pod_wish import NO_WISH, PodWish
from platone.kernel.market_time import MarketDay
from platone.messages.market import FlexibilityService
from platone.messages.registry import PointOfDelivery, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class PodHint:
    """A point of delivery in the quarter-hours that are asked about.

    Attributes:
        baseline_kw: Its least and its greatest baseline there, kW; none where none is known.
        fall_kw: Most that its contract lets it fall below the baseline, kW; none: it does not say.
        rise_kw: Most that it may rise above, likewise.
        services: The visitor's own requests or offers that name it already.
        wish: What its customer wishes, for its aggregator to read.
    """

    baseline_kw: tuple[float, float] | None
    fall_kw: float | None
    rise_kw: float | None
    services: list[str]
    wish: PodWish


def pod_hints(
    day: MarketDay,
    indices: Sequence[int],
    pods: Iterable[PointOfDelivery],
    baselines: Iterable[Series],
    services: Sequence[FlexibilityService],
    wishes: Mapping[str, PodWish],
) -> dict[str, PodHint]:
    """Return the hints of points of delivery.

    Args:
        day: The market day.
        indices: The quarter-hours of it that are asked about.
        pods: The points of delivery.
        baselines: Baselines of the day, kW, load convention.
        services: The visitor's own requests or offers that stand in the session.
        wishes: What customers wish of the day, as far as the visitor may read it.
    """
    curves = baseline_curves(day, baselines)
    named: dict[str, list[str]] = {}
    for service in services:
        for name in {name for entry in service.flexibility for name in entry.pod or ()}:
            named.setdefault(name, []).append(service.player_service_id)
    found = {}
    for pod in pods:
        curve = curves.get(pod.pod_id, ())
        known = [kw for at in indices if at < len(curve) and (kw := curve[at]) is not None]
        may = pod.max_flexibility
        found[pod.pod_id] = PodHint(
            baseline_kw=(min(known), max(known)) if known else None,
            fall_kw=None if may is None else may.down_p,
            rise_kw=None if may is None else may.upper_p,
            services=named.get(pod.pod_id, []),
            wish=wishes.get(pod.pod_id, NO_WISH),
        )
    return found
