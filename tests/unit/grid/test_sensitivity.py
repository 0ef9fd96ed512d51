from collections.abc import Callable

import numpy as np
import pytest

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.network.two_port import BASE_MVA


@pytest.mark.parametrize(
    ("clock", "side", "tap"), [(0, "from", 0), (0, "from", 2), (5, "to", -2), (11, "from", -3)]
)
def test_effects_agree_with_finite_differences(
    two_levels: Callable[..., Network], engine: GridModelPowerFlow, clock: int, side: str, tap: int
) -> None:
    network = two_levels(clock, side, tap)
    limits = Limits(network)
    base = np.array([1000.0, 3000.0, 2000.0])
    count = len(base)
    steps = np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])
    still = np.zeros_like(steps)
    p_kw = base + np.concatenate([steps, still])
    q_kvar = 0.4 * base + np.concatenate([still, steps])
    flow = engine.solve(network, ConsumerPower(p_kw, q_kvar))
    effect = Sensitivity(limits).at(flow, 0, range(len(limits)))
    excess = limits.excess(flow)
    half = 2 * count + 1
    for consumer in range(count):
        by_kw = (excess[1 + consumer] - excess[1 + count + consumer]) / 2
        by_kvar = (excess[half + 1 + consumer] - excess[half + 1 + count + consumer]) / 2
        assert np.allclose(effect.per_kw[:, consumer], by_kw, atol=1e-11)
        assert np.allclose(effect.per_kvar[:, consumer], by_kvar, atol=1e-11)
    assert np.abs(effect.per_kw).max() > 1e-5


def test_our_equations_hold_at_the_engines_state(
    two_levels: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = two_levels(11, "to", 3)
    power = np.array([[1500.0, -2500.0, 900.0]])
    flow = engine.solve(network, ConsumerPower(power, power / 3))
    circuit, voltage = circuit_of(network), flow.voltage[0]
    mismatch_kva = voltage * np.conj(circuit.admittance @ voltage) * BASE_MVA * 1e3
    np.add.at(mismatch_kva, circuit.consumer_node, power[0] * (1 + 1j / 3))
    assert np.abs(mismatch_kva)[circuit.free].max() < 1e-3
