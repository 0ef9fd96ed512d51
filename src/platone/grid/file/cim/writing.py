"""An export under way: the files, the identifiers, nodes and terminals."""

import uuid
from dataclasses import dataclass, field

from platone.grid.file.cim.island import groups
from platone.grid.file.cim.xml_writer import Cgmes, Ref, Value, XmlWriter, mrid
from platone.grid.flow.state import Flow
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.model import Network

Powers = dict[str, complex]


@dataclass(slots=True)
class Writing:
    """An export under way.

    Attributes:
        network: What is written.
        cgmes: The version of CGMES.
        flow: A solved state of it; none: it is written as it stands.
        scenario: Which one of the state's.
        powers: Withdrawn power of each injection, MW + j Mvar, by its terminal's identifier.
        balances: Power that machines at a bus withdraw and no other one has been given yet,
            kW + j kvar.
        eq: The equipment file.
        tp: The topology file.
        ssh: The state file.
        load_place: Each load's place among the consumers.
        nodes: Nodes beside the buses: those behind switches of branches, each with its bus.
    """

    network: Network
    cgmes: Cgmes
    flow: Flow | None = None
    scenario: int = 0
    powers: Powers = field(default_factory=dict)
    balances: Powers = field(default_factory=dict)
    eq: XmlWriter = field(init=False)
    tp: XmlWriter = field(init=False)
    ssh: XmlWriter = field(init=False)
    nodes: dict[str, str] = field(default_factory=dict)
    load_place: dict[str, int] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _ends: dict[tuple[str, str], str] = field(default_factory=dict)
    _stations: dict[str, int] = field(default_factory=dict)
    _kv: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.eq = XmlWriter(self.cgmes, "EQ")
        self.tp = XmlWriter(self.cgmes, "TP")
        self.ssh = XmlWriter(self.cgmes, "SSH")
        self.load_place = {load.id: place for place, load in enumerate(self.network.loads)}
        self._kv = {bus.id: bus.nominal_kv for bus in self.network.buses}
        self._stations = _stations(self.network)
        for switch in self.network.switches:
            if switch.other not in self.network.bus_position:
                behind = f"{switch.id}/node"
                self.nodes[behind] = switch.bus
                self._ends[switch.other, switch.bus] = behind

    def id(self, identifier: str) -> str:
        """Return an element's identifier in the files."""
        found = self._ids.get(identifier)
        if found is None:
            found = self._ids[identifier] = mrid(identifier, self.network.id)
        return found

    def made(self, *parts: object) -> str:
        """Return the identifier of an object beside the elements, stable for its parts."""
        text = "/".join(str(part) for part in (self.network.id, *parts))
        return f"_{uuid.uuid5(uuid.NAMESPACE_URL, text)}"

    def facts(self, identifier: str, name: str) -> dict[str, Value]:
        """Return name and identifiers of an element."""
        return {
            "IdentifiedObject_mRID": self.id(identifier).removeprefix("_"),
            "IdentifiedObject_name": name or identifier[:32],
            "IdentifiedObject_description": None
            if self.id(identifier) == identifier
            else identifier,
        }

    def terminal(
        self, equipment: str, number: int, bus: str, *, connected: bool, own: bool = True
    ) -> str:
        """Write a terminal of an element at its bus, and return its identifier.

        Args:
            equipment: The element.
            number: Its place among its terminals, from 1.
            bus: The bus; behind a switch of the element it is that switch's node.
            connected: Whether it is switched on.
            own: Whether a switch of the element may lie between.
        """
        node = self._ends.get((equipment, bus), bus) if own else bus
        made = self.made(equipment, "terminal", number)
        node_breaker = Ref(self.connectivity(node)) if self.cgmes == "3.0" else None
        self.eq.add(
            "Terminal",
            made,
            IdentifiedObject_mRID=made[1:],
            IdentifiedObject_name=f"{self.id(equipment)[:24]}-{number}",
            ACDCTerminal_sequenceNumber=number,
            Terminal_ConductingEquipment=Ref(self.id(equipment)),
            Terminal_ConnectivityNode=node_breaker,
        )
        self.tp.about("Terminal", made, Terminal_TopologicalNode=Ref(self.id(node)))
        self.ssh.about("Terminal", made, ACDCTerminal_connected=connected)
        return made

    def consumer_kva(self, place: int, own: complex) -> complex:
        """Return a consumer's power in the state, kW + j kvar; its own where there is none."""
        if self.flow is None:
            return own
        power = self.flow.power
        return complex(power.p_kw[self.scenario, place], power.q_kvar[self.scenario, place])

    def connectivity(self, node: str) -> str:
        """Return the identifier of a node's connectivity node."""
        return self.made(node, "connectivity")

    def kv(self, bus: str) -> float:
        """Return the nominal voltage of a bus, kV."""
        return self._kv[bus]

    def base_voltage(self, kv: float) -> Ref:
        """Return a reference to the base voltage of a nominal voltage."""
        return Ref(self.made("base voltage", kv))

    def substation(self, bus: str) -> str:
        """Return the identifier of a bus's substation."""
        return self.made("substation", self._stations[bus])

    def level(self, bus: str) -> str:
        """Return the identifier of a bus's voltage level."""
        return self.made("level", self._stations[bus], self.kv(bus))

    def levels(self) -> dict[str, str]:
        """Return a bus of each voltage level, by the level's identifier."""
        return {self.level(bus.id): bus.id for bus in reversed(self.network.buses)}


def _stations(network: Network) -> dict[str, int]:
    """Return the substation of each bus, as a number: transformers and switches lie within one."""
    place = network.bus_position
    pairs = [(place[unit.from_bus], place[unit.to_bus]) for unit in network.transformers]
    for unit in network.three_winding_transformers:
        first, *others = unit.windings
        pairs += [(place[first.bus], place[each.bus]) for each in others]
    pairs += [
        (place[each.bus], place[each.other]) for each in network.switches if each.other in place
    ]
    return {
        network.buses[bus].id: number
        for number, group in enumerate(groups(len(place), pairs))
        for bus in group
    }


def ends_of(branch: Line | Transformer) -> tuple[tuple[str, bool], tuple[str, bool]]:
    """Return bus and switching state of a branch's two ends."""
    return (branch.from_bus, branch.from_closed), (branch.to_bus, branch.to_closed)
