"""Nominal voltages of nodes: as the files say, else as what is connected to them says."""

from collections import Counter
from collections.abc import Iterable, Mapping

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.island import groups
from platone.grid.file.cim.kind import LINES, SWITCHES
from platone.grid.file.cim.model import Model
from platone.grid.problem.network import Fault, FaultKind

_WITHOUT_RATIO = (*LINES, *SWITCHES)
_ALIKE = 1.25
"""Voltage levels that differ by more are different ones."""
_BASE_VOLTAGE = ("TopologicalNode.BaseVoltage", "ConductingEquipment.BaseVoltage")
_CONTAINER = (
    "TopologicalNode.ConnectivityNodeContainer",
    "ConnectivityNode.ConnectivityNodeContainer",
    "Equipment.EquipmentContainer",
)


def level_of(model: Model, record: CimObject) -> CimObject | None:
    """Return the voltage level that a node or equipment is in; none where it is in none."""
    found = model.find(record.text(*_CONTAINER))
    if found is not None and found.kind == "Bay":
        found = model.find(found.text("Bay.VoltageLevel"))
    return found if found is not None and found.kind == "VoltageLevel" else None


def nominal_kv(
    model: Model, used: Mapping[str, CimObject | None], node_of: Mapping[str, str]
) -> dict[str, float]:
    """Return nominal voltages of nodes by key, kV; one that cannot be found is a fault.

    Args:
        model: The files' objects.
        used: The nodes, each with a terminal at it, if there is one.
        node_of: The node of each terminal, by key.
    """
    found: dict[str, float] = {}
    for key, terminal in used.items():
        node = model.find(key)
        kv = None if node is None or not node.is_defined else _kv(model, node)
        if kv is None and terminal is not None:
            equipment = model.find(terminal.text("Terminal.ConductingEquipment"))
            kv = None if equipment is None else _kv(model, equipment)
            if kv is not None:
                reason = f"no file says its nominal voltage: its equipment's, {kv:g} kV, is taken"
                model.remark(_name(model, key), reason)
        if kv is not None and kv > 0:
            found[key] = kv
    joined = [pair for pair in _joined(model, node_of) if pair[0] in used and pair[1] in used]
    if len(found) < len(used):
        _spread(model, found, joined)
    for key in used:
        if key not in found:
            reason = "no file says its nominal voltage: is the boundary (EQBD, TPBD) missing?"
            model.faults.append(Fault(_name(model, key), FaultKind.MALFORMED, reason))
    _join(model, found, joined)
    return found


def _kv(model: Model, record: CimObject) -> float | None:
    base = model.find(record.text(*_BASE_VOLTAGE), "BaseVoltage")
    if base is None:
        level = level_of(model, record)
        base = None if level is None else model.find(level.text("VoltageLevel.BaseVoltage"))
    return None if base is None else base.maybe("BaseVoltage.nominalVoltage")


def _name(model: Model, key: str) -> str:
    node = model.find(key)
    return key if node is None else node.id


def _joined(model: Model, node_of: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of nodes that lines and switches join."""
    pairs = []
    for each in model.of(*_WITHOUT_RATIO):
        nodes = [node_of.get(terminal.key, "") for terminal in model.terminals.get(each.key, ())]
        pairs += [(nodes[0], other) for other in nodes[1:]]
    return pairs


def _spread(model: Model, found: dict[str, float], joined: Iterable[tuple[str, str]]) -> None:
    """Give a node without nominal voltage that of the other end of its line or switch."""
    neighbours: dict[str, list[str]] = {}
    for one, other in joined:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    front = list(found)
    while front:
        key = front.pop()
        for other in neighbours.get(key, ()):
            if other not in found:
                found[other] = found[key]
                front.append(other)
                reason = f"no file says its nominal voltage: {found[key]:g} kV is taken, its line's"
                model.remark(_name(model, other), reason)


def _join(model: Model, found: dict[str, float], joined: list[tuple[str, str]]) -> None:
    """Give nodes that lines and switches join one nominal voltage: the commonest of unlike ones.

    Boundary nodes of 380 kV at lines of 400 kV are usual: nodes within voltage levels decide.
    Volts stay, only what they are told relative to changes.
    """
    known = [pair for pair in joined if pair[0] in found and pair[1] in found]
    if all(found[one] == found[other] for one, other in known):
        return
    place = {key: number for number, key in enumerate(found)}
    keys = list(found)
    for level in groups(len(place), [(place[one], place[other]) for one, other in known]):
        counts: Counter[float] = Counter()
        for each in level:
            node = model.find(keys[each])
            inner = node is not None and level_of(model, node) is not None
            counts[found[keys[each]]] += len(level) if inner else 1
        if len(counts) < 2 or max(counts) > _ALIKE * min(counts):  # noqa: PLR2004
            continue
        common = max(counts, key=lambda kv: (counts[kv], kv))
        for each in level:
            if found[keys[each]] != common:
                own = found[keys[each]]
                found[keys[each]] = common
                reason = f"its nominal voltage, {own:g} kV, is taken as {common:g} kV, its lines'"
                model.remark(_name(model, keys[each]), reason)
