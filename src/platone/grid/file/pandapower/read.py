"""From the file to the network."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from platone.grid.file.pandapower.consumer import read_consumers, read_profiles
from platone.grid.file.pandapower.document import SOLVED_TABLE, read_document
from platone.grid.file.pandapower.line import frequency_hz, read_lines
from platone.grid.file.pandapower.node import read_buses, read_generators, read_sources
from platone.grid.file.pandapower.row import Grid
from platone.grid.file.pandapower.solved_voltage import solved_voltages
from platone.grid.file.pandapower.switch import open_ends, read_switches
from platone.grid.file.pandapower.three_winding import read_three_winding_transformers
from platone.grid.file.pandapower.transformer import read_transformers
from platone.grid.file.pandapower.xward import read_extended_wards
from platone.grid.network.branch import ThreeWindingTransformer
from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_KNOWN_FORMAT = (3, 3)
_FOREIGN = re.compile(r"[^\x21-\x7e]+")
_CONNECTIONS = ("bus", "from_bus", "to_bus", "bus_dc", "from_bus_dc", "hv_bus")
_READ = frozenset(
    {
        *("bus", "bus_geodata", "line", "trafo", "trafo3w", "switch", "impedance", "shunt"),
        *(
            "load",
            "sgen",
            "storage",
            "motor",
            "ward",
            "xward",
            "asymmetric_load",
            "asymmetric_sgen",
        ),
        *("gen", "ext_grid", "daily_profile", SOLVED_TABLE),
    }
)
_SILENT = frozenset(
    {
        *("line_geodata", "measurement", "pwl_cost", "poly_cost", "group", "controller"),
        *("characteristic", "trafo_characteristic_table", "shunt_characteristic_table"),
        *("trafo_characteristic_spline", "q_capability_characteristic", "q_capability_curve_table"),
    }
)


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
    document = read_document(content)
    grid = Grid(document)
    network = _network(grid, name, hashlib.sha256(content).hexdigest()[:12])
    grid.faults += _foreign(grid)
    if grid.faults:
        raise NetworkInvalid(grid.faults)
    solved = tuple(solved_voltages(document))
    return check(replace(network, solved=solved, remarks=(*network.remarks, *grid.remarks)))


def _network(grid: Grid, nameless: str, digest: str) -> Network:
    facts = grid.document.facts
    _of_document(grid)
    buses = read_buses(grid)
    lines, transformers = read_lines(grid), read_transformers(grid)
    three = read_three_winding_transformers(grid)
    loads, points, shunts = read_consumers(grid)
    ward_buses, ward_lines, ward_generators = read_extended_wards(grid)
    ends = open_ends(grid)
    name = facts.get("name")
    return Network(
        id=_identifier(grid, facts.get("model_id") or name or nameless, "pandapower"),
        name=name if isinstance(name, str) else "",
        version=_identifier(grid, facts.get("model_version"), digest),
        description=str(facts.get("description") or ""),
        buses=buses + ward_buses,
        sources=read_sources(grid),
        lines=(*_opened(lines, ends), *ward_lines),
        transformers=tuple(_opened(transformers, ends)),
        loads=loads,
        connection_points=points,
        profiles=read_profiles(grid),
        three_winding_transformers=tuple(_opened_windings(unit, ends) for unit in three),
        switches=read_switches(grid),
        shunts=shunts,
        generators=read_generators(grid) + ward_generators,
        frequency_hz=frequency_hz(grid),
    )


def _opened(branches: Iterable[Any], ends: set[tuple[str, str]]) -> Iterable[Any]:
    for branch in branches:
        if ends:
            yield replace(
                branch,
                from_closed=branch.from_closed and (branch.id, branch.from_bus) not in ends,
                to_closed=branch.to_closed and (branch.id, branch.to_bus) not in ends,
            )
        else:
            yield branch


def _opened_windings(
    unit: ThreeWindingTransformer, ends: set[tuple[str, str]]
) -> ThreeWindingTransformer:
    hv, mv, lv = (
        replace(each, closed=each.closed and (each.id, each.bus) not in ends)
        for each in unit.windings
    )
    return replace(unit, windings=(hv, mv, lv))


def _identifier(grid: Grid, value: Any, default: str) -> str:
    """A text as an identifier: printable ASCII without spaces."""
    if not isinstance(value, str):
        return default
    found = _FOREIGN.sub("-", value).strip("-")[:200] or default
    if found != value:
        grid.remark("file", f"its name or version {value[:60]!r} is no identifier: {found!r} is")
    return found


def _of_document(grid: Grid) -> None:
    document = grid.document
    if document.version[:2] > _KNOWN_FORMAT:
        shown = ".".join(str(each) for each in document.version[:3])
        grid.remark("file", f"its format {shown} is newer than 3.3: what was added is not known")
    if document.table("controller").rows:
        grid.remark("controller", "controllers do not run: taps and powers are as they stand")


def _foreign(grid: Grid) -> Iterable[Fault]:
    """Elements of kinds that cannot be expressed: faults where they are in service."""
    for name, table in grid.document.tables.items():
        if name in _READ | _SILENT or not table.rows:
            continue
        if not set(table.columns) & set(_CONNECTIONS):
            grid.remark(name, "this table is not read")
            continue
        for _, row in grid.rows(name):
            if row.in_service:
                reason = f"elements of the kind {name!r} cannot be calculated"
                yield Fault(row.id, FaultKind.UNSUPPORTED, reason)
            else:
                grid.remark(row.id, "out of service, and of a kind that is not read: left out")
