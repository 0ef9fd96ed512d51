"""Positions of buses for pictures: by geography (profile GL), else by a diagram (profile DL)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.document import Document
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.level import level_of
from platone.grid.network.element import Bus

Point = tuple[float, float]


def placed(grid: Grid, documents: Iterable[Document], buses: tuple[Bus, ...]) -> tuple[Bus, ...]:
    """Return the buses with positions: longitude and latitude in degrees, or a diagram's units.

    Geography is used if it places every bus; a point that cannot be read is passed over.
    """
    records = [record for document in documents for record in document.records]
    for found in (_geography(grid, records), _diagram(grid, records)):
        if found and all(bus.id in found for bus in buses):
            return tuple(replace(bus, position=found[bus.id]) for bus in buses)
    return buses


def _points(records: Iterable[CimObject], kind: str, owner: str) -> dict[str, Point]:
    """Return the first point of each owner, by the owner's key."""
    first: dict[str, tuple[float, Point]] = {}
    for each in records:
        if each.kind != kind:
            continue
        x, y = each.maybe(f"{kind}.xPosition"), each.maybe(f"{kind}.yPosition")
        number = each.maybe(f"{kind}.sequenceNumber") or 0.0
        of = each.text(f"{kind}.{owner}")
        if x is not None and y is not None and not each.faults:
            first[of] = min(first.get(of, (number, (x, y))), (number, (x, y)))
    return {of: point for of, (_, point) in first.items()}


def _geography(grid: Grid, records: list[CimObject]) -> dict[str, Point]:
    """Return positions by the substations that the buses are in."""
    points = _points(records, "PositionPoint", "Location")
    places = {
        each.text("Location.PowerSystemResources"): points[each.key]
        for each in records
        if each.kind == "Location" and each.key in points
    }
    found = {}
    for key, bus in grid.nodes.ids():
        node = grid.model.find(key)
        level = None if node is None else level_of(grid.model, node)
        if level is not None:
            of = (level.key, level.text("VoltageLevel.Substation"))
            place = next((places[each] for each in of if each in places), None)
            if place is not None:
                found[bus] = place
    return found


def _diagram(grid: Grid, records: list[CimObject]) -> dict[str, Point]:
    """Return positions of the nodes' own objects, else the mean of those of their terminals."""
    points = _points(records, "DiagramObjectPoint", "DiagramObject")
    down = {
        each.key: -1.0 if each.member("Diagram.orientation") == "negative" else 1.0
        for each in records
        if each.kind == "Diagram"
    }
    places: dict[str, Point] = {}
    for each in records:
        if each.kind == "DiagramObject" and each.key in points:
            x, y = points[each.key]
            sign = down.get(each.text("DiagramObject.Diagram"), 1.0)
            places.setdefault(each.text("DiagramObject.IdentifiedObject"), (x, y * sign))
    return _of_buses(grid, places)


def _of_buses(grid: Grid, places: Mapping[str, Point]) -> dict[str, Point]:
    near: dict[str, list[Point]] = defaultdict(list)
    for equipment, terminals in grid.model.terminals.items():
        for terminal in terminals:
            point = places.get(terminal.key)
            record = grid.model.find(equipment)
            if record is not None and record.kind == "BusbarSection":
                point = places.get(equipment, point)
            if point is not None:
                near[grid.nodes.key(terminal)].append(point)
    found = {}
    for key, bus in grid.nodes.ids():
        own = [places[key]] if key in places else near.get(key, [])
        if own:
            xs, ys = zip(*own, strict=True)
            found[bus] = (sum(xs) / len(own), sum(ys) / len(own))
    return found
