"""The power of each consumer that goes with an estimated state."""

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.measurement import Injection
from platone.grid.estimation.result import Estimation
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_UNKNOWN_STD_KVA = 1e6
"""Standard deviation, kVA, of a consumer that nothing is known of: larger than any that is."""
_IDLE_CERTAINTY = 1e18
"""1 / variance, 1/kVA², of a disconnected consumer: it withdraws nothing, for certain."""


def flow_of(estimation: Estimation) -> Flow:
    """Return an estimated state as a power flow of one instant.

    Nodes without a source have a voltage of 0; what is not determined is NaN.
    """
    model = estimation.model
    voltage = np.where(estimation.is_magnitude_undetermined, np.nan, estimation.voltage)
    magnitude = np.abs(model.node_voltages(voltage))
    angle = np.zeros(model.circuit.nodes)
    turned = np.where(estimation.is_undetermined, np.nan, np.angle(estimation.voltage))
    angle[model.fed] = turned
    return Flow(model.network, magnitude[None], angle[None], consumer_power(estimation))


def consumer_power(estimation: Estimation) -> ConsumerPower:
    """Return the consumers' power, shape (1, consumers): as measured, with a share of the rest.

    What their node withdraws besides is shared by the measurements' variances, which is what least
    squares would do were each consumer's power part of the state. Where a source feeds the node
    nothing is known of a rest.
    """
    model = estimation.model
    circuit, connections = model.circuit, model.connections
    measured, variance = _measured(estimation)
    drawn = -estimation.voltage * np.conj(model.full.admittance @ estimation.voltage) * _BASE_KVA
    state = model.state_of_node[circuit.consumer_node]
    fed = state >= 0
    feeding = {connections.node_of_bus[bus] for bus in connections.feeding}
    has_rest = fed & ~np.isin(circuit.consumer_node, list(feeding))
    rest: Complexes = np.zeros(len(model.fed), complex)
    weight = np.zeros((len(model.fed), 2))
    np.add.at(rest, state[has_rest], measured[has_rest])
    np.add.at(weight, state[has_rest], variance[has_rest])
    rest = drawn - rest
    p, q = measured.real.copy(), measured.imag.copy()
    at = state[has_rest]
    share = variance[has_rest] / np.maximum(weight[at], 1e-300)
    p[has_rest] += share[:, 0] * rest.real[at]
    q[has_rest] += share[:, 1] * rest.imag[at]
    p[~fed] = q[~fed] = 0.0
    return ConsumerPower(p[None], q[None])


def _measured(estimation: Estimation) -> tuple[Complexes, Floats]:
    """Return weighted means of each consumer's measurements, and variances of their two parts."""
    network = estimation.model.network
    count = len(network.consumers)
    certainty = np.full((count, 2), _UNKNOWN_STD_KVA**-2)
    total = np.zeros((count, 2))
    active = estimation.model.connections.connected_consumers
    for each in estimation.placed.measurements:
        if not isinstance(each, Injection) or each.element not in active:
            continue
        row = network.consumer_position[each.element]
        for part, value, std in ((0, each.p_kw, each.std_kw), (1, each.q_kvar, each.std_kvar)):
            if value is not None and std is not None:
                certainty[row, part] += std**-2
                total[row, part] += value / std**2
    is_idle = [i for i, each in enumerate(network.consumers) if each.id not in active]
    certainty[is_idle] = _IDLE_CERTAINTY
    mean = total / certainty
    return mean[:, 0] + 1j * mean[:, 1], 1 / certainty
