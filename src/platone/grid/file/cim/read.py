"""Reading CIM files: the equipment of each class becomes elements of the network."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from platone.grid.file.cim.archive import unpacked
from platone.grid.file.cim.clock import Clocks, count_clocks
from platone.grid.file.cim.consumer import connection_points
from platone.grid.file.cim.document import Document, read_document
from platone.grid.file.cim.feeding import allot
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.injection import read_consumers, read_holders
from platone.grid.file.cim.island import nodes_and_islands
from platone.grid.file.cim.kind import (
    CONSUMERS,
    GROUND_DISCONNECTORS,
    HOLDERS,
    LINES,
    SHUNTS,
    SWITCHES,
    TRANSFORMERS,
    WITHOUT_EFFECT,
)
from platone.grid.file.cim.limit import LimitTable
from platone.grid.file.cim.line import frequency_hz, read_lines
from platone.grid.file.cim.model import Model
from platone.grid.file.cim.node import Nodes, NodeTable
from platone.grid.file.cim.position import placed
from platone.grid.file.cim.profile import faults_of_profiles, faults_of_sources
from platone.grid.file.cim.shunt import read_shunts
from platone.grid.file.cim.solved import solved_state
from platone.grid.file.cim.solved_voltage import solved_voltages
from platone.grid.file.cim.switch import read_ground_disconnectors, read_switches
from platone.grid.file.cim.transformer import read_transformers
from platone.grid.file.cim.xml_writer import NO_TIME
from platone.grid.file.importer.elements import Elements
from platone.grid.network.check import check
from platone.grid.network.model import Element, Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

READERS: Mapping[tuple[str, ...], Callable[[Grid], Iterable[Element]]] = {
    SWITCHES: read_switches,
    GROUND_DISCONNECTORS: read_ground_disconnectors,
    LINES: read_lines,
    TRANSFORMERS: read_transformers,
    SHUNTS: read_shunts,
}
"""The reader of the equipment of some classes, in the order in which they are read.

To read other classes, name them in `kind` and add their reader here. Classes that withdraw or
feed in are read as injections, of which `allot` makes sources, generators and loads: they are
named among `CONSUMERS` or `HOLDERS` there.
"""
_READ = frozenset().union(*READERS, CONSUMERS, HOLDERS)


def read_cim(
    files: Mapping[str, bytes], nodes: Nodes = "topological", clocks: Clocks = "solved"
) -> Network:
    """Read and check a network in CIM: CGMES 2.4.15 or 3.0, or CPSM.

    Args:
        files: XML files and zips of them, by name.
        nodes: What the buses are. ``topological``: the topological nodes where the files have
            them (profile TP), else the connectivity nodes. ``connectivity``: these in any case,
            so that each switch can be switched.
        clocks: Whether the clocks of transformers turn angles. ``solved``: as in the solved state
            (profile SV), and where there is none they do not.

    Raises:
        NetworkInvalid: They are no CIM, or elements cannot be read or calculated; each is named
            with the reason.
    """
    documents = [read_document(name, content) for name, content in unpacked(files).items()]
    model = Model(documents)
    if missing := list(faults_of_profiles(model, documents)):
        raise NetworkInvalid(missing)
    return check(_network(model, documents, _digest(files), nodes, clocks))


def _network(
    model: Model, documents: list[Document], digest: str, nodes: Nodes, clocks: Clocks
) -> Network:
    table = NodeTable(model, nodes)
    grid = Grid(model, table, solved_state(model), LimitTable(model, table))
    _remark_switched_off(grid)
    elements = Elements()
    for read in READERS.values():
        elements.add(read(grid))
    points, consumers = connection_points(grid, read_consumers(grid))
    holders = list(read_holders(grid))
    elements.add(points)
    elements.add(placed(grid, documents, grid.limits.watched(grid.nodes.buses)))
    model.faults += _foreign(model)
    _require_none(model)
    solved = tuple(solved_voltages(grid))
    count_clocks(model, elements, solved, clocks)
    elements.add(allot(grid, consumers, holders, *nodes_and_islands(elements)))
    model.faults += faults_of_sources(model, elements)
    _require_none(model)
    return elements.network(
        **_identity(model.documents, digest),
        frequency_hz=frequency_hz(grid),
        remarks=model.remarks,
        solved=solved,
    )


def _remark_switched_off(grid: Grid) -> None:
    """Tell what the solved state alone takes out of service, sources and converters first."""
    for key, is_on in grid.solved.in_service.items():
        record = grid.model.find(key)
        if is_on or record is None:
            continue
        reason = "is out of service in the solved state (SvStatus)"
        if grid.in_service(record):
            grid.model.remark_alike(record.id, f"{reason}, not in SSH, which counts")
        elif record.kind in (*HOLDERS, *CONSUMERS):
            name = f" {record.name!r}" if record.name else ""
            grid.model.remark_first(record.id, f"this {record.kind}{name} {reason}: left out")
        else:
            grid.model.remark_alike(record.id, f"{reason}: {record.kind}")


def _require_none(model: Model) -> None:
    if faults := model.all_faults():
        raise NetworkInvalid(faults)


def _identity(documents: list[Document], digest: str) -> dict[str, Any]:
    """Return identifier, name, version and description by the equipment model and the state."""
    equipment = [each for each in documents if each.profile == "EQ" and each.model_id]
    states = [each for each in documents if each.profile in {"SSH", "SV"} and each.header]
    ids = sorted(each.model_id for each in equipment)
    versions = [each.header.get("Model.version", "") for each in equipment]
    times = [each.header.get("Model.scenarioTime", "") for each in states]
    times = [each for each in times if each != NO_TIME]
    if not ids:
        identifier = "cim"
    elif len(ids) == 1:
        identifier = ids[0]
    else:
        identifier = str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(ids)))
    version = "+".join(each for each in versions if each) or digest
    if times and times[0]:
        version = f"{version}@{times[0]}"
    names = [each.header.get("Model.modelingAuthoritySet", "") for each in equipment]
    description = next((found for each in equipment if (found := _description(each))), "")
    return {
        "id": identifier,
        "name": next((name for name in names if name), ""),
        "version": version[:200],
        "description": description,
    }


def _description(document: Document) -> str:
    return document.header.get("Model.description", "")[:10_000]


def _digest(files: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(hashlib.sha256(files[name]).digest())
    return total.hexdigest()[:12]


def _foreign(model: Model) -> Iterator[Fault]:
    """Yield equipment in service of classes that cannot be expressed, and of no file at all."""
    for key, terminals in model.terminals.items():
        if not any(each.is_defined for each in terminals):
            continue
        record = model.find(key)
        if record is None:
            reason = "its equipment is in none of the files"
            yield Fault(terminals[0].id, FaultKind.MALFORMED, reason)
        elif record.kind not in _READ | WITHOUT_EFFECT:
            live = record.flag("Equipment.inService", default=True)
            if live and any(
                each.flag("ACDCTerminal.connected", default=True) for each in terminals
            ):
                reason = f"equipment of the class {record.kind} cannot be calculated"
                yield Fault(record.id, FaultKind.UNSUPPORTED, reason)
            else:
                model.remark(record.id, f"out of service, of the class {record.kind}: left out")
