"""Light Nodes for whoever runs them: a device of its own, or a simulated field."""

from pathlib import Path

from platone.kernel.clock import Clock
from platone.node.context import LightNode, NodeStatus
from platone.node.service.ports import EnergyManagement, Meter

__all__ = ["EnergyManagement", "LightNode", "Meter", "NodeStatus", "light_node"]


def light_node(folder: Path, meter: Meter, ems: EnergyManagement, clock: Clock) -> LightNode:
    """Return a Light Node that reads its meter when it is told to.

    Args:
        folder: Where it keeps its keys and its journal.
        meter: Its meter.
        ems: The customer's energy management system.
        clock: Its clock.
    """
    return LightNode(folder, meter, ems, clock, poll_s=0)
