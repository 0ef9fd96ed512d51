"""Switching and tap changes of a study, refused where they cannot be of the network."""

from collections.abc import Iterable

from platone.grid.network import event
from platone.grid.network.event import Event
from platone.grid.network.model import Network
from platone.grid.problem.study import EventInvalid


def happened(network: Network, events: Iterable[Event]) -> Network:
    """Return the network after switching and tap changes, in their order.

    Raises:
        EventInvalid: One of them cannot be of this network.
        NetworkInvalid: Sources or generators that hold different voltages stand on one node now.
    """
    found = tuple(events)
    for each, fault in zip(found, event.faults_of(network, found), strict=True):
        if fault is not None:
            raise EventInvalid(f"The event cannot be: {fault}.", element=each.element)
    return event.happened(network, found)
