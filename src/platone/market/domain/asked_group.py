"""The group and the need of a request as they are when it is accepted."""

import math
from collections.abc import Collection, Mapping, Sequence

from platone.messages.market import AskedGroup, FlexibilityService


def asked_groups(
    request: FlexibilityService,
    members: Mapping[str, Collection[str]],
    schedules: Mapping[str, Sequence[float]],
) -> tuple[AskedGroup, ...]:
    """Return the notes of a request, one for each entry.

    Args:
        request: The request.
        members: The PoDs behind each PoM as of now.
        schedules: What totals are changes from as of now, kW by PoD.
    """
    asked = []
    for entry in request.flexibility:
        group = sorted(members[entry.pom]) if entry.pom is not None else list(entry.pod or ())
        needs_kw = tuple(
            point.p - math.fsum(schedules[pod][point.index] for pod in group)
            for point in entry.power
        )
        pods = tuple(group) if entry.pom is not None else ()
        asked.append(AskedGroup(pods=pods, needs_kw=needs_kw))
    return tuple(asked)
