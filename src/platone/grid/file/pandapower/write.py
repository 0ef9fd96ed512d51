"""Writing a pandapower file: each kind of element goes into its tables."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from platone.grid.file.pandapower import write_branch, write_element, write_three_winding
from platone.grid.file.pandapower.frame import encoded
from platone.grid.file.pandapower.tables import Tables
from platone.grid.network.branch import Line, Switch, ThreeWindingTransformer, Transformer
from platone.grid.network.element import (
    Bus,
    ConnectionPoint,
    Generator,
    Load,
    Shunt,
    Source,
)
from platone.grid.network.model import FIELD_OF_KIND, Element, Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_FORMAT = "3.0.0"
"""The oldest version of format 3: newer programs bring it up to date as they read it."""
WRITERS: Mapping[type[Element], Callable[[Tables, Any], None]] = {
    Bus: write_element.write_bus,
    Source: write_element.write_source,
    Generator: write_element.write_generator,
    Load: write_element.write_load,
    ConnectionPoint: write_element.write_connection_point,
    Shunt: write_element.write_shunt,
    Line: write_branch.write_line,
    Transformer: write_branch.write_transformer,
    ThreeWindingTransformer: write_three_winding.write_three_winding_transformer,
    Switch: write_branch.write_switch,
}
"""The writer of each kind of element, in the order in which they are written: buses first.

A new kind takes a writer with the columns of its table, and a line here.
"""


def write_pandapower(network: Network) -> bytes:
    """Write a network as pandapower's ``to_json`` does, format 3.

    pandapower's ``from_json_string`` or ``from_json`` reads it, and its ``runpp`` with its
    defaults gives the state that our power flow gives. Elements whose identifier is no table and
    index keep it in the column ``platone_id``; points of delivery become loads without power
    with a ``pod_id``. `read_pandapower` understands both.

    Raises:
        NetworkInvalid: Transformers draw a capacitive no-load current.
    """
    capacitive = [unit.id for unit in network.transformers if unit.no_load_percent < 0]
    capacitive += [each.id for each in network.windings if each.susceptance_us > 0]
    if capacitive:
        reason = "its no-load current is capacitive, which pandapower's table cannot say"
        raise NetworkInvalid([Fault(each, FaultKind.UNSUPPORTED, reason) for each in capacitive])
    tables = Tables(
        network, write_element.COLUMNS | write_branch.COLUMNS | write_three_winding.COLUMNS
    )
    for kind, write in WRITERS.items():
        for each in getattr(network, FIELD_OF_KIND[kind]):
            write(tables, each)
    facts: dict[str, Any] = {
        "version": _FORMAT,
        "format_version": _FORMAT,
        "name": network.name,
        "f_hz": network.frequency_hz,
        "sn_mva": 1.0,
        "model_id": network.id,
        "model_version": network.version,
        "description": network.description,
    }
    if network.profiles:
        facts["daily_profile"] = _profiles(network)
    inside = facts | tables.encoded()
    whole = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": inside}
    return msgspec.json.encode(whole)


def _profiles(network: Network) -> dict[str, Any]:
    rows = zip(*(profile.factors for profile in network.profiles), strict=True)
    data = [list(row) for row in rows]
    columns = {profile.id: "float64" for profile in network.profiles}
    return encoded(columns, list(range(len(data))), data)
