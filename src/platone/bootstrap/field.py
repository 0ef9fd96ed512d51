"""Light Nodes for whoever runs them: a device of its own, or a simulated field."""

from pathlib import Path

from platone.kernel.clock import Clock
from platone.node.adapters.showing_file import ShowingFile
from platone.node.context import LightNode, NodeStatus
from platone.node.domain.register import CountingMeter, Showing
from platone.node.service.ports import Counters, EnergyManagement, Meter
from platone.node.service.read_registers import RegisterMeter

__all__ = [
    "Counters",
    "CountingMeter",
    "EnergyManagement",
    "LightNode",
    "Meter",
    "NodeStatus",
    "Showing",
    "light_node",
    "register_meter",
]


def light_node(folder: Path, meter: Meter, ems: EnergyManagement, clock: Clock) -> LightNode:
    """Return a Light Node that reads its meter when it is told to.

    Args:
        folder: Where it keeps its keys and its journal.
        meter: Its meter.
        ems: The customer's energy management system.
        clock: Its clock.
    """
    return LightNode(folder, meter, ems, clock, poll_s=0)


def register_meter(folder: Path, counters: Counters, pod_id: str, minutes: int) -> Meter:
    """Return a meter for a Light Node that is read by what its counters show.

    Args:
        folder: The Light Node's folder, where it keeps what they showed last.
        counters: The counters.
        pod_id: The point of delivery.
        minutes: The length of an interval: 5, 15, 30 or 60.
    """
    return RegisterMeter(counters, ShowingFile(folder / "showings.json"), pod_id, minutes)
