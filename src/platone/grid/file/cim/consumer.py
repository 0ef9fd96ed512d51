"""Points of delivery (PoD): consumers that carry a further name of the type PoD."""

from collections.abc import Iterable

import msgspec

from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.injection import Injection
from platone.grid.network.element import ConnectionPoint
from platone.messages.base import PodId

POD = "PoD"
_TYPES = frozenset({"pod", "pointofdelivery", "point of delivery"})


def connection_points(
    grid: Grid, consumers: Iterable[Injection]
) -> tuple[list[ConnectionPoint], list[Injection]]:
    """Return the points of delivery, and the consumers that are none."""
    names = _pods(grid)
    if not names:
        return [], list(consumers)
    points, others = [], []
    for each in consumers:
        pod = names.get(each.record.key)
        if pod is None:
            others.append(each)
            continue
        if each.kva:
            reason = "is a point of delivery: its metered power counts, not that of the file"
            grid.model.remark_alike(each.record.id, reason)
        try:
            msgspec.convert(pod, PodId)
        except msgspec.ValidationError:
            each.record.fault(f"{pod[:60]!r} is no identifier of a point of delivery")
            grid.model.faults += each.record.faults
        phases = "ABC" if each.by_phase is None else each.by_phase.phases
        points.append(ConnectionPoint(pod_id=pod, bus=each.end.bus, phases=phases))
    return points, others


def _pods(grid: Grid) -> dict[str, str]:
    types = {
        each.key
        for each in grid.model.of("NameType")
        if each.text("NameType.name", "IdentifiedObject.name").lower() in _TYPES
    }
    return {
        each.text("Name.IdentifiedObject"): each.text("Name.name", "IdentifiedObject.name")
        for each in grid.model.of("Name")
        if each.text("Name.NameType") in types
    }
