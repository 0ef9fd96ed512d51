"""The checks that a request or offer passes before anything of it is stored."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

from platone.kernel.session_window import SessionWindow
from platone.market.domain.problem import (
    BaselineMissing,
    DuplicateIndex,
    DuplicatePod,
    IndexOutsideSession,
    MarketTypeMissing,
    NegativePrice,
    NotDivisible,
    OfferNeedsOnePod,
    OfferOutsideLimits,
    PodAlreadyOffered,
    PodsOrPom,
    ServiceNotAllowed,
    UnknownPod,
    WrongDuration,
)
from platone.messages.base import MarketType
from platone.messages.market import Flexibility, FlexibilityService, PowerPoint, ServiceType
from platone.messages.registry import PointOfDelivery

_TOLERANCE_KW = 1e-6
"""Totals are sums of rounded numbers; a milliwatt beyond a limit is not a violation."""


def check_form(service: FlexibilityService) -> MarketType:
    """Check what can be told from the message alone, and return the market that it is for.

    Returns:
        The market that it is for.

    Raises:
        MarketTypeMissing: It names no market.
        PlatoneError: What :func:`check_entries` finds.
    """
    if service.market_type is None:
        raise MarketTypeMissing("marketType is missing.")
    check_entries(service)
    return service.market_type


def check_entries(service: FlexibilityService) -> None:
    """Check what a message asks or offers, as far as it can be told from the message alone.

    Raises:
        OfferNeedsOnePod, PodsOrPom, DuplicatePod, DuplicateIndex, NegativePrice: Where it is not
            as documented.
    """
    is_offer = service.service_type is ServiceType.OFFER
    for entry in service.flexibility:
        _check_target(entry, is_offer=is_offer)
        indices = Counter(point.index for point in entry.power)
        _refuse_repeated_index(indices, _name(entry))
        for point in entry.power:
            if point.p_price < 0:
                raise NegativePrice(
                    f"{_name(entry)} at index {point.index} has a price below zero.",
                    index=point.index,
                )
    if is_offer:
        for pod, indices in _indices_by_pod(service).items():
            _refuse_repeated_index(indices, pod)


def check_window(service: FlexibilityService, window: SessionWindow) -> None:
    """Check that a message fits the session's delivery.

    Raises:
        WrongDuration: It has another length.
        IndexOutsideSession: A quarter-hour is not delivered in the session.
    """
    if service.duration is not None and service.duration != window.hours:
        raise WrongDuration(
            f"The session delivers {window.hours} hours ({len(window.indices)} quarter-hours), "
            f"not {service.duration}.",
            expectedHours=window.hours,
        )
    check_indices(service, window)


def check_indices(service: FlexibilityService, window: SessionWindow) -> None:
    """Check that a message is about quarter-hours that the session delivers.

    Raises:
        IndexOutsideSession: One is not.
    """
    indices = window.indices
    for entry in service.flexibility:
        for point in entry.power:
            if point.index not in indices:
                raise IndexOutsideSession(
                    f"{_name(entry)}: index {point.index} is not in {indices[0]} to {indices[-1]}.",
                    index=point.index,
                    firstIndex=indices[0],
                    lastIndex=indices[-1],
                )


def named_pods(service: FlexibilityService) -> list[str]:
    """Return the PoDs that a message names, each once, in its order."""
    return list(dict.fromkeys(pod for entry in service.flexibility for pod in entry.pod or ()))


def named_poms(service: FlexibilityService) -> list[str]:
    """Return the PoMs that a message names, each once, in its order."""
    return list(dict.fromkeys(entry.pom for entry in service.flexibility if entry.pom))


def offered_spots(service: FlexibilityService) -> Iterator[tuple[str, int]]:
    """Yield the PoDs and quarter-hours of an offer."""
    for entry in service.flexibility:
        for pod in entry.pod or ():
            for point in entry.power:
                yield pod, point.index


def check_unclaimed(spots: Iterable[tuple[str, int]], claimed: Collection[tuple[str, int]]) -> None:
    """Check that nothing is offered twice in a session.

    Args:
        spots: The PoDs and quarter-hours that are offered now.
        claimed: Those that were offered before.

    Raises:
        PodAlreadyOffered: One was.
    """
    for pod, index in spots:
        if (pod, index) in claimed:
            raise PodAlreadyOffered(
                f"{pod} has an offer at index {index} in this session.", pod=pod, index=index
            )


def check_known(names: Iterable[str], pods: Container[str]) -> None:
    """Check that PoDs are registered.

    Raises:
        UnknownPod: One is not.
    """
    for name in names:
        if name not in pods:
            raise UnknownPod(f"The market knows no PoD {name}.", pod=name)


def check_offered(
    service: FlexibilityService,
    pods: Mapping[str, PointOfDelivery],
    baselines: Mapping[str, Sequence[float]],
) -> None:
    """Check that an offer is the aggregator's own, divisible, and within what was contracted.

    Raises:
        ServiceNotAllowed: The PoD belongs to another aggregator.
        NotDivisible: It can only be taken as a whole.
        OfferOutsideLimits: A total passes the PoD's limits around its baseline. Where a PoD has
            no limits registered, none are checked.
    """
    check_aggregator(service, {name: pod.aggregator_id for name, pod in pods.items()})
    for entry in service.flexibility:
        for name in entry.pod or ():
            pod = pods[name]
            if pod.flexibility_type == "discrete":
                raise NotDivisible(f"{name} is registered as discrete.", pod=name)
            for point in entry.power:
                check_limits(point, pod, baselines[name])


def check_aggregator(offer: FlexibilityService, aggregators: Mapping[str, str]) -> None:
    """Check that an offer is for PoDs of the aggregator that sends it.

    Args:
        offer: The offer.
        aggregators: Each PoD's aggregator.

    Raises:
        ServiceNotAllowed: A PoD belongs to another aggregator.
    """
    for name in named_pods(offer):
        if aggregators[name] != offer.player_id:
            raise ServiceNotAllowed(f"{name} is not offered by {offer.player_id}.", pod=name)


def check_baselines(
    names: Iterable[str], baselines: Mapping[str, Sequence[float]], window: SessionWindow
) -> None:
    """Check that PoDs have baselines for the day.

    Raises:
        BaselineMissing: One has none, or not one value for each quarter-hour.
    """
    missing = [name for name in names if len(baselines.get(name, ())) != window.day.quarter_hours]
    if missing:
        raise BaselineMissing(
            f"{', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''} "  # noqa: PLR2004
            f"lack a baseline of {window.day.quarter_hours} values for {window.day.on}.",
            pods=missing[:100],
            day=window.day.on.isoformat(),
        )


def check_limits(point: PowerPoint, pod: PointOfDelivery, baseline_kw: Sequence[float]) -> None:
    """Check that an offered total lies within the PoD's limits around its baseline.

    Raises:
        OfferOutsideLimits: It does not. Where a PoD has no limits registered, none are checked.
    """
    limits = pod.max_flexibility
    if limits is None:
        return
    least_kw = baseline_kw[point.index] - limits.down_p
    most_kw = baseline_kw[point.index] + limits.upper_p
    if not least_kw - _TOLERANCE_KW <= point.p <= most_kw + _TOLERANCE_KW:
        raise OfferOutsideLimits(
            f"{pod.pod_id} at index {point.index}: {point.p} kW is not between {least_kw} "
            f"and {most_kw} kW.",
            pod=pod.pod_id,
            index=point.index,
            leastKw=least_kw,
            mostKw=most_kw,
        )


def _check_target(entry: Flexibility, *, is_offer: bool) -> None:
    if is_offer:
        if entry.pom is not None or entry.pod is None or len(entry.pod) != 1:
            raise OfferNeedsOnePod(f"An offer's entry names {_name(entry)}, not one PoD.")
        return
    if (entry.pod is None) == (entry.pom is None):
        raise PodsOrPom(f"A request's entry names {_name(entry)}.")
    if entry.pod is not None and len(set(entry.pod)) != len(entry.pod):
        twice = next(pod for pod, times in Counter(entry.pod).items() if times > 1)
        raise DuplicatePod(f"{twice} is named twice in one group.", pod=twice)


def _indices_by_pod(service: FlexibilityService) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = {}
    for pod, index in offered_spots(service):
        found.setdefault(pod, Counter())[index] += 1
    return found


def _refuse_repeated_index(indices: Counter[int], name: str) -> None:
    for index, times in indices.items():
        if times > 1:
            raise DuplicateIndex(f"{name} has index {index} {times} times.", index=index)


def _name(entry: Flexibility) -> str:
    pods = entry.pod or []
    named = ", ".join(pods[:3]) + (" and others" if len(pods) > 3 else "")  # noqa: PLR2004
    if entry.pom is None:
        return named or "neither PoDs nor a PoM"
    return f"PoM {entry.pom}" + (f" and {named}" if named else "")
