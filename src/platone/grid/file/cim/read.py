"""From the files to the network."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from platone.grid.file.cim.archive import files_of, unpacked
from platone.grid.file.cim.consumer import read_connection_points
from platone.grid.file.cim.document import Document, read_document
from platone.grid.file.cim.feeding import allot
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.injection import read_injections
from platone.grid.file.cim.island import nodes_and_islands
from platone.grid.file.cim.kind import READ, WITHOUT_EFFECT
from platone.grid.file.cim.limit import LimitTable
from platone.grid.file.cim.line import frequency_hz, read_lines
from platone.grid.file.cim.model import Model
from platone.grid.file.cim.node import Nodes, NodeTable
from platone.grid.file.cim.position import placed
from platone.grid.file.cim.shunt import read_shunts
from platone.grid.file.cim.solved import solved_state
from platone.grid.file.cim.solved_voltage import solved_voltages
from platone.grid.file.cim.switch import read_switches
from platone.grid.file.cim.transformer import read_transformers
from platone.grid.file.cim.xml_writer import NO_TIME
from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid


def read_cim(files: Mapping[str, bytes], nodes: Nodes = "topological") -> Network:
    """Read and check a network in CIM: CGMES 2.4.15 or 3.0, or CPSM.

    Args:
        files: XML files and zips of them, by name.
        nodes: What the buses are. ``topological``: the topological nodes where the files have
            them (profile TP), else the connectivity nodes. ``connectivity``: these in any case,
            so that each switch can be switched.

    Raises:
        NetworkInvalid: They are no CIM, or elements cannot be read or calculated; each is named
            with the reason.
    """
    documents = [read_document(name, content) for name, content in unpacked(files).items()]
    model = Model(documents)
    if not any(True for _ in model.kinds()):
        raise NetworkInvalid([Fault("files", FaultKind.MALFORMED, "they hold no CIM objects")])
    network = _network(model, documents, nodes, _digest(files))
    _require_none(model.all_faults())
    return check(network)


def read_cim_path(path: Path, nodes: Nodes = "topological") -> Network:
    """Read a folder, a zip or one file; as :func:`read_cim`.

    Raises:
        NetworkInvalid: As there.
        OSError: It cannot be opened.
    """
    return read_cim(files_of(path), nodes)


def _network(model: Model, documents: list[Document], nodes: Nodes, digest: str) -> Network:
    grid = Grid(model, NodeTable(model, nodes), solved_state(model))
    off = [model.find(key) for key, is_on in grid.solved.in_service.items() if not is_on]
    model.remark_once([each.id for each in off if each], "is out of service in the solved state")
    limits = LimitTable(grid)
    lines, switches = read_lines(grid, limits), read_switches(grid)
    two, three = read_transformers(grid, limits)
    shunts = read_shunts(grid)
    consumers, holders = read_injections(grid)
    points, consumers = read_connection_points(grid, consumers)
    buses = placed(grid, documents, limits.watched(grid.nodes.buses))
    model.faults += _foreign(model)
    _require_none(model.all_faults())
    switches += lines.switches
    node, island = nodes_and_islands(buses, switches, [*lines.lines, *two], three)
    feeding = allot(grid, consumers, holders, node, island)
    return Network(
        **_identity(model.documents, digest),
        buses=buses,
        sources=feeding.sources,
        lines=tuple(lines.lines),
        transformers=tuple(two),
        loads=feeding.loads,
        connection_points=points,
        three_winding_transformers=tuple(three),
        switches=tuple(switches),
        shunts=tuple(shunts),
        generators=feeding.generators,
        frequency_hz=frequency_hz(grid),
        remarks=tuple(model.remarks),
        solved=tuple(solved_voltages(grid)),
    )


def _require_none(faults: list[Fault]) -> None:
    if faults:
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
    """Equipment in service of classes that cannot be expressed, and of no file at all."""
    for key, terminals in model.terminals.items():
        if not any(each.is_defined for each in terminals):
            continue
        thing = model.find(key)
        if thing is None:
            reason = "its equipment is in none of the files"
            yield Fault(terminals[0].id, FaultKind.MALFORMED, reason)
        elif thing.kind not in READ | WITHOUT_EFFECT:
            live = thing.flag("Equipment.inService", default=True)
            if live and any(
                each.flag("ACDCTerminal.connected", default=True) for each in terminals
            ):
                reason = f"equipment of the class {thing.kind} cannot be calculated"
                yield Fault(thing.id, FaultKind.UNSUPPORTED, reason)
            else:
                model.remark(thing.id, f"out of service, of the class {thing.kind}: left out")
