"""The power that each source feeds into the network, balanced and by phase."""

from collections import defaultdict

import numpy as np

from platone.grid.array import Complexes, Flags
from platone.grid.flow.phase_state import PHASES, PhaseFlow
from platone.grid.flow.state import Flow


def source_kva(flow: Flow | PhaseFlow) -> Complexes:
    """Return the power fed in by each source, kW + j kvar, (scenarios, sources[, phases]).

    Positive: from the source into the network. Sources that closed switches join share equally
    what their node takes; generators there count with their active power, and with no reactive
    power of their own, because the sources hold the voltage for them.
    """
    network, node_of_bus = flow.network, flow.circuit.node_of_bus
    at = network.bus_position
    phases = (len(PHASES),) if isinstance(flow, PhaseFlow) else ()
    found = np.zeros((flow.scenarios, len(network.sources), *phases), np.complex128)
    sources = defaultdict(list)
    for place, source in enumerate(network.sources):
        if source.closed:
            sources[int(node_of_bus[at[source.bus]])].append(place)
    for node, places in sources.items():
        total = _into_branches(flow, node) + _withdrawn(flow, node_of_bus == node)
        found[:, places] = total[:, None] / len(places)
    return found


def _into_branches(flow: Flow | PhaseFlow, node: int) -> Complexes:
    """Return the power that a node's branches take from it."""
    ports = flow.circuit.ports
    first, second = flow.phase_kva if isinstance(flow, PhaseFlow) else (flow.from_kva, flow.to_kva)
    taken = first[:, ports.from_node == node].sum(axis=1)
    return np.asarray(taken + second[:, ports.to_node == node].sum(axis=1))


def _withdrawn(flow: Flow | PhaseFlow, joined: Flags) -> Complexes:
    """Return the power that consumers, shunts and generators withdraw at some buses."""
    network, at = flow.network, flow.network.bus_position
    share = 1 / len(PHASES) if isinstance(flow, PhaseFlow) else 1.0
    here = [place for place, each in enumerate(network.consumers) if joined[at[each.bus]]]
    p_kw, q_kvar = flow.power.p_kw[:, here], flow.power.q_kvar[:, here]
    found = p_kw.sum(axis=1) + 1j * q_kvar.sum(axis=1)
    for generator in network.generators:
        if generator.closed and joined[at[generator.bus]]:
            found += generator.p_kw * share
    for shunt in network.shunts:
        if shunt.closed and joined[at[shunt.bus]]:
            nominal_kva = complex(shunt.p_kw, shunt.q_kvar) * share
            found += flow.voltage_pu[:, at[shunt.bus]] ** 2 * nominal_kva
    return np.asarray(found)
