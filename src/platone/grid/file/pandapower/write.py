"""From the network to the file."""

from typing import Any

import msgspec

from platone.grid.file.pandapower.frame import encoded
from platone.grid.file.pandapower.write_branch import BranchTables
from platone.grid.file.pandapower.write_element import ElementTables
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_FORMAT = "3.0.0"  # the oldest of format 3; newer programs bring it up to date as they read it


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
    if capacitive:
        reason = "its no-load current is capacitive, which pandapower's table cannot say"
        raise NetworkInvalid([Fault(each, FaultKind.UNSUPPORTED, reason) for each in capacitive])
    elements = ElementTables(network)
    branches = BranchTables(network, elements)
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
    inside = facts | elements.encoded() | branches.encoded()
    whole = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": inside}
    return msgspec.json.encode(whole)


def _profiles(network: Network) -> dict[str, Any]:
    rows = zip(*(profile.factors for profile in network.profiles), strict=True)
    data = [list(row) for row in rows]
    columns = {profile.id: "float64" for profile in network.profiles}
    return encoded(columns, list(range(len(data))), data)
