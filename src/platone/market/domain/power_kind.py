"""Active and reactive power: two products, asked and offered by entries of their own.

All rules of the market are those of active power. What is of reactive power is put in the same form
(kvar for kW, its baselines, its product), judged by the same rules, and told in its own fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from platone.kernel.errors import PlatoneError, raise_all
from platone.kernel.power_factor import reactive_power
from platone.market.domain.problem.order import ReactiveMissing, ReactiveNotTraded
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.clearing import DEFAULT_RULES, ClearingRules
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
)
from platone.messages.registry import MaxFlexibility, PointOfDelivery

Service = TypeVar("Service", bound=FlexibilityService)
Curves = dict[str, list[float]]
"""Power by PoD, one value a quarter-hour."""


def is_reactive(entry: Flexibility) -> bool:
    """Return whether an entry is of reactive power."""
    return entry.power_kind is PowerKind.REACTIVE


def has_reactive(service: FlexibilityService) -> bool:
    """Return whether a request or offer is of reactive power, too."""
    return any(is_reactive(entry) for entry in service.flexibility)


def check_kinds(service: FlexibilityService, rules: ClearingRules) -> None:
    """Check that reactive power is asked or offered where it is traded, and wholly told.

    Raises:
        ReactiveNotTraded: The market trades none.
        ReactiveMissing: A point of an entry of it has no `q` or no `qPrice`.
    """
    raise_all(_kind_problems(service, rules))


def _kind_problems(service: FlexibilityService, rules: ClearingRules) -> Iterator[PlatoneError]:
    for number, entry in enumerate(service.flexibility):
        if not is_reactive(entry):
            continue
        if rules.reactive is None:
            yield ReactiveNotTraded(f"Entry {number} is of reactive power.", entry=number)
        for point in entry.power:
            if point.q is None or point.q_price is None:
                yield ReactiveMissing(
                    f"Entry {number} has no q or no qPrice at index {point.index}.",
                    entry=number,
                    index=point.index,
                )


def active_part(service: Service) -> Service:
    """Return a request or offer without what is of reactive power."""
    return _part(service, reactive=False) if has_reactive(service) else service


def reactive_part(service: Service) -> Service:
    """Return the reactive power of a request or offer, in the form of active power."""
    return _part(service, reactive=True)


def _part(service: Service, *, reactive: bool) -> Service:
    places = [
        place for place, entry in enumerate(service.flexibility) if is_reactive(entry) is reactive
    ]
    entries = [service.flexibility[place] for place in places]
    changes: dict[str, object] = {
        "flexibility": [as_active(entry) for entry in entries] if reactive else entries
    }
    if isinstance(service, RecordedService) and service.asked:
        changes["asked"] = tuple(service.asked[place] for place in places)
    return msgspec.structs.replace(service, **changes)


def as_active(entry: Flexibility) -> Flexibility:
    """Return an entry of reactive power in the form of active power."""
    power = [
        PowerPoint(index=point.index, p=point.q or 0.0, p_price=point.q_price or 0.0)
        for point in entry.power
    ]
    return msgspec.structs.replace(entry, power=power, power_kind=None)


@contextmanager
def told_as_reactive() -> Iterator[None]:
    """Say of the problems of a block that they are of reactive power: kvar where they tell kW."""
    try:
        yield
    except PlatoneError as error:
        for each in (error, *error.others):
            each.fields["powerKind"] = PowerKind.REACTIVE.value
        raise


def with_reactive_limits(pod: PointOfDelivery) -> PointOfDelivery:
    """Return a point of delivery whose limits of reactive power stand as those of active power."""
    limits = pod.max_flexibility
    if limits is None:
        return pod
    as_active = MaxFlexibility(upper_p=limits.upper_q, down_p=limits.down_q)
    return msgspec.structs.replace(pod, max_flexibility=as_active)


def reactive_curves(
    schedules: Mapping[str, Sequence[float]],
    pods: Mapping[str, PointOfDelivery],
    traded: Mapping[str, Mapping[int, float]],
) -> Curves:
    """Return the reactive power that totals are changes from, kvar by PoD.

    It follows the active power at the point's registered power factor, as in the DSO's power flow;
    where reactive power was traded the day ahead, it is the total that was sold.

    Args:
        schedules: Active power, kW by quarter-hour of the market day, by PoD.
        pods: The points of delivery that are registered; others have no reactive power.
        traded: Totals that were sold the day ahead, kvar by PoD and quarter-hour.
    """
    found: Curves = {}
    for pod, curve_kw in schedules.items():
        cos_phi = pods[pod].cos_phi if pod in pods else 1.0
        found[pod] = [reactive_power(kw, cos_phi) for kw in curve_kw]
        for index, kvar in traded.get(pod, {}).items():
            found[pod][index] = kvar
    return found


def active_session(recorded: RecordedSession) -> RecordedSession:
    """Return a recorded session without what is of reactive power; the same where nothing is."""
    if not _trades_reactive(recorded):
        return recorded
    parts = [active_part(each) for each in recorded.flexibility_services]
    return msgspec.structs.replace(
        recorded, flexibility_services=[each for each in parts if each.flexibility]
    )


def reactive_session(recorded: RecordedSession) -> RecordedSession | None:
    """Return the reactive power of a recorded session in the form of active power; or None.

    Limits of the grid are kept by the clearing of active power, or of both kinds together
    (:mod:`.joint_kinds`).

    Raises:
        RecordingInvalid: Its rules trade none, or a PoD has no baseline of it.
    """
    if not _trades_reactive(recorded):
        return None
    rules = recorded.rules or DEFAULT_RULES
    if rules.reactive is None:
        raise RecordingInvalid("By its rules the session trades no reactive power.")
    parts = [reactive_part(each) for each in recorded.flexibility_services]
    return msgspec.structs.replace(
        recorded,
        pods=[
            msgspec.structs.replace(
                pod, power_baseline=pod.reactive_baseline or [], reactive_baseline=None
            )
            for pod in recorded.pods
        ],
        flexibility_services=[each for each in parts if each.flexibility],
        rules=msgspec.structs.replace(rules, product=rules.reactive, reactive=None),
        grid_limits=(),
        left_out=(),
    )


def _trades_reactive(recorded: RecordedSession) -> bool:
    return any(has_reactive(each) for each in recorded.flexibility_services)
