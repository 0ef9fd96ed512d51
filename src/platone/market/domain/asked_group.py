"""The group and the need of a request as they are when it is accepted."""

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from platone.market.domain.power_kind import is_reactive
from platone.messages.market import AskedGroup, FlexibilityService


def asked_groups(
    request: FlexibilityService,
    members: Mapping[str, Collection[str]],
    schedules: Mapping[str, Sequence[float]],
    reactive: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> tuple[AskedGroup, ...]:
    """Return the notes of a request, one for each entry.

    Args:
        request: The request.
        members: The PoDs behind each PoM as of now.
        schedules: What totals are changes from as of now, kW by PoD.
        reactive: The same of reactive power, kvar.
    """
    asked = []
    for entry in request.flexibility:
        group = sorted(members[entry.pom]) if entry.pom is not None else list(entry.pod or ())
        of_kind = reactive if is_reactive(entry) else schedules
        needs_kw = tuple(
            (point.q or 0.0 if is_reactive(entry) else point.p)
            - math.fsum(of_kind[pod][point.index] for pod in group)
            for point in entry.power
        )
        pods = tuple(group) if entry.pom is not None else ()
        asked.append(AskedGroup(pods=pods, needs_kw=needs_kw))
    return tuple(asked)
