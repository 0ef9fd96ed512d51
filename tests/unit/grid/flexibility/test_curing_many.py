"""Quarter-hours that are cured together: each as it would be by itself, and as the AC flow says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.flexibility import cure as module
from platone.grid.flexibility.cure import Curer
from platone.grid.flexibility.flexible_groups import FlexibleGroups
from platone.grid.flexibility.task import Cure, Task
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

TAN_PHI = 0.4
MakeNetwork = Callable[..., Network]
PODS_KW = (
    (200.0, 900.0, 700.0, 1300.0),
    (200.0, 100.0, 100.0, 100.0),  # keeps all limits
    (100.0, 1300.0, 1400.0, 600.0),
    (300.0, 500.0, 1500.0, 900.0),
    (200.0, 300.0, 300.0, 1500.0),
    (200.0, 1300.0, 1300.0, 1300.0),
    (150.0, 1000.0, 1100.0, 1200.0),
)
"""Withdrawals of seven quarter-hours in kW; the first of each is not flexible."""
KEPT = 1


@pytest.fixture
def network(feeder: MakeNetwork) -> Network:
    return feeder((90.0, 70.0, 40.0))


def tasks_of(sizes: tuple[int, ...] = (1, 1, 1)) -> list[Task]:
    """The seven as tasks: each of three PoDs may reduce, by itself or in groups of these sizes."""
    return [
        Task(
            p_kw=np.array(kw),
            q_kvar=np.array(kw) * TAN_PHI,
            groups=FlexibleGroups(
                places=np.array([1, 2, 3]),
                kw=-np.ones(3),
                kvar=-np.full(3, TAN_PHI),
                margins=np.array(kw[1:]),
                sizes=np.array(sizes),
            ),
            cost=np.linspace(1.0, 1.5, len(sizes)),
        )
        for kw in PODS_KW
    ]


def states_of(network: Network, engine: GridModelPowerFlow) -> Flow:
    p_kw = np.array(PODS_KW)
    return engine.solve(network, ConsumerPower(p_kw, p_kw * TAN_PHI))


def excess_after(network: Network, engine: GridModelPowerFlow, task: Task, cure: Cure) -> Any:
    """What the AC power flow says of a task once each PoD has moved by its own total."""
    p_kw, q_kvar = task.p_kw.copy()[None], task.q_kvar.copy()[None]
    p_kw[0, 1:] -= cure.totals
    q_kvar[0, 1:] -= cure.totals * TAN_PHI
    return Limits(network).excess(engine.solve(network, ConsumerPower(p_kw, q_kvar)))[0]


def assert_alike(found: Cure, alone: Cure) -> None:
    assert found.totals == pytest.approx(alone.totals, abs=0.05)
    assert found.limits == alone.limits
    assert found.excess == pytest.approx(alone.excess, abs=1e-5)
    assert found.effects == pytest.approx(alone.effects, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 1), (3,)])
@pytest.mark.parametrize("at_once", [1, 3, 256])
@pytest.mark.parametrize("is_known", [True, False])
def test_each_is_cured_as_if_alone(
    network: Network,
    engine: GridModelPowerFlow,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, ...],
    at_once: int,
    is_known: bool,  # noqa: FBT001
) -> None:
    curer, tasks = Curer(Limits(network), engine), tasks_of(sizes)
    alone = [curer.cure([task], np.array([0]))[0] for task in tasks]
    start = states_of(network, engine) if is_known else None
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    found = curer.cure(tasks, np.arange(7), start=start)
    assert len(found) == 7
    for each, by_itself in zip(found, alone, strict=True):
        assert_alike(each, by_itself)
    assert [bool(each.totals.any()) for each in found] == [place != KEPT for place in range(7)]


@pytest.mark.parametrize("rounds", [1, 2, 60])
def test_what_is_told_is_what_the_power_flow_says(
    network: Network, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    """Whenever the rounds end: totals and excess belong together."""
    monkeypatch.setattr(module, "_MOST_ROUNDS", rounds)
    tasks = tasks_of()
    cures = Curer(Limits(network), engine).cure(tasks, np.arange(7))
    for task, cure in zip(tasks, cures, strict=True):
        excess = excess_after(network, engine, task, cure)
        assert cure.excess == pytest.approx(excess[list(cure.limits)], abs=1e-7)
        assert cure.is_complete is bool((excess <= 1e-5).all())
    assert all(cure.is_complete for cure in cures) is (rounds > 2)
    assert cures[KEPT].limits == ()


@pytest.mark.parametrize("at_once", [2, 256])
def test_progress_counts_what_is_left(
    network: Network, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", at_once)
    left: list[int] = []
    Curer(Limits(network), engine).cure(tasks_of(), np.arange(7), left.append)
    assert left[0] == 6  # one keeps its limits, and is done in the first round
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    left.clear()
    Curer(Limits(network), engine).cure(tasks_of()[KEPT : KEPT + 1], np.arange(1), left.append)
    assert left == [0]
    left.clear()
    Curer(Limits(network), engine).cure(tasks_of()[:1], np.arange(1), left.append)
    assert left.count(0) == 1


class Dark:
    """An engine that finds no state of some quarter-hours, once it is asked again."""

    def __init__(self, engine: GridModelPowerFlow, dark: list[int]) -> None:
        self._engine, self._dark, self._asked = engine, dark, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        self._asked += 1
        if self._asked > 1:
            raise PowerFlowDiverged("It is dark.", quarterHours=self._dark)
        return self._engine.solve(network, power)


def test_what_has_no_solution_is_named_by_its_place_in_order(
    network: Network, engine: GridModelPowerFlow
) -> None:
    """The second of the seven is done by the second round: the third one's place is 8."""
    places = np.array([1000, 5, 8, 3, 77, 12, 13])
    curer = Curer(Limits(network), Dark(engine, [0, 1, 2]))
    with pytest.raises(PowerFlowDiverged, match="dark") as refused:
        curer.cure(tasks_of(), places)
    assert refused.value.fields == {"quarterHours": [3, 8, 1000]}
