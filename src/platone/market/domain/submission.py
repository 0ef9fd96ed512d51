"""The checks that a request or offer passes before anything of it is stored."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

import numpy as np

from platone.kernel.errors import PlatoneError, Reasons, raise_all
from platone.kernel.session_window import SessionWindow
from platone.market.domain.claim import claimed_indices, claims_of, offered_spots
from platone.market.domain.order_columns import Flags, OrderColumns
from platone.market.domain.order_terms import SPAN, check_linked_kinds, check_offered_once
from platone.market.domain.problem.order import (
    BaselineMissing,
    DuplicateIndex,
    DuplicatePod,
    IndexOutsideSession,
    NotDivisible,
    OfferNeedsOnePod,
    OfferOutsideLimits,
    PodAlreadyOffered,
    PodsOrPom,
    ServiceNotAllowed,
    UnknownPod,
    WrongDuration,
)
from platone.market.domain.problem.price import NegativePrice
from platone.market.domain.problem.session import MarketTypeMissing
from platone.messages.base import MarketType
from platone.messages.market import Flexibility, FlexibilityService, PowerPoint, ServiceType
from platone.messages.registry import PointOfDelivery

_TOLERANCE_KW = 1e-6
"""Totals are sums of rounded numbers; a milliwatt beyond a limit is not a violation."""


def market_of(service: FlexibilityService) -> MarketType:
    """Return the market that a message is for.

    Raises:
        MarketTypeMissing: It names no market.
    """
    if service.market_type is None:
        raise MarketTypeMissing("marketType is missing.")
    return service.market_type


def check_parted(service: FlexibilityService) -> None:
    """Check that each entry of a recorded offer is of one point of delivery.

    Raises:
        OfferNeedsOnePod: It is not: the parts of a group stand in a recording.
    """
    if service.service_type is ServiceType.OFFER:
        raise_all(
            OfferNeedsOnePod(f"An offer's entry names {_name(entry)}, not one PoD.")
            for entry in service.flexibility
            if entry.pom is not None or entry.pod is None or len(entry.pod) != 1
        )


def check_entries(order: OrderColumns) -> None:
    """Check what a message asks or offers, as far as it can be told from the message alone.

    Raises:
        PodsOrPom, DuplicatePod, DuplicateIndex, NegativePrice: Where it is not
            as documented.
    """
    reasons = Reasons()
    with reasons:
        raise_all(_entry_problems(order))
    if order.service.service_type is ServiceType.OFFER:
        with reasons:
            check_once(order)
    if not order.is_simple:
        with reasons:
            check_linked_kinds(order.service)
    reasons.raise_all()


def check_once(order: OrderColumns) -> None:
    """Check that an offer is for each PoD, quarter-hour and kind of power once, but for options.

    Raises:
        DuplicateIndex: It is not.
    """
    reasons = Reasons()
    for part in (order.active, order.reactive):
        if part.service.flexibility:
            with reasons:
                check_offered_once(part)
    reasons.raise_all()


def _entry_problems(order: OrderColumns) -> Iterator[PlatoneError]:
    is_offer = order.service.service_type is ServiceType.OFFER
    priced = order.odd((order.price < 0) | order.has_q_price)
    if is_offer and order.is_simple and not priced:
        return
    for number, entry in enumerate(order.service.flexibility):
        yield from _target_problems(entry)
        if not is_offer:
            yield from _repeated_index(Counter(at.index for at in entry.power), _name(entry))
        for point in priced.get(number, ()):
            yield from _negative_prices(entry, point)


def _negative_prices(entry: Flexibility, point: PowerPoint) -> Iterator[PlatoneError]:
    for price in (point.p_price, point.q_price):
        if price is not None and price < 0:
            yield NegativePrice(
                f"{_name(entry)} at index {point.index} has a price below zero.",
                index=point.index,
                price=price,
                leastPrice=0,
            )


def check_window(order: OrderColumns, window: SessionWindow) -> None:
    """Check that a message fits the session's delivery.

    Raises:
        WrongDuration: It has another length.
        IndexOutsideSession: A quarter-hour is not delivered in the session.
    """
    duration = order.service.duration
    if duration is not None and duration != window.hours:
        raise WrongDuration(
            f"The session delivers {window.hours} hours ({len(window.indices)} quarter-hours), "
            f"not {duration}.",
            hours=duration,
            expectedHours=window.hours,
        )
    check_indices(order, window)


def check_indices(order: OrderColumns, window: SessionWindow) -> None:
    """Check that a message is about quarter-hours that the session delivers.

    Raises:
        IndexOutsideSession: One is not.
    """
    indices, entries = window.indices, order.service.flexibility
    outside = (order.index < indices[0]) | (order.index > indices[-1])
    raise_all(
        IndexOutsideSession(
            f"{_name(entries[number])}: index {point.index} is not in "
            f"{indices[0]} to {indices[-1]}.",
            index=point.index,
            firstIndex=indices[0],
            lastIndex=indices[-1],
        )
        for number, points in order.odd(outside).items()
        for point in points
    )


def named_poms(service: FlexibilityService) -> list[str]:
    """Return the PoMs that a message names, each once, in its order."""
    return list(dict.fromkeys(entry.pom for entry in service.flexibility if entry.pom))


def check_unclaimed(spots: Iterable[tuple[str, int]], claimed: Collection[tuple[str, int]]) -> None:
    """Check that nothing is offered twice in a session.

    Args:
        spots: The PoDs and quarter-hours that are offered now.
        claimed: Those that were offered before.

    Raises:
        PodAlreadyOffered: One was.
    """
    raise_all(
        PodAlreadyOffered(
            f"{pod} has an offer at index {spot % SPAN} in this session.",
            pod=pod,
            index=spot % SPAN,
        )
        for pod, spot in spots
        if (pod, spot) in claimed
    )


def check_free(order: OrderColumns, taken: Mapping[str, int]) -> None:
    """Check that nothing of an offer is offered elsewhere in its session.

    Args:
        order: The offer.
        taken: The quarter-hours of PoDs that others offer, a bit for each.

    Raises:
        PodAlreadyOffered: One is.
    """
    if not any(taken.values()):  # mostly
        return
    own = claims_of(order)
    elsewhere = {pod: taken.get(pod, 0) for pod in own}
    if not any(quarters & elsewhere[pod] for pod, quarters in own.items()):
        return
    claimed = {(pod, at) for pod, quarters in elsewhere.items() for at in claimed_indices(quarters)}
    check_unclaimed(dict.fromkeys(offered_spots(order.service)), claimed)


def check_known(names: Iterable[str], pods: Container[str]) -> None:
    """Check that PoDs are registered.

    Raises:
        UnknownPod: One is not.
    """
    raise_all(
        UnknownPod(f"The market knows no PoD {name}.", pod=name)
        for name in names
        if name not in pods
    )


def check_offered(
    order: OrderColumns,
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
    reasons = Reasons()
    with reasons:
        check_aggregator(order, {name: pod.aggregator_id for name, pod in pods.items()})
    with reasons:
        raise_all(_offer_problems(order, pods, baselines))
    reasons.raise_all()


def _offer_problems(
    order: OrderColumns,
    pods: Mapping[str, PointOfDelivery],
    baselines: Mapping[str, Sequence[float]],
) -> Iterator[PlatoneError]:
    beyond = order.odd(_odd_totals(order, pods, baselines))
    are_divisible = all(
        pod.flexibility_type != "discrete" for name in order.names if (pod := pods.get(name))
    )
    if are_divisible and not beyond:
        return
    for number, entry in enumerate(order.service.flexibility):
        for name in entry.pod or ():
            pod = pods.get(name)
            if pod is None:
                continue
            share = None if entry.order is None else entry.order.least_share
            if pod.flexibility_type == "discrete" and share != 1:
                yield NotDivisible(f"{name} is registered as discrete.", pod=name, leastShare=share)
            for point in beyond.get(number, ()):
                yield from _beyond_limits(point, pod, baselines.get(name, ()))


def _odd_totals(
    order: OrderColumns,
    pods: Mapping[str, PointOfDelivery],
    baselines: Mapping[str, Sequence[float]],
) -> Flags:
    """Return which totals the plain rule, :func:`_beyond_limits`, has something against.

    Where an entry is not for one PoD, which an offer's has to be, the plain rule looks at all.
    """
    if not order.is_plain:
        return order.all_odd
    limits = [None if name not in pods else pods[name].max_flexibility for name in order.names]
    down_kw = np.array([np.inf if each is None else each.down_p for each in limits])
    upper_kw = np.array([np.inf if each is None else each.upper_p for each in limits])
    baseline_kw = order.table(baselines)[order.pod, order.index]
    least_kw = baseline_kw - down_kw[order.pod]
    most_kw = baseline_kw + upper_kw[order.pod]
    # not a number where there is no baseline: that is neither below nor above
    beyond: Flags = order.p_kw < least_kw - _TOLERANCE_KW
    beyond |= order.p_kw > most_kw + _TOLERANCE_KW
    return beyond


def check_aggregator(order: OrderColumns, aggregators: Mapping[str, str]) -> None:
    """Check that an offer is for PoDs of the aggregator that sends it.

    Args:
        order: The offer.
        aggregators: Each PoD's aggregator.

    Raises:
        ServiceNotAllowed: A PoD belongs to another aggregator.
    """
    player = order.service.player_id
    raise_all(
        ServiceNotAllowed(f"{name} is not offered by {player}.", pod=name)
        for name in order.names
        if aggregators.get(name, player) != player
    )


def check_baselines(
    names: Iterable[str], baselines: Mapping[str, Sequence[float]], window: SessionWindow
) -> None:
    """Check that PoDs have baselines for the day.

    Raises:
        BaselineMissing: One has none, or not one value for each quarter-hour.
    """
    whole = window.day.quarter_hours
    missing = [name for name in names if len(baselines.get(name, ())) != whole]
    if missing:
        raise BaselineMissing(
            f"{', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''} "  # noqa: PLR2004
            f"lack a baseline of {whole} values for {window.day.on}.",
            pods=missing[:100],
            day=window.day.on.isoformat(),
        )


def check_limits(point: PowerPoint, pod: PointOfDelivery, baseline_kw: Sequence[float]) -> None:
    """Check that an offered total lies within the PoD's limits around its baseline.

    Raises:
        OfferOutsideLimits: It does not. Where a PoD has no limits registered, none are checked.
    """
    raise_all(_beyond_limits(point, pod, baseline_kw))


def _beyond_limits(
    point: PowerPoint, pod: PointOfDelivery, baseline_kw: Sequence[float]
) -> Iterator[PlatoneError]:
    limits = pod.max_flexibility
    if limits is None or point.index >= len(baseline_kw):
        return
    least_kw = baseline_kw[point.index] - limits.down_p
    most_kw = baseline_kw[point.index] + limits.upper_p
    if not least_kw - _TOLERANCE_KW <= point.p <= most_kw + _TOLERANCE_KW:
        yield OfferOutsideLimits(
            f"{pod.pod_id} at index {point.index}: {point.p} kW is not between {least_kw} "
            f"and {most_kw} kW.",
            pod=pod.pod_id,
            index=point.index,
            p=point.p,
            leastKw=least_kw,
            mostKw=most_kw,
        )


def _target_problems(entry: Flexibility) -> Iterator[PlatoneError]:
    if (entry.pod is None) == (entry.pom is None):
        yield PodsOrPom(f"An entry names {_name(entry)}.")
    pods = entry.pod or ()
    if len(set(pods)) == len(pods):  # mostly, which is seen at once
        return
    for pod, times in Counter(pods).items():
        if times > 1:
            yield DuplicatePod(f"{pod} is named twice in one group.", pod=pod)


def _repeated_index(indices: Counter[int], name: str) -> Iterator[PlatoneError]:
    for index, times in indices.items():
        if times > 1:
            yield DuplicateIndex(f"{name} has index {index} {times} times.", index=index)


def _name(entry: Flexibility) -> str:
    pods = entry.pod or []
    named = ", ".join(pods[:3]) + (" and others" if len(pods) > 3 else "")  # noqa: PLR2004
    if entry.pom is None:
        return named or "neither PoDs nor a PoM"
    return f"PoM {entry.pom}" + (f" and {named}" if named else "")
