"""Linear programs: solutions are proven by their duals, whatever the units of rows and columns."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from platone.market.domain.linear_program import Program, _units, solve
from platone.market.domain.problem.outcome import ClearingFailed

Floats = NDArray[np.float64]


def random_program(seed: int, rows: int, columns: int) -> tuple[Program, Floats]:
    """A program that some x keeps, many of its coefficients 0; and that x."""
    draw = np.random.default_rng(seed)
    matrix = draw.choice([-2.0, -1.0, 0.0, 0.0, 1.0, 3.0], (rows, columns))
    upper = draw.uniform(1.0, 9.0, columns)
    inside = upper * draw.uniform(0.2, 0.8, columns)
    at = matrix @ inside
    least = np.where(draw.random(rows) < 0.6, at - draw.uniform(0.0, 1.0, rows), -np.inf)
    most = np.where(draw.random(rows) < 0.6, at + draw.uniform(0.0, 1.0, rows), np.inf)
    cost = draw.uniform(-5.0, 5.0, columns)
    return Program(cost=cost, upper=upper, matrix=matrix, least=least, most=most), inside


def in_units(program: Program, row_unit: Floats, column_unit: Floats) -> Program:
    """The same program, its rows and variables counted in other units."""
    return Program(
        cost=program.cost * column_unit,
        upper=program.upper / column_unit,
        matrix=row_unit[:, None] * program.matrix * column_unit,
        least=program.least * row_unit,
        most=program.most * row_unit,
    )


def assert_least(program: Program, found: Floats, duals: Floats) -> None:
    """Check the conditions of Karush, Kuhn and Tucker, which prove that nothing costs less."""
    near = 1e-6
    assert (found >= 0).all()
    assert (found <= program.upper).all()
    done = program.matrix @ found
    assert (done >= program.least - near).all()
    assert (done <= program.most + near).all()
    reduced = program.cost - program.matrix.T @ duals
    assert found[reduced > near] == pytest.approx(0.0, abs=near)
    assert found[reduced < -near] == pytest.approx(program.upper[reduced < -near], abs=near)
    assert done[duals > near] == pytest.approx(program.least[duals > near], abs=near)
    assert done[duals < -near] == pytest.approx(program.most[duals < -near], abs=near)


@pytest.mark.parametrize("seed", range(30))
def test_solutions_are_proven_by_their_duals(seed: int) -> None:
    program, _ = random_program(seed, rows=1 + seed % 5, columns=2 + seed % 7)
    assert_least(program, *solve(program))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("power", [10, 33, 46])
def test_the_unit_of_costs_does_not_show(seed: int, power: int) -> None:
    """A price of 100,000 in steps of a millionth, and what is dearer than any price."""
    program, _ = random_program(seed, rows=4, columns=9)
    found, duals = solve(program)
    dear = dataclasses.replace(program, cost=program.cost * 2.0**power)
    again, its_duals = solve(dear)
    assert again == pytest.approx(found, abs=1e-9)
    assert its_duals == pytest.approx(duals * 2.0**power, rel=1e-9, abs=1e-6 * 2.0**power)


@pytest.mark.parametrize("seed", range(30))
def test_units_of_rows_and_columns_do_not_show(seed: int) -> None:
    """An element of which a kilowatt moves a billionth counts as one of which it moves a whole."""
    program, _ = random_program(seed, rows=3, columns=6)
    draw = np.random.default_rng(seed + 1000)
    row_unit = np.ldexp(np.ones(3), draw.integers(-40, 41, 3))
    column_unit = np.ldexp(np.ones(6), draw.integers(-6, 7, 6))
    plain, plain_duals = solve(program)
    found, duals = solve(in_units(program, row_unit, column_unit))
    assert found * column_unit == pytest.approx(plain, abs=1e-6)
    assert duals * row_unit == pytest.approx(plain_duals, abs=1e-6)


def test_by_hand() -> None:
    """Least 2a + 3b with a + b >= 4 and a <= 3: three of a and one of b; a unit more costs 3."""
    program = Program(
        cost=np.array([2.0, 3.0]),
        upper=np.array([3.0, 9.0]),
        matrix=np.array([[1.0, 1.0]]),
        least=np.array([4.0]),
        most=np.array([np.inf]),
    )
    found, duals = solve(program)
    assert found.tolist() == [3.0, 1.0]
    assert duals.tolist() == [3.0]


def test_less_than_one_and_nothing_are_found() -> None:
    program = Program(
        cost=np.array([2.0, 3.0]),
        upper=np.array([0.25, 9.0]),
        matrix=np.array([[1.0, 1.0]]),
        least=np.array([0.125]),
        most=np.array([np.inf]),
    )
    assert solve(program)[0].tolist() == [0.125, 0.0]


def test_where_nothing_can_change_the_solution_is_empty() -> None:
    nothing = np.empty(0)
    program = Program(
        cost=nothing,
        upper=nothing,
        matrix=np.empty((2, 0)),
        least=np.array([-1.0, -2.0]),
        most=np.array([1.0, 2.0]),
    )
    found, duals = solve(program)
    assert found.shape == (0,)
    assert duals.tolist() == [0.0, 0.0]


def test_a_program_without_solution_is_told() -> None:
    program = Program(
        cost=np.array([1.0]),
        upper=np.array([1.0]),
        matrix=np.array([[1.0]]),
        least=np.array([2.0]),
        most=np.array([np.inf]),
    )
    with pytest.raises(ClearingFailed) as failed:
        solve(program)
    assert failed.value.fields["status"] == "kInfeasible"


def test_the_solver_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    solve(random_program(0, 3, 4)[0])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(20))
def test_units_bring_coefficients_near_one_and_change_no_digit(seed: int) -> None:
    draw = np.random.default_rng(seed)
    matrix = draw.uniform(0.5, 1.0, (5, 8)) * draw.choice([-1.0, 1.0], (5, 8))
    matrix *= 10.0 ** draw.uniform(-9.0, 9.0, (5, 1))
    matrix[:, draw.integers(0, 8)] *= 1e-4
    matrix[draw.random((5, 8)) < 0.4] = 0.0
    matrix[2], matrix[:, 3] = 0.0, 0.0
    row_unit, column_unit = _units(matrix)

    for unit in (row_unit, column_unit):
        assert (np.frexp(unit)[0] == 0.5).all()  # powers of two
    half = 2.0**0.5 + 1e-12
    for row, unit in zip(np.abs(matrix), row_unit.tolist(), strict=True):
        given = sorted(row[row > 0].tolist())
        middle = (given[(len(given) - 1) // 2] + given[len(given) // 2]) / 2 if given else 1.0
        assert 1 / half <= middle * unit <= half
    largest = np.abs(matrix * row_unit[:, None] * column_unit).max(axis=0)
    largest[~matrix.any(axis=0)] = 1.0
    assert (largest <= half).all()
    assert (largest >= 1 / half).all()
    assert row_unit[2] == 1.0
    assert column_unit[3] == 1.0
