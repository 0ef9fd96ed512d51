import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from platone.grid.flexibility.boxed_programs import BoxedPrograms
from platone.grid.flexibility.quadratic_program import solve_quadratic


def random_programs(seed: int, weight: float) -> BoxedPrograms:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(1, 12)), int(rng.integers(1, 60))
    shape = 6, rows, columns
    kind = seed % 4
    matrix = rng.uniform(0, 1, shape)
    if kind == 1:  # nested, as limits along a feeder, with nearly equal effects
        along = rng.uniform(0, 1, (6, 1, columns)) > rng.uniform(0, 1, (6, rows, 1))
        matrix = along * (1 + 0.01 * matrix)
    elif kind == 2:  # many ties
        matrix = rng.choice([0.0, 0.5, 1.0], shape)
    elif kind == 3:  # columns that help one row and hurt another
        matrix = rng.uniform(-0.3, 1, shape)
    margin = rng.uniform(10, 500, (6, columns))
    matrix = matrix * margin[:, None] / 500
    cost = margin * rng.choice([0.01, 0.05, 0.2], (6, columns))
    bound = matrix.clip(0).sum(axis=2) * rng.uniform(0, 0.7, (6, rows)) - 0.05
    zero = np.zeros((6, columns))
    return BoxedPrograms(matrix, bound, cost, weight * margin, zero, zero + 1.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_with_small_weights_it_costs_what_a_linear_program_costs(seed: int) -> None:
    programs = random_programs(seed, 1e-7)
    found = solve_quadratic(programs)
    assert (found.certain | found.impossible).all()
    for i in range(len(programs.cost)):
        best = linprog(programs.cost[i], -programs.matrix[i], -programs.bound[i], bounds=(0, 1))
        assert (best.status == 2) == found.impossible[i]
        if best.status == 0:
            highest = programs.cost[i].max()
            assert programs.cost[i] @ found.x[i] == pytest.approx(best.fun, abs=1e-5 * highest)
            assert (programs.matrix[i] @ found.x[i] >= programs.bound[i] - 1e-6).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_with_large_weights_it_is_what_another_solver_finds(seed: int) -> None:
    programs = random_programs(seed, 0.5)
    found = solve_quadratic(programs)
    for i in np.flatnonzero(found.certain)[:2]:
        cost, weight = programs.cost[i], programs.weight[i]
        rules = {
            "type": "ineq",
            "fun": lambda x, i=i: programs.matrix[i] @ x - programs.bound[i],
            "jac": lambda _, i=i: programs.matrix[i],
        }
        other = minimize(
            lambda x, c=cost, w=weight: (c @ x + w @ x**2 / 2) / c.max(),
            np.ones(len(cost)),
            jac=lambda x, c=cost, w=weight: (c + w * x) / c.max(),
            bounds=[(0, 1)] * len(cost),
            constraints=[rules],
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if other.success:
            assert found.x[i] == pytest.approx(other.x, abs=2e-3)


def test_equals_move_pro_rata_to_their_margins() -> None:
    margin = np.array([[2.0, 4.0, 4.0]])
    zero = np.zeros((1, 3))
    programs = BoxedPrograms(
        margin[:, None], np.array([[3.0]]), margin, 1e-6 * margin, zero, zero + 1
    )
    assert solve_quadratic(programs).x[0] * margin[0] == pytest.approx([0.6, 1.2, 1.2])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_neither_order_nor_guess_matters(seed: int) -> None:
    programs = random_programs(seed, 1e-6)
    rng = np.random.default_rng(seed)
    rows, columns = programs.matrix.shape[1:]
    order, line = rng.permutation(columns), rng.permutation(rows)
    shuffled = BoxedPrograms(
        programs.matrix[:, line][:, :, order],
        programs.bound[:, line],
        programs.cost[:, order],
        programs.weight[:, order],
        programs.lower,
        programs.upper,
    )
    found = solve_quadratic(programs)
    again = solve_quadratic(shuffled, rng.uniform(0, 50, programs.bound.shape))
    assert (again.certain == found.certain).all()
    both = found.certain
    assert again.x[both] == pytest.approx(found.x[both][:, order], abs=1e-4)
