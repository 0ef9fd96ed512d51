"""The end of an equipment, where it is connected to a bus."""

from dataclasses import dataclass


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
