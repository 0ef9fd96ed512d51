"""Equipment with its ends: at which buses it is connected, and whether it is switched on."""

from collections.abc import Iterator
from dataclasses import dataclass

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.model import Model
from platone.grid.file.cim.node import NodeTable
from platone.grid.file.cim.solved import SolvedState
from platone.grid.problem.network import FaultKind


@dataclass(frozen=True, slots=True)
class End:
    """One end of an equipment.

    Attributes:
        bus: Identifier of its bus; empty where it has none.
        kv: Nominal voltage of the bus, kV.
        terminal: Key of its terminal.
        node: Key of its node.
        closed: Whether it is connected.
    """

    bus: str
    kv: float
    terminal: str
    node: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """What the readers of equipment share."""

    model: Model
    nodes: NodeTable
    solved: SolvedState

    def equipment(self, *kinds: str) -> Iterator[Thing]:
        """The equipment of some classes; what only a state names is a fault."""
        for each in self.model.of(*kinds):
            if each.is_defined:
                yield each
            else:
                each.fault(f"a state names this {each.kind}, but no equipment file holds it")
                self.model.faults += each.faults

    def in_service(self, thing: Thing) -> bool:
        """Whether an equipment is in service: by SSH, SV, EQ in this order."""
        if thing.values.get("Equipment.inService"):
            return thing.flag("Equipment.inService", default=True)
        solved = self.solved.in_service.get(thing.key)
        if solved is not None:
            return solved
        return thing.flag("Equipment.normallyInService", default=True)

    def ends(self, thing: Thing, count: int) -> list[End]:
        """The ends of an equipment that needs ``count`` terminals, each at a bus."""
        terminals = self.model.terminals.get(thing.key, [])
        if len(terminals) != count:
            thing.fault(f"it has {len(terminals)} terminals; it needs {count}")
        return [self.end(thing, each) for each in terminals]

    def end(self, thing: Thing, terminal: Thing) -> End:
        """The end of an equipment at one of its terminals."""
        bus = self.nodes.bus(terminal)
        if not bus:
            reason = f"its terminal {terminal.id!r} is at no bus"
            thing.fault(reason, FaultKind.UNKNOWN_BUS)
        name = "ACDCTerminal.connected"
        if not terminal.values.get(name):
            name = "Terminal.connected"
        return End(
            bus,
            self.nodes.kv(terminal) or 1.0,
            terminal.key,
            self.nodes.key(terminal),
            terminal.flag(name, default=True),
        )

    def take(self, thing: Thing, ends: list[End]) -> bool:
        """Whether it can be used; its faults count if it is in service and connected."""
        live = self.in_service(thing) and (not ends or any(end.closed for end in ends))
        return self.model.take(thing, live=live)
