"""Interruptions: the parts that an outage leaves without supply, and what load is lost there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Places
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network

_HOURS = 0.25
"""Duration of a scenario, h: runs are of quarter-hours."""


@dataclass(frozen=True, slots=True)
class DarkIsland:
    """A connected part without supply: no closed path leads from it to a source.

    Plants in it do not supply it: nothing there holds voltage and frequency.

    Attributes:
        buses: Its buses, in the network's order.
        consumers: Its loads and points of delivery.
        lost_kw: What they would withdraw, the greatest of all quarter-hours.
        lost_kwh: What they would withdraw in all quarter-hours.
        lost_generation_kwh: What plants there would feed in.
    """

    buses: tuple[str, ...]
    consumers: tuple[str, ...]
    lost_kw: float
    lost_kwh: float
    lost_generation_kwh: float


def dark_buses(before: Network, after: Network) -> Flags:
    """Tell of each bus whether it had supply before a change and has none after it."""
    return np.asarray(circuit_of(before).bus_fed & ~circuit_of(after).bus_fed)


def dark_islands(before: Network, after: Network, power: ConsumerPower) -> tuple[DarkIsland, ...]:
    """Return the parts that have lost their supply by a change, the greatest loss first.

    Args:
        before: The network with its supply.
        after: The same network, otherwise switched.
        power: What the consumers would withdraw.
    """
    return _islands(after, dark_buses(before, after), power)


def unsupplied_islands(network: Network, power: ConsumerPower) -> tuple[DarkIsland, ...]:
    """Return the parts with consumers that no source feeds, the greatest loss first.

    Args:
        network: The network.
        power: What the consumers would withdraw.
    """
    dark = np.asarray(~circuit_of(network).bus_fed)
    return tuple(each for each in _islands(network, dark, power) if each.consumers)


def _islands(after: Network, dark: Flags, power: ConsumerPower) -> tuple[DarkIsland, ...]:
    if not dark.any():
        return ()
    circuit = circuit_of(after)
    label = np.where(dark, circuit.island[circuit.node_of_bus], -1)
    of_consumer = label[_buses_of(after, [each.bus for each in after.consumers])]
    of_machine = label[_buses_of(after, [each.bus for each in after.generators])]
    machine_kw = np.array([each.p_kw if each.closed else 0.0 for each in after.generators])
    found = []
    for each in dict.fromkeys(label[dark].tolist()):
        rows = np.flatnonzero(of_consumer == each)
        p_kw = power.p_kw[:, rows]
        load_kw = np.maximum(p_kw, 0).sum(axis=1)
        fed_in = np.maximum(-p_kw, 0).sum()
        fed_in += len(p_kw) * np.maximum(-machine_kw[of_machine == each], 0).sum()
        found.append(
            DarkIsland(
                buses=tuple(after.buses[row].id for row in np.flatnonzero(label == each)),
                consumers=tuple(after.consumers[row].id for row in rows),
                lost_kw=float(load_kw.max(initial=0)),
                lost_kwh=float(load_kw.sum() * _HOURS),
                lost_generation_kwh=float(fed_in * _HOURS),
            )
        )
    return tuple(sorted(found, key=lambda island: -island.lost_kwh))


def _buses_of(network: Network, ids: Sequence[str]) -> Places:
    return np.array([network.bus_position[bus] for bus in ids], np.int64)
