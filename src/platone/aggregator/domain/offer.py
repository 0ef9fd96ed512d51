"""Offers: a customer's preferences on top of the PoD's baseline, within the PoD's limits."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from platone.aggregator.domain.problem import BaselineMissing, NothingToOffer, OfferOutsideLimits
from platone.kernel.power_factor import reactive_power
from platone.kernel.session_window import SessionWindow
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    ServiceType,
    SessionReference,
)
from platone.messages.registry import FlexibilityPreference, PointOfDelivery, PortfolioPod

_ROUNDING_KW = 1e-9
"""Excess over a limit that is rounding of the sum baseline plus change, kW."""
_Limit = tuple[str, float]


def wire_instant(instant: datetime) -> str:
    """Return an instant as the deliverables write it: UTC, milliseconds, Z (D3.6 figure 46)."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def offer_id(party: str, pod_id: str, session: SessionReference) -> str:
    """Return the offer's identifier in the form of D3.6 figure 46.

    For example ``ACEAE/IT002E61899978/dayAhead/2021-06-22T22:00:00.000Z``.
    """
    return f"{party}/{pod_id}/{session.market_type.value}/{wire_instant(session.start_time)}"


def baseline_missing(pod_id: str, window: SessionWindow) -> BaselineMissing:
    """Return the problem of a PoD that has no baseline for a session's market day."""
    return BaselineMissing(
        f"{pod_id} has no baseline for {window.day.on}.",
        podId=pod_id,
        marketDay=window.day.on.isoformat(),
    )


def build_offer(
    item: PortfolioPod,
    baseline_kw: Sequence[float] | None,
    session: SessionReference,
    window: SessionWindow,
) -> FlexibilityService:
    """Return the offer of one PoD for a session: in each quarter-hour, baseline plus change.

    Args:
        item: The PoD with its customer's preferences.
        baseline_kw: Its baseline, kW, one value a quarter-hour of the market day.
        session: The session's kind and start.
        window: The session's quarter-hours.

    Raises:
        NothingToOffer: No preference falls in the session.
        BaselineMissing: There is no baseline, or it is too short.
        OfferOutsideLimits: A preference passes the PoD's limits.
    """
    pod, indices = item.pod, window.indices
    wanted = [choice for choice in item.preferences if choice.index in indices]
    if not wanted:
        raise NothingToOffer(f"{pod.pod_id} has no preference in this session.", podId=pod.pod_id)
    if baseline_kw is None:
        raise baseline_missing(pod.pod_id, window)
    power = [
        _point(pod, choice, baseline_kw[choice.index])
        for choice in wanted
        if choice.change_kw or choice.change_kvar is None
    ]
    kvar = [
        _reactive_point(pod, choice, baseline_kw[choice.index], choice.change_kvar)
        for choice in wanted
        if choice.change_kvar is not None
    ]
    entries = [
        Flexibility(
            pod=[pod.pod_id], power=sorted(points, key=lambda point: point.index), power_kind=kind
        )
        for points, kind in ((power, None), (kvar, PowerKind.REACTIVE))
        if points
    ]
    return FlexibilityService(
        player_id=pod.aggregator_id,
        service_type=ServiceType.OFFER,
        player_service_id=offer_id(pod.aggregator_id, pod.pod_id, session),
        flexibility=entries,
        market_type=session.market_type,
        start_time=session.start_time,
        duration=window.hours,
    )


def next_version(made: FlexibilityService, entries: Sequence[Flexibility]) -> FlexibilityService:
    """Return the next version of an offer, with other entries; what was noted of it is left out."""
    return FlexibilityService(
        player_id=made.player_id,
        service_type=made.service_type,
        player_service_id=made.player_service_id,
        flexibility=list(entries),
        market_type=made.market_type,
        start_time=made.start_time,
        duration=made.duration,
        revision=made.revision + 1,
    )


def renewed(
    offer: FlexibilityService, before: FlexibilityService | None, *, is_other: bool = False
) -> FlexibilityService:
    """Return an offer with the revision that it has after an earlier one of the same name.

    Args:
        offer: The offer.
        before: The last version that was sent, if any was.
        is_other: Whether it counts as changed though it may say the same.
    """
    if before is None:
        return offer
    same = structs.replace(offer, revision=before.revision)
    return structs.replace(same, revision=before.revision + (same != before or is_other))


def _point(pod: PointOfDelivery, choice: FlexibilityPreference, baseline_kw: float) -> PowerPoint:
    total_kw = baseline_kw + choice.change_kw
    broken = _broken_limit(pod, choice.change_kw, total_kw)
    if broken is not None:
        name, limit_kw = broken
        raise OfferOutsideLimits(
            f"{pod.pod_id}, quarter-hour {choice.index}: a change of {choice.change_kw:g} kW to "
            f"{total_kw:g} kW passes {name} of {limit_kw:g} kW.",
            podId=pod.pod_id,
            index=choice.index,
            limit=name,
            limitKw=limit_kw,
        )
    return PowerPoint(index=choice.index, p=total_kw, p_price=choice.price_eur_per_kwh)


def _reactive_point(
    pod: PointOfDelivery, choice: FlexibilityPreference, baseline_kw: float, change_kvar: float
) -> PowerPoint:
    """Return an offer of reactive power: what goes with the baseline, and the change."""
    limits = pod.max_flexibility
    for name, change, limit in (
        ("maxFlexibility.upperQ", change_kvar, None if limits is None else limits.upper_q),
        ("maxFlexibility.downQ", -change_kvar, None if limits is None else limits.down_q),
    ):
        if limit is not None and change > limit + _ROUNDING_KW:
            raise OfferOutsideLimits(
                f"{pod.pod_id}, quarter-hour {choice.index}: a change of {change_kvar:g} kvar "
                f"passes {name} of {limit:g} kvar.",
                podId=pod.pod_id,
                index=choice.index,
                limit=name,
                limitKvar=limit,
            )
    return PowerPoint(
        index=choice.index,
        p=0.0,
        p_price=0.0,
        q=reactive_power(baseline_kw, pod.cos_phi) + change_kvar,
        q_price=choice.price_eur_per_kvarh or 0.0,
    )


def _broken_limit(pod: PointOfDelivery, change_kw: float, total_kw: float) -> _Limit | None:
    flexibility = pod.max_flexibility
    if flexibility is not None:
        if change_kw > flexibility.upper_p + _ROUNDING_KW:
            return "maxFlexibility.upperP", flexibility.upper_p
        if -change_kw > flexibility.down_p + _ROUNDING_KW:
            return "maxFlexibility.downP", flexibility.down_p
    if total_kw > pod.pn_p + _ROUNDING_KW:
        return "pnP", pod.pn_p
    if -total_kw > pod.inp + _ROUNDING_KW:
        return "inp", pod.inp
    return None
