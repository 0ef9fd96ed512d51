"""Offers of a group of points of delivery, parted among its members when they are accepted.

The total of a group is a change from the sum of its members' baselines as of then. Each member has
a part of the change in proportion to how far its registration lets it go in that direction; where
one has no limits, all have equal parts. So every point of delivery has a total of its own, and what
is taken of each is known. Where the market trades linked orders, the parts are one block.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from platone.kernel.errors import PlatoneError, raise_all
from platone.market.domain.power_kind import is_reactive, with_reactive_limits
from platone.market.domain.problem.order import OrderTermsInvalid
from platone.messages.market import Flexibility, FlexibilityService, PowerPoint, ServiceType
from platone.messages.order import OrderTerms
from platone.messages.registry import PointOfDelivery

Curves = Mapping[str, Sequence[float]]
"""Power by PoD, one value a quarter-hour."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The facts that a group's offer is parted by.

    Attributes:
        members: The offering party's PoDs behind each PoM.
        pods: All of the offer's PoDs.
        schedules: What totals are changes from, kW.
        reactive: The same of reactive power, kvar.
        is_linked: Whether the market trades linked orders.
    """

    members: Mapping[str, Sequence[str]]
    pods: Mapping[str, PointOfDelivery]
    schedules: Curves
    reactive: Curves
    is_linked: bool


def names_group(service: FlexibilityService) -> bool:
    """Return whether an offer names a group of points of delivery, or a point of measurement."""
    return service.service_type is ServiceType.OFFER and any(
        entry.pom is not None or len(entry.pod or ()) > 1 for entry in service.flexibility
    )


def check_group_terms(service: FlexibilityService) -> None:
    """Check the terms of entries of groups.

    Raises:
        OrderTermsInvalid: A group has a bound of energy, which cannot be parted.
    """
    if names_group(service):
        raise_all(_term_problems(service))


def _term_problems(service: FlexibilityService) -> Iterator[PlatoneError]:
    for number, entry in enumerate(service.flexibility):
        is_group = entry.pom is not None or len(entry.pod or ()) > 1
        if is_group and entry.order is not None and entry.order.most_energy_kwh is not None:
            yield OrderTermsInvalid(
                f"Entry {number}: a bound of energy is for one point of delivery.", entry=number
            )


def part_groups(service: FlexibilityService, basis: Basis) -> list[Flexibility]:
    """Return the entries of an offer, each of one point of delivery.

    Args:
        service: The offer.
        basis: What it is parted by; all of its PoDs have baselines.
    """
    found = []
    for number, entry in enumerate(service.flexibility):
        pods = list(basis.members[entry.pom]) if entry.pom is not None else list(entry.pod or ())
        if entry.pom is None and len(pods) == 1:
            found.append(entry)
        else:
            found += _parts(entry, f"group-{number}", sorted(pods), basis)
    return found


def _parts(
    entry: Flexibility, name: str, pods: Sequence[str], basis: Basis
) -> Iterator[Flexibility]:
    reactive = is_reactive(entry)
    curves = basis.reactive if reactive else basis.schedules
    registered = [basis.pods[pod] for pod in pods]
    if reactive:
        registered = [with_reactive_limits(pod) for pod in registered]
    totals = [
        _totals(point.q or 0.0 if reactive else point.p, point.index, registered, curves)
        for point in entry.power
    ]
    for place, pod in enumerate(pods):
        power = [
            _point(point, its[place], reactive=reactive)
            for point, its in zip(entry.power, totals, strict=True)
            if its[place] != curves[pod][point.index] or not any(_changes(its, point, pods, curves))
        ]
        if power:
            order = _terms(entry.order, name, basis)
            yield msgspec.structs.replace(entry, pod=[pod], pom=None, order=order, power=power)


def _changes(
    totals: Sequence[float], point: PowerPoint, pods: Sequence[str], curves: Curves
) -> Iterator[bool]:
    """Yield whether each member changes anything: who cannot move takes no part."""
    return (total != curves[pod][point.index] for total, pod in zip(totals, pods, strict=True))


def _point(point: PowerPoint, total: float, *, reactive: bool) -> PowerPoint:
    return msgspec.structs.replace(point, **({"q": total} if reactive else {"p": total}))


def _terms(terms: OrderTerms | None, name: str, basis: Basis) -> OrderTerms | None:
    """Return the terms of a part: those of the entry, in a block of all parts."""
    if not basis.is_linked:
        return terms
    terms = terms or OrderTerms()
    return terms if terms.block is not None else msgspec.structs.replace(terms, block=name)


def _totals(
    total: float, index: int, pods: Sequence[PointOfDelivery], curves: Curves
) -> list[float]:
    """Return the total of each point of delivery in a quarter-hour."""
    before = [curves[pod.pod_id][index] for pod in pods]
    change = total - math.fsum(before)
    rooms = [_room(pod, raises=change > 0) for pod in pods]
    limited = [room for room in rooms if room is not None]
    whole = math.fsum(limited)
    if len(limited) < len(pods) or whole <= 0:
        limited, whole = [1.0] * len(pods), float(len(pods))
    return [start + change * room / whole for start, room in zip(before, limited, strict=True)]


def _room(pod: PointOfDelivery, *, raises: bool) -> float | None:
    """Return how far a registration lets a point of delivery go; None where it does not say."""
    limits = pod.max_flexibility
    if limits is None:
        return None
    return limits.upper_p if raises else limits.down_p
