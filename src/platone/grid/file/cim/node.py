"""Buses: topological nodes, or connectivity nodes where no topology is given."""

from collections.abc import Container, Iterable
from typing import Literal

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.level import level_of, nominal_kv
from platone.grid.file.cim.model import Model
from platone.grid.network.element import Bus

Nodes = Literal["topological", "connectivity"]
_TOPOLOGICAL, _CONNECTIVITY = "Terminal.TopologicalNode", "Terminal.ConnectivityNode"


class NodeTable:
    """The buses, and the bus of each terminal.

    Attributes:
        buses: The buses: nodes in the order of the files, those that no file holds last.
        nominal_kv: Their nominal voltages, by key.
    """

    def __init__(self, model: Model, nodes: Nodes) -> None:
        self._model = model
        self._nodes = nodes
        self._topological = _topological_of_connectivity(model)
        used: dict[str, CimObject] = {}
        node_of = {}
        for terminal in model.of("Terminal"):
            key = self.key(terminal)
            if key and terminal.is_defined:
                used.setdefault(key, terminal)
                node_of[terminal.key] = key
        wanted = {key: used.get(key) for key in (*self._own(used), *used)}
        self.nominal_kv = nominal_kv(model, wanted, node_of)
        self.buses = tuple(_bus(model, key, kv) for key, kv in self._known(wanted))
        found = (key for key, _ in self._known(wanted))
        self._ids = dict(zip(found, (bus.id for bus in self.buses), strict=True))

    def _known(self, wanted: dict[str, CimObject | None]) -> list[tuple[str, float]]:
        return [(key, self.nominal_kv[key]) for key in wanted if key in self.nominal_kv]

    def _own(self, used: dict[str, CimObject]) -> list[str]:
        """Return the files' nodes in order, those of boundaries only where something is at them."""
        boundary = {
            record.key
            for document in self._model.documents
            if document.profile in {"EQBD", "TPBD"}
            for record in document.records
        }
        topological = [
            each.key
            for each in self._model.of("TopologicalNode")
            if each.key in used
            or (self._nodes == "topological" and each.is_defined and each.key not in boundary)
        ]
        return topological + [
            each.key for each in self._model.of("ConnectivityNode") if each.key in used
        ]

    def key(self, terminal: CimObject) -> str:
        """Return the key of a terminal's node; empty where it has none."""
        own, topological = terminal.text(_CONNECTIVITY), terminal.text(_TOPOLOGICAL)
        if self._nodes == "connectivity" and own:
            return own
        return topological or self._topological.get(own, own)

    def topological(self, key: str) -> str:
        """Return the key of a bus's topological node, to which solved states refer."""
        return self._topological.get(key, key)

    def bus(self, terminal: CimObject | None) -> str:
        """Return the identifier of a terminal's bus; empty where it has none that can be used."""
        return "" if terminal is None else self.bus_of_node(self.key(terminal))

    def bus_of_node(self, key: str) -> str:
        """Return the identifier of the bus that a node is; empty where it is none."""
        return self._ids.get(key, "")

    def ids(self) -> Iterable[tuple[str, str]]:
        """Return key and identifier of each bus."""
        return self._ids.items()

    def buses_at(self, topological: Container[str]) -> list[str]:
        """Return the identifiers of the buses that are or belong to some topological nodes."""
        return [bus for key, bus in self._ids.items() if self.topological(key) in topological]

    def kv(self, terminal: CimObject | None) -> float | None:
        """Return the nominal voltage of a terminal's bus, kV; none where it has none."""
        return None if terminal is None else self.nominal_kv.get(self.key(terminal))


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


def _bus(model: Model, key: str, kv: float) -> Bus:
    """Return a bus with the limits of its voltage level."""
    node = model.find(key)
    if node is None or not node.is_defined:
        model.remark(key, "no file holds this node: it may be one of the boundary (EQBD, TPBD)")
        return Bus(id=key, nominal_kv=kv, min_pu=None, max_pu=None)
    level, low, high = level_of(model, node), None, None
    if level is not None:
        low = level.maybe("VoltageLevel.lowVoltageLimit")
        high = level.maybe("VoltageLevel.highVoltageLimit")
        model.faults += level.faults
        level.faults = ()
    return Bus(
        id=node.id,
        name=node.name,
        nominal_kv=kv,
        min_pu=low / kv if low else None,
        max_pu=high / kv if high else None,
    )
