"""Programs with choices against every choice, and duals by hand."""

import itertools
import random

import pytest

from platone.market.domain.mixed_program import MixedProgram, solve_mixed
from platone.market.domain.problem.outcome import ClearingFailed

INF = float("inf")


def test_variables_and_rows_are_numbered_as_they_come() -> None:
    program = MixedProgram()
    assert [program.variable(3.0, 4.0), program.choice(), program.variable(1.0, INF)] == [0, 1, 2]
    assert (program.cost, program.upper, program.whole) == ([3.0, 0.0, 1.0], [4.0, 1.0, INF], [1])
    program.row([(2, 1.0), (0, -1.0)], 0.0, 5.0)
    program.row([(1, 2.0)], -INF, 1.0)
    assert (program.starts, program.ends) == ([0, 2], [2, 3])
    assert (program.columns, program.values) == ([2, 0, 1], [1.0, -1.0, 2.0])
    assert (program.least, program.most) == ([0.0, -INF], [5.0, 1.0])


def test_without_choices_the_dual_is_what_one_more_costs() -> None:
    """Six are needed: four at 1 each, and two at 3; a second row that does not bind is worth 0."""
    program = MixedProgram()
    first, second = program.variable(1.0, 4.0), program.variable(3.0, 9.0)
    program.row([(first, 1.0), (second, 1.0)], 6.0, INF)
    program.row([(second, 1.0)], -INF, 8.0)
    found, duals = solve_mixed(program)
    assert found.tolist() == pytest.approx([4.0, 2.0])
    assert duals.tolist() == pytest.approx([3.0, 0.0])


def test_duals_are_those_of_what_is_left_to_choose() -> None:
    """A share of at least a half gives 10 for 5: of the 6 that are needed, each then costs 0.5."""
    program = MixedProgram()
    plain, share, chosen = program.variable(2.0, 4.0), program.variable(5.0, 1.0), program.choice()
    program.row([(plain, 1.0), (share, 10.0)], 6.0, INF)
    program.row([(share, 1.0), (chosen, -0.5)], 0.0, INF)
    program.row([(share, 1.0), (chosen, -1.0)], -INF, 0.0)
    found, duals = solve_mixed(program)
    assert found.tolist() == pytest.approx([0.0, 0.6, 1.0])
    assert duals[0] == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("coin", [1.0, 0.001, 2.0**40])
def test_no_choice_costs_less(seed: int, coin: float, capfd: pytest.CaptureFixture[str]) -> None:
    """Things of a size, taken whole, cover a need; what they do not cover costs 9 coins a unit."""
    rng = random.Random(seed)  # noqa: S311
    sizes = [rng.randint(1, 9) for _ in range(6)]
    costs = [float(rng.randint(1, 40)) for _ in sizes]
    need = float(rng.randint(5, 25))
    program = MixedProgram()
    chosen = [program.choice() for _ in sizes]
    bought = [program.variable(cost * coin, 1.0) for cost in costs]
    slack = program.variable(9.0 * coin, need)
    for thing, choice in zip(bought, chosen, strict=True):
        program.row([(thing, 1.0), (choice, -1.0)], 0.0, 0.0)
    terms = [(thing, float(size)) for thing, size in zip(bought, sizes, strict=True)]
    program.row([*terms, (slack, 1.0)], need, INF)
    found, _ = solve_mixed(program)
    least = min(
        sum(cost for cost, taken in zip(costs, way, strict=True) if taken)
        + 9.0 * max(0.0, need - sum(size for size, taken in zip(sizes, way, strict=True) if taken))
        for way in itertools.product((False, True), repeat=len(sizes))
    )
    told = sum(cost * found[at] for cost, at in zip(costs, bought, strict=True))
    assert told + 9.0 * found[slack] == pytest.approx(least, rel=2e-4)
    assert all(min(abs(found[at]), abs(found[at] - 1)) < 1e-9 for at in chosen)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("choices", [0, 1])
def test_what_cannot_be_is_said(choices: int) -> None:
    program = MixedProgram()
    columns = [program.variable(1.0, 2.0), *(program.choice() for _ in range(choices))]
    program.row([(column, 1.0) for column in columns], 4.0, INF)
    with pytest.raises(ClearingFailed) as failed:
        solve_mixed(program)
    assert failed.value.fields == {"status": "kInfeasible"}
