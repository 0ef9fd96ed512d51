"""Writing CGMES files: each kind of element goes into the profiles."""

import math
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from platone.grid.file.cim.island import groups
from platone.grid.file.cim.write_branch import (
    write_line,
    write_three_winding_transformer,
    write_transformer,
)
from platone.grid.file.cim.write_consumer import (
    write_connection_point,
    write_load,
    write_name_type,
)
from platone.grid.file.cim.write_injection import (
    balances_of,
    write_generator,
    write_shunt,
    write_source,
)
from platone.grid.file.cim.write_node import (
    write_containers,
    write_limit_types,
    write_nodes,
    write_switch,
)
from platone.grid.file.cim.writing import Writing
from platone.grid.file.cim.xml_writer import NO_TIME, Cgmes, Ref, XmlWriter
from platone.grid.flow.state import Flow
from platone.grid.network.branch import Line, Switch, ThreeWindingTransformer, Transformer
from platone.grid.network.element import ConnectionPoint, Generator, Load, Shunt, Source
from platone.grid.network.model import FIELD_OF_KIND, Element, Network

_UUID = re.compile(r"_?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEFAULT_HZ = 50.0

WRITERS: Mapping[type[Element], Callable[[Writing, Any], None]] = {
    Switch: write_switch,
    Line: write_line,
    Transformer: write_transformer,
    ThreeWindingTransformer: write_three_winding_transformer,
    Load: write_load,
    ConnectionPoint: write_connection_point,
    Shunt: write_shunt,
    Generator: write_generator,
    Source: write_source,
}
"""The writer of each kind of element, in the order in which they are written.

Buses come before them, as nodes. A new kind takes a writer, and a line here.
"""


def write_cim(
    network: Network,
    flow: Flow | None = None,
    *,
    scenario: int = 0,
    cgmes: Cgmes = "3.0",
    created: datetime | None = None,
) -> dict[str, bytes]:
    """Write a network as CGMES: EQ, TP and SSH, and SV where a solved state is given.

    Buses become topological nodes, sources external network injections, generators synchronous
    machines, all consumers energy consumers. Read again it has the same power flow. Not written,
    because CGMES has no place for them: daily profiles, positions. Powers by phase are written as
    a class of IEC 61970-301 that CGMES's profiles leave out.

    Args:
        network: What is written.
        flow: A state of it: its powers become those of SSH, its voltages SV.
        scenario: Which one of it.
        cgmes: The version of CGMES.
        created: The time in the headers; none: that of the network's version if it has one.

    Returns:
        The files by name.

    Raises:
        NetworkInvalid: A source opposes the zero sequence alone, which CGMES cannot say.
    """
    writing = Writing(network, cgmes, flow, scenario)
    writing.balances = balances_of(flow, scenario)
    for write in (_write_frequency, write_containers, write_nodes, write_limit_types):
        write(writing)
    write_name_type(writing)
    for kind, write_element in WRITERS.items():
        for each in getattr(network, FIELD_OF_KIND[kind]):
            write_element(writing, each)
    files = [writing.eq, writing.tp, writing.ssh]
    if flow is not None:
        files.append(_solved(writing, flow))
    elif any(source.angle_deg for source in network.sources):
        files.append(_angles(writing))
    return _contents(network, files, created)


def _write_frequency(writing: Writing) -> None:
    hz = writing.network.frequency_hz
    if hz != _DEFAULT_HZ or writing.cgmes == "3.0":
        made = writing.made("frequency")
        writing.eq.add("BaseFrequency", made, IdentifiedObject_mRID=made[1:],
                       BaseFrequency_frequency=hz)  # fmt: skip


def _solved(writing: Writing, flow: Flow) -> XmlWriter:
    """Return the file of the state: voltages of the buses, and what flows into injections."""
    file, network, scenario = XmlWriter(writing.cgmes, "SV"), writing.network, writing.scenario
    for place, bus in enumerate(network.buses):
        kv = float(flow.voltage_pu[scenario, place]) * bus.nominal_kv
        degrees = math.degrees(float(flow.angle_rad[scenario, place])) if kv else 0.0
        _voltage(writing, file, bus.id, kv, degrees)
    _islands(writing, file, flow)
    for terminal, mva in writing.powers.items():
        file.add(
            "SvPowerFlow",
            writing.made(terminal, "flow"),
            SvPowerFlow_p=mva.real,
            SvPowerFlow_q=mva.imag,
            SvPowerFlow_Terminal=Ref(terminal),
        )
    return file


def _islands(writing: Writing, file: XmlWriter, flow: Flow) -> None:
    """Write the islands that have a source, whose bus is the reference of their angles."""
    network, circuit = writing.network, flow.circuit
    both = circuit.ports.closed.all(axis=1)
    pairs = zip(circuit.ports.from_node[both], circuit.ports.to_node[both], strict=True)
    island_of = {
        node: number for number, nodes in enumerate(groups(circuit.nodes, pairs)) for node in nodes
    }
    buses: dict[int, list[str]] = defaultdict(list)
    for bus, node in zip(network.buses, circuit.node_of_bus.tolist(), strict=True):
        buses[island_of[node]].append(bus.id)
    for number, members in buses.items():
        first = next((s for s in network.sources if s.closed and s.bus in set(members)), None)
        if first is not None:
            made = writing.made("island", number)
            file.add(
                "TopologicalIsland",
                made,
                IdentifiedObject_mRID=made[1:],
                IdentifiedObject_name=f"island {number}",
                TopologicalIsland_AngleRefTopologicalNode=Ref(writing.id(first.bus)),
                TopologicalIsland_TopologicalNodes=tuple(Ref(writing.id(bus)) for bus in members),
            )


def _angles(writing: Writing) -> XmlWriter:
    """Return a file of the sources' voltages alone: no other profile can say their angles."""
    file = XmlWriter(writing.cgmes, "SV")
    for source in writing.network.sources:
        kv = source.voltage_pu * writing.kv(source.bus)
        _voltage(writing, file, source.bus, kv, source.angle_deg)
    return file


def _voltage(writing: Writing, file: XmlWriter, bus: str, kv: float, degrees: float) -> None:
    file.add(
        "SvVoltage",
        writing.made(bus, "voltage"),
        SvVoltage_v=kv,
        SvVoltage_angle=degrees,
        SvVoltage_TopologicalNode=Ref(writing.id(bus)),
    )


def _contents(
    network: Network, files: list[XmlWriter], created: datetime | None
) -> dict[str, bytes]:
    version, _, scenario_time = network.version.partition("@")
    moment = scenario_time or _time(created)
    header = [
        ("created", moment if created is None else _time(created)),
        ("scenarioTime", moment),
        ("version", version),
        ("description", network.description),
        ("modelingAuthoritySet", network.name or network.id),
    ]
    models: dict[str, str] = {file.profile: _model(network, file.profile) for file in files}
    needs: dict[str, tuple[str, ...]] = {
        "EQ": (),
        "TP": ("EQ",),
        "SSH": ("EQ",),
        "SV": ("TP", "SSH"),
    }
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", network.name or network.id).strip("-") or "network"
    return {
        f"{stem[:80]}_{file.profile}.xml": file.content(
            models[file.profile], header, [models[need] for need in needs[file.profile]]
        )
        for file in files
    }


def _time(moment: datetime | None) -> str:
    return NO_TIME if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _model(network: Network, profile: str) -> str:
    """Return the identifier of a file's model: the network's own for EQ where that is a UUID."""
    if profile == "EQ" and _UUID.fullmatch(network.id):
        return network.id.removeprefix("_")
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{network.id}@{network.version}/{profile}"))
