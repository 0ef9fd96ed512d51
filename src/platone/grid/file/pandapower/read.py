"""Reading a pandapower file: each table's rows become elements of the network."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from platone.grid.file.importer.elements import Elements
from platone.grid.file.importer.oddity import remark_clocks
from platone.grid.file.pandapower.consumer import (
    read_asymmetric_generator,
    read_asymmetric_load,
    read_constant_generator,
    read_load,
    read_motor,
    read_profiles,
    read_shunt,
    read_storage,
    read_ward,
)
from platone.grid.file.pandapower.document import SOLVED_TABLE, read_document
from platone.grid.file.pandapower.line import frequency_hz, read_impedance, read_line
from platone.grid.file.pandapower.node import read_bus, read_external_grid, read_generator
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.file.pandapower.solved_voltage import solved_voltages
from platone.grid.file.pandapower.switch import read_switch
from platone.grid.file.pandapower.three_winding import read_three_winding_transformer
from platone.grid.file.pandapower.transformer import read_transformer
from platone.grid.file.pandapower.xward import read_extended_ward
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer
from platone.grid.network.check import check
from platone.grid.network.model import Element, Network
from platone.grid.problem.network import Fault, FaultKind

TwoEnded = TypeVar("TwoEnded", Line, Transformer)
READERS: Mapping[str, Callable[[Grid, Row], Iterator[Element]]] = {
    "bus": read_bus,
    "line": read_line,
    "impedance": read_impedance,
    "trafo": read_transformer,
    "trafo3w": read_three_winding_transformer,
    "switch": read_switch,
    "load": read_load,
    "sgen": read_constant_generator,
    "storage": read_storage,
    "motor": read_motor,
    "ward": read_ward,
    "asymmetric_load": read_asymmetric_load,
    "asymmetric_sgen": read_asymmetric_generator,
    "shunt": read_shunt,
    "ext_grid": read_external_grid,
    "gen": read_generator,
    "xward": read_extended_ward,
}
"""The reader of each table's rows, in the order in which they are read.

A reader yields the elements that a row becomes; where the row has faults, they are not used. To
read another table, add its reader here: a new module and this line are all that it takes.
"""
_BESIDE = frozenset({"bus_geodata", "daily_profile", SOLVED_TABLE})
"""Tables that are read beside others."""
_SILENT = frozenset(
    {
        *("line_geodata", "measurement", "pwl_cost", "poly_cost", "group", "controller"),
        *("characteristic", "trafo_characteristic_table", "shunt_characteristic_table"),
        *("trafo_characteristic_spline", "q_capability_characteristic", "q_capability_curve_table"),
    }
)
"""Tables that no power flow needs."""
_KNOWN_FORMAT = (3, 3)
_FOREIGN = re.compile(r"[^\x21-\x7e]+")
_CONNECTIONS = ("bus", "from_bus", "to_bus", "bus_dc", "from_bus_dc", "hv_bus")
"""Columns by which a table of a kind that is not known is one of elements of the grid."""


def read_pandapower(content: bytes, name: str = "pandapower") -> Network:
    """Read and check a network that pandapower's ``to_json`` wrote, format 2 or 3.

    Identifiers are table and index: ``bus/12``, ``trafo3w/0`` with its windings
    ``trafo3w/0/hv``, ``/mv`` and ``/lv``. The state is that of pandapower's ``runpp`` with its
    defaults. What the network model cannot express is a fault where it is in service.

    Args:
        content: The file.
        name: The identifier of a network without a name, such as that of its file.

    Raises:
        NetworkInvalid: The file is none of pandapower, or elements of it cannot be read or
            calculated; each is named with the reason.
    """
    grid = Grid(read_document(content))
    _remark_document(grid)
    elements = Elements()
    for table, read in READERS.items():
        for row in grid.rows(table):
            found = list(read(grid, row))
            if not (row.faults or row.assumed) or grid.take(row, live=row.in_service):
                elements.add(found)
    elements.add(read_profiles(grid))
    remark_clocks(grid, elements)
    grid.faults += _foreign(grid)
    grid.require_no_faults()
    facts = _facts(grid, name, hashlib.sha256(content).hexdigest()[:12])
    solved = tuple(solved_voltages(grid))
    network = elements.network(**facts, remarks=grid.remarks, solved=solved)
    return check(_opened(network, grid.open_ends) if grid.open_ends else network)


def _facts(grid: Grid, nameless: str, digest: str) -> dict[str, Any]:
    facts = grid.document.facts
    name = facts.get("name")
    return {
        "id": _identifier(grid, facts.get("model_id") or name or nameless, "pandapower"),
        "name": name if isinstance(name, str) else "",
        "version": _identifier(grid, facts.get("model_version"), digest),
        "description": str(facts.get("description") or ""),
        "frequency_hz": frequency_hz(grid),
    }


def _opened(network: Network, ends: set[tuple[str, str]]) -> Network:
    """Return the network with branches open at the ends at which `write_pandapower` said so."""
    stars = tuple(_opened_star(unit, ends) for unit in network.three_winding_transformers)
    return replace(
        network,
        lines=tuple(_opened_branch(each, ends) for each in network.lines),
        transformers=tuple(_opened_branch(each, ends) for each in network.transformers),
        three_winding_transformers=stars,
    )


def _opened_branch(branch: TwoEnded, ends: set[tuple[str, str]]) -> TwoEnded:
    return replace(
        branch,
        from_closed=branch.from_closed and (branch.id, branch.from_bus) not in ends,
        to_closed=branch.to_closed and (branch.id, branch.to_bus) not in ends,
    )


def _opened_star(
    unit: ThreeWindingTransformer, ends: set[tuple[str, str]]
) -> ThreeWindingTransformer:
    hv, mv, lv = (
        replace(each, closed=each.closed and (each.id, each.bus) not in ends)
        for each in unit.windings
    )
    return replace(unit, windings=(hv, mv, lv))


def _identifier(grid: Grid, value: Any, default: str) -> str:
    """Return a text as an identifier: printable ASCII without spaces."""
    if not isinstance(value, str):
        return default
    found = _FOREIGN.sub("-", value).strip("-")[:200] or default
    if found != value:
        grid.remark("file", f"its name or version {value[:60]!r} is no identifier: {found!r} is")
    return found


def _remark_document(grid: Grid) -> None:
    document = grid.document
    if document.version[:2] > _KNOWN_FORMAT:
        shown = ".".join(str(each) for each in document.version[:3])
        grid.remark("file", f"its format {shown} is newer than 3.3: what was added is not known")
    if document.table("controller").rows:
        grid.remark("controller", "controllers do not run: taps and powers are as they stand")


def _foreign(grid: Grid) -> Iterable[Fault]:
    """Yield elements in service of kinds that cannot be expressed, as faults."""
    for name, table in grid.document.tables.items():
        if name in READERS or name in _BESIDE | _SILENT or not table.rows:
            continue
        if not set(table.columns) & set(_CONNECTIONS):
            grid.remark(name, "this table is not read")
            continue
        for row in grid.rows(name):
            if row.in_service:
                reason = f"elements of the kind {name!r} cannot be calculated"
                yield Fault(row.id, FaultKind.UNSUPPORTED, reason)
            else:
                grid.remark(row.id, "out of service, and of a kind that is not read: left out")
