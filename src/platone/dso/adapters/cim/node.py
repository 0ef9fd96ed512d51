"""Buses: topological nodes, or connectivity nodes where no topology is given."""

from collections import Counter
from dataclasses import replace
from typing import Literal

from platone.dso.adapters.cim.island import groups
from platone.dso.adapters.cim.kind import LINES, SWITCHES
from platone.dso.adapters.cim.model import Model
from platone.dso.adapters.cim.thing import Thing
from platone.dso.domain.network.element import Bus
from platone.dso.domain.network.fault import Fault, FaultKind

Nodes = Literal["topological", "connectivity"]
_TOPOLOGICAL, _CONNECTIVITY = "Terminal.TopologicalNode", "Terminal.ConnectivityNode"
_WITHOUT_RATIO = (*LINES, *SWITCHES)
_ALIKE_LEVELS = 1.25
"""Voltage levels that differ by more are different ones."""
_BASE_VOLTAGE = ("TopologicalNode.BaseVoltage", "ConductingEquipment.BaseVoltage")


class NodeTable:
    """Which bus each terminal is at.

    Attributes:
        buses: The buses.
        nominal_kv: Their nominal voltages, by key.
    """

    def __init__(self, model: Model, nodes: Nodes) -> None:
        self._model = model
        self._nodes = nodes
        self._topological = _topological_of_connectivity(model)
        self.nominal_kv: dict[str, float] = {}
        self._ids: dict[str, str] = {}
        used = self._used()
        self.buses = tuple(self._buses(used))
        self._join_levels()

    def _buses(self, used: dict[str, Thing]) -> list[Bus]:
        """Nodes of the files' own order; those that no file holds last."""
        model = self._model
        wanted = dict.fromkeys(used)
        if self._nodes == "topological":
            own = [each.key for each in model.of("TopologicalNode") if each.is_defined]
            boundary = {
                thing.key
                for document in model.documents
                if document.profile in {"EQBD", "TPBD"}
                for thing in document.things
            }
            wanted = dict.fromkeys(key for key in own if key in used or key not in boundary)
            wanted |= dict.fromkeys(used)
        buses = []
        for key in wanted:
            found = model.find(key)
            bus = _bus(model, key, found, used.get(key))
            if bus is not None:
                buses.append(bus)
                self._ids[key] = bus.id
                self.nominal_kv[key] = bus.nominal_kv
        return buses

    def _join_levels(self) -> None:
        """What lines and switches join has one nominal voltage: the commonest of slightly unlike.

        Boundary nodes of 380 kV at lines of 400 kV are usual; voltages per unit would differ.
        """
        joined = self._joined()
        if all(self.nominal_kv[one] == self.nominal_kv[other] for one, other in joined):
            return
        place = {key: number for number, key in enumerate(self._ids)}
        kv = list(self.nominal_kv.values())
        changed: dict[str, float] = {}
        for level in groups(len(place), [(place[one], place[other]) for one, other in joined]):
            counts = Counter(kv[each] for each in level)
            if len(counts) > 1 and max(counts) <= _ALIKE_LEVELS * min(counts):
                common = max(counts, key=lambda each: (counts[each], each))
                changed |= {self.buses[each].id: common for each in level if kv[each] != common}
        self.buses = tuple(
            _at_kv(bus, changed[bus.id]) if bus.id in changed else bus for bus in self.buses
        )
        self.nominal_kv = dict(zip(self._ids, (bus.nominal_kv for bus in self.buses), strict=True))
        for bus, common in changed.items():
            reason = (
                f"lines or switches join it to buses of {common:g} kV: that is taken as nominal"
            )
            self._model.remark(bus, reason)

    def _joined(self) -> list[tuple[str, str]]:
        pairs = []
        for each in self._model.of(*_WITHOUT_RATIO):
            keys = [self.key(terminal) for terminal in self._model.terminals.get(each.key, ())]
            known = [key for key in keys if key in self._ids]
            pairs += [(known[0], other) for other in known[1:]]
        return pairs

    def _used(self) -> dict[str, Thing]:
        """The nodes at which terminals are, each with one of these."""
        used: dict[str, Thing] = {}
        for terminal in self._model.of("Terminal"):
            key = self.key(terminal)
            if key and terminal.is_defined:
                used.setdefault(key, terminal)
        return used

    def key(self, terminal: Thing) -> str:
        """The key of a terminal's node; empty where it has none."""
        own, topological = terminal.text(_CONNECTIVITY), terminal.text(_TOPOLOGICAL)
        if self._nodes == "connectivity" and own:
            return own
        return topological or self._topological.get(own, own)

    def topological(self, key: str) -> str:
        """The topological node that a bus is or belongs to, to which solved states refer."""
        return self._topological.get(key, key)

    def bus(self, terminal: Thing | None) -> str:
        """Identifier of a terminal's bus; empty where it has none that can be used."""
        return "" if terminal is None else self._ids.get(self.key(terminal), "")

    def bus_of_node(self, key: str) -> str:
        """Identifier of the bus that a node is; empty where it is none."""
        return self._ids.get(key, "")

    def kv(self, terminal: Thing | None) -> float | None:
        """Nominal voltage of a terminal's bus; none where it has none."""
        return None if terminal is None else self.nominal_kv.get(self.key(terminal))


def _at_kv(bus: Bus, kv: float) -> Bus:
    scale = bus.nominal_kv / kv
    low = None if bus.min_pu is None else bus.min_pu * scale
    high = None if bus.max_pu is None else bus.max_pu * scale
    return replace(bus, nominal_kv=kv, min_pu=low, max_pu=high)


def _topological_of_connectivity(model: Model) -> dict[str, str]:
    found = {}
    for node in model.of("ConnectivityNode"):
        if topological := node.text("ConnectivityNode.TopologicalNode"):
            found[node.key] = topological
    for terminal in model.of("Terminal"):
        own, topological = terminal.text(_CONNECTIVITY), terminal.text(_TOPOLOGICAL)
        if own and topological:
            found.setdefault(own, topological)
    return found


def _bus(model: Model, key: str, node: Thing | None, terminal: Thing | None) -> Bus | None:
    """A bus; a node that no file holds (of a boundary) takes the voltage of its equipment."""
    kv, low, high = None, None, None
    if node is not None and node.is_defined:
        level = _level(
            model,
            node.text(
                "TopologicalNode.ConnectivityNodeContainer",
                "ConnectivityNode.ConnectivityNodeContainer",
            ),
        )
        kv = _base_kv(model, node)
        if kv is None and level is not None:
            kv = _base_kv(model, level, "VoltageLevel.BaseVoltage")
        if level is not None:
            low = level.maybe("VoltageLevel.lowVoltageLimit")
            high = level.maybe("VoltageLevel.highVoltageLimit")
    identifier = key if node is None else node.id
    if kv is None and terminal is not None:
        kv = _equipment_kv(model, terminal)
        if kv is not None:
            where = "no file holds it" if node is None else "it has no nominal voltage"
            model.remark(identifier, f"{where}: that of its equipment, {kv:g} kV, is taken")
    if kv is None or kv <= 0:
        reason = (
            "its nominal voltage is in none of the files: is the boundary (EQBD, TPBD) missing?"
        )
        model.faults.append(Fault(identifier, FaultKind.MALFORMED, reason))
        return None
    name = "" if node is None else node.name
    return Bus(identifier, name, kv, low / kv if low else None, high / kv if high else None)


def _level(model: Model, container: str) -> Thing | None:
    found = model.find(container)
    if found is not None and found.kind == "Bay":
        found = model.find(found.text("Bay.VoltageLevel"))
    return found if found is not None and found.kind == "VoltageLevel" else None


def _base_kv(model: Model, thing: Thing, *names: str) -> float | None:
    base = model.find(thing.text(*(names or _BASE_VOLTAGE)), "BaseVoltage")
    return None if base is None else base.maybe("BaseVoltage.nominalVoltage")


def _equipment_kv(model: Model, terminal: Thing) -> float | None:
    equipment = model.find(terminal.text("Terminal.ConductingEquipment"))
    if equipment is None:
        return None
    kv = _base_kv(model, equipment)
    if kv is None:
        level = _level(model, equipment.text("Equipment.EquipmentContainer"))
        kv = None if level is None else _base_kv(model, level, "VoltageLevel.BaseVoltage")
    return kv
