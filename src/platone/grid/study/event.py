"""Switching and tap changes of a study, refused where they cannot be of the network."""

from collections.abc import Iterable

from platone.grid.network import event
from platone.grid.network.event import Event, Switching, TapChange
from platone.grid.network.model import Network
from platone.grid.problem.study import EventInvalid
from platone.grid.study.argument import checked_each, require_network

_MEND = "make them of Switching and TapChange"


def happened(network: Network, events: Iterable[Event]) -> Network:
    """Return the network after switching and tap changes, in their order.

    Raises:
        ArgumentInvalid: No network is given, or what is no event.
        EventInvalid: One of them cannot be of this network.
        NetworkInvalid: Sources or generators that hold different voltages stand on one node now.
    """
    require_network(network)
    found = checked_each("events", events, (Switching, TapChange), _MEND)
    for each, fault in zip(found, event.faults_of(network, found), strict=True):
        if fault is not None:
            raise EventInvalid(f"The event cannot be: {fault}.", element=each.element)
    return event.happened(network, found)
