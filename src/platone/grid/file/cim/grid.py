"""Equipment with its ends: the buses at which it is connected, and its switching state."""

from collections.abc import Iterator
from dataclasses import dataclass

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.limit import LimitTable
from platone.grid.file.cim.model import Model
from platone.grid.file.cim.node import NodeTable
from platone.grid.file.cim.solved import SolvedState
from platone.grid.problem.network import FaultKind


@dataclass(frozen=True, slots=True)
class Grid:
    """The data that the readers of equipment share.

    Attributes:
        model: The files' objects, and what was noticed of them.
        nodes: The buses.
        solved: The solved state that the files hold.
        limits: The operational limits.
    """

    model: Model
    nodes: NodeTable
    solved: SolvedState
    limits: LimitTable

    def equipment(self, *kinds: str) -> Iterator[CimObject]:
        """Yield the equipment of some classes; what only a state names is a fault."""
        for each in self.model.of(*kinds):
            if each.is_defined:
                yield each
            else:
                each.fault(f"a state names this {each.kind}, but no equipment file holds it")
                self.model.faults += each.faults

    def in_service(self, record: CimObject) -> bool:
        """Return whether an equipment is in service: by SSH, SV, EQ in this order."""
        if record.values.get("Equipment.inService"):
            return record.flag("Equipment.inService", default=True)
        solved = self.solved.in_service.get(record.key)
        if solved is not None:
            return solved
        name = "Equipment.normallyInService"
        if not record.values.get(name) and "Equipment.inService" in record.values:
            name = "Equipment.inService"  # it is there and empty: what is taken is told
        return record.flag(name, default=True)

    def ends(self, record: CimObject, count: int) -> list[End]:
        """Return the ends of an equipment that needs ``count`` terminals, each at a bus."""
        terminals = self.model.terminals.get(record.key, [])
        if len(terminals) != count:
            record.fault(f"it has {len(terminals)} terminals; it needs {count}")
        return [self.end(record, each) for each in terminals]

    def end(self, record: CimObject, terminal: CimObject) -> End:
        """Return the end of an equipment at one of its terminals."""
        bus = self.nodes.bus(terminal)
        if not bus:
            reason = f"its terminal {terminal.id!r} is at no bus"
            record.fault(reason, FaultKind.UNKNOWN_BUS)
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

    def take(self, record: CimObject, ends: list[End]) -> bool:
        """Return whether it can be used; its faults count if it is in service and connected."""
        live = self.in_service(record) and (not ends or any(end.closed for end in ends))
        return self.model.take(record, live=live)
