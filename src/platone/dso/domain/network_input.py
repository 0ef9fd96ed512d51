"""Networks as calculations take them: a file, and how it is switched now."""

from dataclasses import dataclass
from pathlib import Path

from platone.dso.domain.network_key import NetworkKey
from platone.grid.file.cim.clock import Clocks
from platone.grid.network.event import Event
from platone.messages.stored_network import NetworkBranch


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """A stored network, and how it is switched now.

    Attributes:
        key: Its identifier and version.
        file: A copy of its file that processes which calculate read.
        clocks: Whether the clocks of its transformers turn angles.
        events: What has happened in it, in order.
    """

    key: NetworkKey
    file: Path
    clocks: Clocks = "solved"
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkOutline:
    """The names in a network, by which inputs of calculations are gathered and branches chosen.

    Attributes:
        pods: Its points of delivery.
        loads: Its loads that are switched on.
        branches: Its lines, transformers and windings, by identifier.
    """

    pods: tuple[str, ...]
    loads: tuple[str, ...]
    branches: tuple[NetworkBranch, ...] = ()
