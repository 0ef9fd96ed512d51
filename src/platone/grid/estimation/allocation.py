"""The power of each consumer that goes with an estimated state."""

import numpy as np

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.estimation import Estimation
from platone.grid.estimation.measurement import Injection
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.two_port import BASE_MVA

_BASE_KVA = BASE_MVA * 1e3
_UNKNOWN_STD_KVA = 1e6


def flow_of(estimation: Estimation) -> Flow:
    """An estimated state as a power flow.

    Nodes without a source have a voltage of 0; what is not determined is NaN.
    """
    ground = estimation.ground
    voltage = np.where(estimation.hidden, np.nan, estimation.voltage)
    node = ground.real_voltage(voltage)
    turned = np.where(estimation.loose, np.nan, np.angle(estimation.voltage))
    angle = np.zeros(ground.circuit.nodes)
    angle[ground.fed] = turned
    return Flow(ground.network, np.abs(node)[None], angle[None], consumer_power(estimation))


def consumer_power(estimation: Estimation) -> ConsumerPower:
    """What consumers withdraw: as measured, and what their node withdraws besides is shared.

    It is shared by the measurements' variances, which is what least squares would do were each
    consumer's power part of the state. Where a source feeds the node nothing is known of a rest.
    """
    ground = estimation.ground
    circuit = ground.circuit
    measured, variance = _measured(estimation)
    drawn = -estimation.voltage * np.conj(ground.whole.admittance @ estimation.voltage) * _BASE_KVA
    state = ground.state_of_node[circuit.consumer_node]
    fed = state >= 0
    feeding = {ground.members.node_of_bus[bus] for bus in ground.members.feeding}
    has_rest = fed & ~np.isin(circuit.consumer_node, list(feeding))
    rest: Complexes = np.zeros(len(ground.fed), complex)
    weight = np.zeros((len(ground.fed), 2))
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
    """Weighted means of each consumer's measurements, and the variances of their two parts."""
    network = estimation.ground.network
    count = len(network.consumers)
    certainty = np.full((count, 2), _UNKNOWN_STD_KVA**-2)
    total = np.zeros((count, 2))
    active = {name for names in estimation.ground.members.consumers.values() for name in names}
    for each in estimation.placed.measurements:
        if not isinstance(each, Injection) or each.element not in active:
            continue
        row = network.consumer_position[each.element]
        for part, value, std in ((0, each.p_kw, each.std_kw), (1, each.q_kvar, each.std_kvar)):
            if value is not None and std is not None:
                certainty[row, part] += std**-2
                total[row, part] += value / std**2
    certainty[[i for i, each in enumerate(network.consumers) if each.id not in active]] = 1e18
    mean = total / certainty
    return mean[:, 0] + 1j * mean[:, 1], 1 / certainty
