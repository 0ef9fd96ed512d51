"""States of long runs are told in parts; where the parts meet must not show."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from platone.grid.flow.alarm import violations
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_states

COUNT = 250
START = datetime(2026, 3, 1, tzinfo=UTC)
INSTANTS = [START + timedelta(minutes=15) * place for place in range(COUNT)]


@pytest.fixture
def power(feeder: Callable[..., Network]) -> tuple[Network, ConsumerPower]:
    network = feeder((90.0, 60.0, 40.0))
    lines = tuple(
        replace(line, zero_resistance_ohm=1.0, zero_reactance_ohm=1.0, zero_capacitance_nf=0.0)
        for line in network.lines
    )
    network = check(replace(network, lines=lines))
    p_kw = np.random.default_rng(7).uniform(0, 1500, (COUNT, len(network.consumers)))
    return network, ConsumerPower(p_kw, p_kw * 0.3)


def test_balanced(power: tuple[Network, ConsumerPower], engine: GridModelPowerFlow) -> None:
    network, consumed = power
    flow, limits = engine.solve(network, consumed), Limits(network)
    broken = violations(limits, flow)
    places = {(each.scenario, each.state.element) for each in broken}
    beyond = np.maximum(flow.from_a / limits.from_a, flow.to_a / limits.to_a) > 1 + 1e-6
    ids = [branch.id for branch in network.branches]
    currents = {(int(row), ids[column]) for row, column in np.argwhere(beyond)}
    assert len({row // 96 for row, _ in currents}) == 3
    assert {each for each in places if each[1] in ids} == currents
    assert [each.excess for each in broken] == sorted((e.excess for e in broken), reverse=True)
    states = list(to_states(flow, broken, INSTANTS))
    assert [state.at for state in states] == INSTANTS
    told = np.array([[branch.from_a for branch in state.branches] for state in states])
    assert told == pytest.approx(flow.from_a, rel=1e-12)
    assert [len(state.alarms) for state in states] == np.bincount(
        [each.scenario for each in broken], minlength=COUNT
    ).tolist()


def test_unbalanced(power: tuple[Network, ConsumerPower]) -> None:
    network, consumed = power
    flow = CurrentInjectionFlow().solve(network, phase_power(network, consumed))
    broken = violations(PhaseLimits(Limits(network)), flow)
    states = list(to_phase_states(flow, broken, INSTANTS))
    assert [state.at for state in states] == INSTANTS
    told = np.array([[branch.from_a for branch in state.branches] for state in states])
    assert told == pytest.approx(flow.from_a.max(axis=2), rel=1e-12)
    assert sum(len(state.alarms) for state in states) == len(broken) > 0
