"""A network with branches out of service; its circuit follows from that of the whole network.

Making a circuit from the elements takes longer than a power flow of one state, and an outage
changes little of it.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

import numpy as np

from platone.grid.array import Places
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer
from platone.grid.network.circuit import Circuit, circuit_of, keep_circuit
from platone.grid.network.model import Network

TwoEnded = TypeVar("TwoEnded", Line, Transformer)


def without_branches(network: Network, places: Collection[int]) -> Network:
    """Return the network with some branches switched off at both ends.

    Args:
        network: A checked network.
        places: Their places in ``network.branches``.
    """
    if not places:
        return network
    opened = {network.branches[place].id for place in places}
    found = replace(
        network,
        lines=_opened(network.lines, opened),
        transformers=_opened(network.transformers, opened),
        three_winding_transformers=tuple(
            _opened_windings(unit, opened) for unit in network.three_winding_transformers
        ),
    )
    keep_circuit(found, _without(circuit_of(network), np.array(sorted(places), np.int64)))
    return found


def _opened(branches: tuple[TwoEnded, ...], opened: Collection[str]) -> tuple[TwoEnded, ...]:
    return tuple(
        replace(each, from_closed=False, to_closed=False) if each.id in opened else each
        for each in branches
    )


def _opened_windings(
    unit: ThreeWindingTransformer, opened: Collection[str]
) -> ThreeWindingTransformer:
    if not any(each.id in opened for each in unit.windings):
        return unit
    first, second, third = (
        replace(each, closed=False) if each.id in opened else each for each in unit.windings
    )
    return replace(unit, windings=(first, second, third))


def _without(circuit: Circuit, rows: Places) -> Circuit:
    """Return the circuit without some branches: neither what they carry nor their charging."""
    ports = circuit.ports
    off = np.zeros(len(ports.series), np.bool_)
    off[rows] = True
    left = replace(
        ports,
        closed=ports.closed & ~off[:, None],
        y_ff=np.where(off, 0, ports.y_ff),
        y_ft=np.where(off, 0, ports.y_ft),
        y_tf=np.where(off, 0, ports.y_tf),
        y_tt=np.where(off, 0, ports.y_tt),
    )
    found = replace(circuit, ports=left)
    held = found.fed[circuit.generator_node]
    if held.all():
        return found
    return replace(
        found,
        generator_node=circuit.generator_node[held],
        generator_kw=circuit.generator_kw[held],
        generator_pu=circuit.generator_pu[held],
    )
