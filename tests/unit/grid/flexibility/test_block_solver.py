from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.flow.block_solver import BlockSolver
from platone.grid.flow.elimination import eliminate
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.sensitivity import Sensitivity
from platone.grid.flow.state import ConsumerPower


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), loops=st.integers(0, 12))
def test_it_solves_what_a_dense_solver_solves(seed: int, loops: int) -> None:
    rng = np.random.default_rng(seed)
    size, states = int(rng.integers(1, 30)), 3
    pairs = {(int(rng.integers(0, i)), i) for i in range(1, size)}
    if size > 2:
        chords = [tuple(sorted(rng.choice(size, 2, replace=False).tolist())) for _ in range(loops)]
        pairs |= set(chords)
    plan = eliminate(size, pairs)
    dense = np.zeros((states, 2 * size, 2 * size))
    entries = np.zeros((len(plan.rows), 4, states))
    there = {(i, i) for i in range(size)} | pairs | {(b, a) for a, b in pairs}
    for entry, (row, column) in enumerate(zip(plan.rows, plan.columns, strict=True)):
        if (int(row), int(column)) in there:
            block = rng.uniform(-1, 1, (states, 2, 2)) + 9 * np.eye(2) * (row == column)
            entries[entry] = block.reshape(states, 4).T
            dense[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = block
    right = rng.uniform(-1, 1, (size, 2, 5))
    of_state = np.array([0, 2, 1, 1, 0])
    expected = [
        np.linalg.solve(dense[state], right[:, :, i].ravel()) for i, state in enumerate(of_state)
    ]
    found = BlockSolver(plan, entries).solve(right.copy(), of_state)
    assert pytest.approx(np.array(expected), abs=1e-10) == found.reshape(2 * size, 5).T


def test_a_long_feeder_takes_few_stages() -> None:
    plan = eliminate(10_000, [(i, i + 1) for i in range(9_999)])
    assert len(plan.stages) < 20
    assert len(plan.rows) < 5 * 10_000


@pytest.mark.parametrize("seed", range(12))
def test_effects_in_meshes_agree_with_finite_differences(
    random_mesh: Callable[[int], Any], engine: GridModelPowerFlow, seed: int
) -> None:
    # two sources, three windings, switches, and in some a generator that holds its voltage
    case = random_mesh(seed)
    limits = Limits(case.network)
    count, step = case.power.p_kw.shape[1], 20.0
    steps = step * np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])
    still = np.zeros_like(steps)
    flow = engine.solve(
        case.network,
        ConsumerPower(
            case.power.p_kw + np.concatenate([steps, still]),
            case.power.q_kvar + np.concatenate([still, steps]),
        ),
    )
    which = np.flatnonzero(np.isfinite(limits.excess(flow)[0]))
    effect = Sensitivity(limits).at(flow, 0, which.tolist())
    excess = limits.excess(flow)[:, which]
    half = 2 * count + 1
    by_kw = (excess[1 : count + 1] - excess[count + 1 : half]) / (2 * step)
    second = excess[half:]
    by_kvar = (second[1 : count + 1] - second[count + 1 :]) / (2 * step)
    curved = np.abs(excess[1 : count + 1] + excess[count + 1 : half] - 2 * excess[0]).max() / step
    assert np.allclose(effect.per_kw.T, by_kw, rtol=5e-3, atol=1e-7 + curved / 20)
    assert np.allclose(effect.per_kvar.T, by_kvar, rtol=5e-3, atol=1e-7 + curved / 20)
    assert np.abs(effect.per_kw).max() > 1e-5
