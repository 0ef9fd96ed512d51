import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from platone.grid.flexibility.linear_program import Program, minimise
from platone.grid.problem.calculation import OptimisationFailed


def program(matrix: list[list[float]], bound: list[float], upper: list[float]) -> Program:
    rows = np.array(matrix, float)
    return Program(
        rows,
        np.array(bound, float),
        np.zeros(rows.shape[1]),
        np.array(upper, float),
        np.zeros(len(bound), np.bool_),
    )


def test_equals_are_treated_pro_rata() -> None:
    # three variables of equal effect and cost; the margins 2, 4, 4 share 3 as 0.6, 1.2, 1.2
    upper = np.array([2.0, 4.0, 4.0])
    found = minimise(program([[-1, -1, -1]], [-3], [2, 4, 4]), [np.ones(3)], 1 / upper)
    assert found == pytest.approx([0.6, 1.2, 1.2])


def test_the_more_effective_goes_first() -> None:
    found = minimise(program([[-1, -2]], [-3], [4, 1]), [np.ones(2)], np.ones(2))
    assert found == pytest.approx([1.0, 1.0])


def test_objectives_count_in_their_order() -> None:
    # the first leaves x0 + x1 = 1 open, the second prefers x1, the third never gets a say
    objectives = [np.array([1.0, 1.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    found = minimise(program([[-1, -1]], [-1], [5, 5]), objectives, np.ones(2))
    assert found == pytest.approx([0.0, 1.0])


def test_an_empty_set_is_reported() -> None:
    with pytest.raises(OptimisationFailed):
        minimise(program([[-1]], [-3], [2]), [np.ones(1)], np.ones(1))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6))
def test_no_point_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, rows = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    # columns repeat, so that ties are frequent
    columns = rng.uniform(-1, 0, (rows, 3))[:, rng.integers(0, 3, count)]
    matrix = np.hstack([columns, -np.eye(rows)])
    bound = -rng.uniform(0, 1.5, rows)
    upper = np.concatenate([np.ones(count), np.full(rows, np.inf)])
    first = np.concatenate([np.zeros(count), np.ones(rows)])
    second = np.concatenate([rng.choice([0.0, 0.03, 0.07], count), np.zeros(rows)])
    task = Program(matrix, bound, np.zeros(len(upper)), upper, np.zeros(rows, np.bool_))
    found = minimise(task, [first, second], np.ones(len(upper)))
    assert (matrix @ found <= bound + 1e-7).all()
    limits = [(0.0, None if np.isinf(each) else each) for each in upper]
    best = linprog(first, matrix, bound, bounds=limits)
    assert first @ found <= best.fun + 1e-6
    also = linprog(
        second, np.vstack([matrix, first]), np.append(bound, best.fun + 1e-9), bounds=limits
    )
    assert second @ found <= also.fun + 1e-6
    # unique: in another order of the variables the answer is the same
    order = rng.permutation(count)
    shuffled = np.concatenate([order, np.arange(count, len(upper))])
    again = minimise(
        Program(matrix[:, shuffled], bound, task.lower, upper[shuffled], task.tight),
        [first[shuffled], second[shuffled]],
        np.ones(len(upper)),
    )
    assert again == pytest.approx(found[shuffled], abs=1e-5)


@pytest.mark.parametrize("seed", range(200, 260))
def test_a_set_that_is_almost_a_point_is_not_empty(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 12))
    slopes = rng.choice([-1, 1], (2, count)) * 10.0 ** rng.uniform(-9, -1, (2, count))
    now = rng.random(count)
    lower, upper = np.maximum(now - 2e-6, 0), np.minimum(now + 2e-6, 1)
    bound = slopes @ np.where(slopes[0] < 0, upper, lower)  # the first row holds in one corner
    task = Program(
        np.hstack([slopes, -np.eye(2)]),
        bound,
        np.append(lower, [0, 0]),
        np.append(upper, [np.inf, np.inf]),
        np.zeros(2, np.bool_),
    )
    objectives = np.append(np.zeros(count), [1, 1]), np.append(rng.uniform(0, 1, count), [0, 0])
    found = minimise(task, objectives, np.ones(count + 2))
    assert (task.matrix @ found <= bound + 1e-7).all()
    assert (found >= task.lower).all()
    assert (found <= task.upper).all()
