"""However a market splits what is asked of a group among its members, the limits hold."""

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import TAN_PHI, Case, MakeCase, Worst

from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower

MARGIN_KW = 2000.0
SPLITS = 24
REVERSED = (98, 134, 146)
"""Trees in which taking all from one member turns the current in its line round."""


def split(found: FlexibilityNeed, rng: np.random.Generator) -> dict[str, float]:
    """Changes of the members, taken in any order, each up to its margin."""
    changes: dict[str, float] = {}
    for need in found.needs:
        left = abs(need.change_kw)
        for place in rng.permutation(len(need.pods)):
            taken = min(left, MARGIN_KW)
            left -= taken
            changes[need.pods[place]] = float(np.copysign(taken, need.change_kw))
    return changes


def worst_split(
    case: Case, found: FlexibilityNeed, engine: GridModelPowerFlow, seed: int
) -> dict[str, float]:
    """The one of many that our own engine finds worst; others judge it."""
    rng = np.random.default_rng(seed)
    ways = [split(found, rng) for _ in range(SPLITS)]
    powers = [case.changed(way) for way in ways]
    together = ConsumerPower(
        np.concatenate([each.p_kw for each in powers]),
        np.concatenate([each.q_kvar for each in powers]),
    )
    excess = Limits(case.network).excess(engine.solve(case.network, together))
    return ways[int(excess.max(axis=1).argmax())]


def check(
    case: Case, engine: GridModelPowerFlow, worst: Worst, seed: int, allowed: float
) -> FlexibilityNeed:
    pods = [
        PodFlexibility(
            pod_id=point.pod_id, max_up_kw=MARGIN_KW, max_down_kw=MARGIN_KW, kvar_per_kw=TAN_PHI
        )
        for point in case.network.connection_points
    ]
    found = size_request(Limits(case.network), engine, case.power, pods)
    named = max((each.violation.excess for each in found.incurable), default=0.0)
    if found.violations:
        way = worst_split(case, found, engine, seed)
        assert worst(case.network, case.changed(way)) < named + allowed
    return found


@pytest.mark.parametrize("seed", [*range(16), *REVERSED])
def test_on_trees(
    random_tree: MakeCase, engine: GridModelPowerFlow, worst_by_pandapower: Worst, seed: int
) -> None:
    check(random_tree(seed), engine, worst_by_pandapower, seed, 5e-5)


@pytest.mark.parametrize("seed", range(16))
def test_in_meshes(
    random_mesh: MakeCase, engine: GridModelPowerFlow, worst_by_pandapower: Worst, seed: int
) -> None:
    check(random_mesh(seed), engine, worst_by_pandapower, seed, 2e-3)


def test_there_is_something_to_split(
    random_tree: MakeCase, engine: GridModelPowerFlow, worst_by_pandapower: Worst
) -> None:
    # without it the tests above could pass with single members only
    found = [
        check(random_tree(seed), engine, worst_by_pandapower, seed, 5e-5) for seed in range(16)
    ]
    assert sum(any(len(need.pods) > 1 for need in each.needs) for each in found) >= 4
