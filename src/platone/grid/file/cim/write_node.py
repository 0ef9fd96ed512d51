"""Writers of nodes, voltage levels, switches and limits."""

from platone.grid.file.cim.writing import Writing
from platone.grid.file.cim.xml_writer import Member, Ref, Value
from platone.grid.network.branch import Switch
from platone.grid.network.element import Bus

_PERMANENT = "PATL"


def write_containers(writing: Writing) -> None:
    """Write base voltages, regions, substations and voltage levels."""
    eq, network = writing.eq, writing.network
    for kv in sorted({bus.nominal_kv for bus in network.buses}):
        _named(writing, "BaseVoltage", writing.base_voltage(kv).target, f"{kv:g} kV",
               BaseVoltage_nominalVoltage=kv)  # fmt: skip
    region, part = writing.made("region"), writing.made("part of the region")
    _named(writing, "GeographicalRegion", region, "region")
    _named(writing, "SubGeographicalRegion", part, "part", SubGeographicalRegion_Region=Ref(region))
    stations = dict.fromkeys(writing.substation(bus.id) for bus in network.buses)
    for number, station in enumerate(stations, start=1):
        _named(writing, "Substation", station, f"substation {number}", Substation_Region=Ref(part))
    for level, bus in writing.levels().items():
        kv = writing.kv(bus)
        eq.add(
            "VoltageLevel",
            level,
            IdentifiedObject_mRID=level[1:],
            IdentifiedObject_name=f"{kv:g} kV",
            VoltageLevel_Substation=Ref(writing.substation(bus)),
            VoltageLevel_BaseVoltage=writing.base_voltage(kv),
        )


def _named(writing: Writing, kind: str, identifier: str, name: str, **values: Value) -> None:
    own: dict[str, Value] = {
        "IdentifiedObject_mRID": identifier.removeprefix("_"),
        "IdentifiedObject_name": name,
    }
    writing.eq.add(kind, identifier, **(own | values))


def write_nodes(writing: Writing) -> None:
    """Write the buses as topological nodes, and in CGMES 3.0 their connectivity nodes."""
    names = {bus.id: bus.name for bus in writing.network.buses}
    buses = {bus.id: bus.id for bus in writing.network.buses}
    for node, bus in (buses | writing.nodes).items():
        identifier, level = writing.id(node), Ref(writing.level(bus))
        writing.tp.add(
            "TopologicalNode",
            identifier,
            **writing.facts(node, names.get(node, node)),
            TopologicalNode_BaseVoltage=writing.base_voltage(writing.kv(bus)),
            TopologicalNode_ConnectivityNodeContainer=level,
        )
        if writing.cgmes == "3.0":
            inner = writing.connectivity(node)
            _named(writing, "ConnectivityNode", inner, names.get(node, node) or node[:32],
                   ConnectivityNode_ConnectivityNodeContainer=level)  # fmt: skip
            writing.tp.about(
                "ConnectivityNode", inner, ConnectivityNode_TopologicalNode=Ref(identifier)
            )
    for bus_element in writing.network.buses:
        if bus_element.min_pu is not None or bus_element.max_pu is not None:
            _busbar(writing, bus_element)


def _busbar(writing: Writing, bus: Bus) -> None:
    """Write a busbar section, which carries the limits of a bus's voltage."""
    busbar = f"{bus.id}/busbar"
    writing.eq.add(
        "BusbarSection",
        writing.id(busbar),
        **writing.facts(busbar, bus.name),
        Equipment_EquipmentContainer=Ref(writing.level(bus.id)),
    )
    terminal = writing.terminal(busbar, 1, bus.id, connected=True)
    for kind, pu in (("lowVoltage", bus.min_pu), ("highVoltage", bus.max_pu)):
        if pu is not None:
            _limit(writing, "VoltageLimit", terminal, kind, pu * bus.nominal_kv)


def write_limit(writing: Writing, terminal: str, amperes: float | None) -> None:
    """Write the permanent limit of the current at a terminal."""
    if amperes is not None:
        _limit(writing, "CurrentLimit", terminal, "patl", amperes)


def _limit(writing: Writing, owner: str, terminal: str, kind: str, value: float) -> None:
    group, limit = writing.made(terminal, kind, "set"), writing.made(terminal, kind)
    _named(writing, "OperationalLimitSet", group, kind,
           OperationalLimitSet_Terminal=Ref(terminal))  # fmt: skip
    in_equipment = "normalValue" if writing.cgmes == "3.0" else "value"
    _named(writing, owner, limit, _PERMANENT if kind == "patl" else kind,
           OperationalLimit_OperationalLimitSet=Ref(group),
           OperationalLimit_OperationalLimitType=Ref(writing.made("limit type", kind)),
           **{f"{owner}_{in_equipment}": value})  # fmt: skip
    if writing.cgmes == "3.0":
        writing.ssh.about(owner, limit, **{f"{owner}_value": value})


def write_limit_types(writing: Writing) -> None:
    """Write the kinds of limits that are used."""
    directions = {"patl": "absoluteValue", "lowVoltage": "low", "highVoltage": "high"}
    for kind, direction in directions.items():
        own: dict[str, Value] = {
            "OperationalLimitType_direction": Member(f"OperationalLimitDirectionKind.{direction}")
        }
        if writing.cgmes == "3.0":
            own["OperationalLimitType_isInfiniteDuration"] = True
            own["OperationalLimitType_kind"] = Member(f"LimitKind.{kind}", is_extension=True)
        else:
            member = Member(f"LimitTypeKind.{kind}", is_extension=True)
            own["OperationalLimitType_limitType"] = member
        name = _PERMANENT if kind == "patl" else kind
        _named(writing, "OperationalLimitType", writing.made("limit type", kind), name, **own)


def write_switch(writing: Writing, switch: Switch) -> None:
    """Write a switch between buses, or to the node behind it where a branch begins."""
    writing.eq.add(
        "Breaker",
        writing.id(switch.id),
        **writing.facts(switch.id, switch.name),
        Equipment_EquipmentContainer=Ref(writing.level(switch.bus)),
        Switch_normalOpen=not switch.closed,
        Switch_retained=True,
    )
    other = switch.other if switch.other in writing.network.bus_position else f"{switch.id}/node"
    writing.terminal(switch.id, 1, switch.bus, connected=True, own=False)
    writing.terminal(switch.id, 2, other, connected=True, own=False)
    writing.ssh.about("Breaker", writing.id(switch.id), Switch_open=not switch.closed)
