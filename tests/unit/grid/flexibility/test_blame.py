"""Which limits a cut is blamed on: those that bind in the end and that the trade makes worse."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import TAN_PHI, Case, MakeCase

from platone.grid.flexibility.acceptance import NOTHING_KW, Acceptance, Changes, accept
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

MakeNetwork = Callable[..., Network]
BINDS, SURELY_BINDS = 2e-4, 5e-5
"""Distances from being broken, relative excess: at most of what is blamed, and of what must be."""
SURELY_MATERIAL = 0.2
"""Part of the strongest effect of a consumer on a limit that is far above the 5 % of the rule."""


def changes_of(*trades: tuple[int, float, float]) -> Changes:
    """Consumer, change in kW, price."""
    consumer, kw, price = (np.array(each) for each in zip(*trades, strict=True))
    count = len(trades)
    return Changes(
        np.zeros(count, np.int64), consumer, kw.astype(float), price, np.full(count, TAN_PHI)
    )


def power_with(power: ConsumerPower, changes: Changes, kw: np.ndarray) -> ConsumerPower:
    p_kw, q_kvar = power.p_kw.copy(), power.q_kvar.copy()
    np.add.at(p_kw[0], changes.consumer, kw)
    np.add.at(q_kvar[0], changes.consumer, kw * TAN_PHI)
    return ConsumerPower(p_kw, q_kvar)


def blamed(limits: Limits, found: Acceptance) -> dict[int, list[str]]:
    return {
        trade: [limits.state(limit, excess).element for limit, excess in against]
        for trade, against in found.against.items()
    }


@pytest.mark.parametrize(("first_a", "order"), [(70.0, ["line1", "line0"]), (50.0, None)])
def test_a_trade_behind_two_full_lines_is_cut_for_both(
    feeder: MakeNetwork, engine: GridModelPowerFlow, first_a: float, order: list[str] | None
) -> None:
    """POD-2 loads both lines, POD-1 only the first; both lines are full in the end."""
    network = feeder((first_a, 40.0))
    limits = Limits(network)
    p_kw = np.array([[0.0, 500.0, 600.0]])
    power = ConsumerPower(p_kw, p_kw * TAN_PHI)
    changes = changes_of((1, 900.0, 0.01), (2, 1500.0, 0.09), (1, -50.0, 0.01))
    found = accept(limits, engine, power, changes)
    told = blamed(limits, found)
    assert found.accepted_kw[2] == -50.0
    assert 0 < found.accepted_kw[1] < 1500.0
    assert told[0] == ["line0"]
    whole = engine.solve(network, power_with(power, changes, changes.change_kw))
    through_a = np.maximum(whole.from_a, whole.to_a)[0] / [first_a, 40.0]
    expected = [f"line{place}" for place in np.argsort(-through_a)]
    assert set(told[1]) <= set(expected)
    if order is not None:
        assert told[1] == order == expected
    for limit, excess in (each for against in found.against.values() for each in against):
        state = limits.state(limit, excess)
        ends = whole.from_a[0], whole.to_a[0]
        kind, place = limits.locate(limit)
        assert state.value == pytest.approx(ends[kind][place], rel=1e-9)


def test_the_limit_that_a_trade_relieves_is_not_blamed(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """Feeding in lifts the last bus to its upper limit; the overloaded first line it relieves."""
    network = feeder((60.0, 900.0), km=6.0, max_pu=1.02)
    limits = Limits(network)
    power = ConsumerPower(np.array([[0.0, 2400.0, 300.0]]), np.zeros((1, 3)))
    changes = changes_of((2, -9000.0, 0.05))
    found = accept(limits, engine, power, changes)
    assert -9000.0 < found.accepted_kw[0] < 0
    assert blamed(limits, found) == {0: ["bus2"]}
    before = limits.excess(engine.solve(network, power))[0]
    assert before.max() == max(before[0], before[2]) > 0.01  # the first line, which is relieved


@pytest.mark.parametrize("seed", range(30))
def test_blame_by_difference_quotients(
    random_tree: MakeCase, random_mesh: MakeCase, engine: GridModelPowerFlow, seed: int
) -> None:
    case: Case = (random_mesh if seed % 3 == 0 else random_tree)(seed)
    rng = np.random.default_rng(seed)
    limits, consumers = Limits(case.network), case.power.p_kw.shape[1]
    changes = changes_of(
        *(
            (place, float(rng.uniform(-300, 1200)), float(rng.choice([0.01, 0.05])))
            for place in range(consumers)
        )
    )
    found = accept(limits, engine, case.power, changes)

    def excess(kw: np.ndarray) -> np.ndarray:
        flow = engine.solve(case.network, power_with(case.power, changes, kw))
        return np.asarray(np.maximum(limits.excess(flow)[0], -10.0))  # no limit: -infinity

    final, whole = excess(found.accepted_kw), excess(changes.change_kw)
    step = 1.0 * np.eye(consumers)
    effect = np.stack(
        [(excess(found.accepted_kw + one) - excess(found.accepted_kw - one)) / 2 for one in step]
    )
    strongest = np.abs(effect).max(axis=0)
    for trade, kw in enumerate(changes.change_kw.tolist()):
        is_cut = abs(kw - found.accepted_kw[trade]) > NOTHING_KW
        assert is_cut == (trade in found.against)
        if not is_cut:
            continue
        against = dict(found.against[trade])
        worse = effect[trade] * np.sign(kw)
        for limit, told in against.items():
            assert final[limit] > -BINDS
            assert worse[limit] > 0
            assert told == pytest.approx(whole[limit], abs=1e-9)
        sure = (final > -SURELY_BINDS) & (worse > SURELY_MATERIAL * strongest)
        elements = {limits.same_element(limit) for limit in against}
        assert {limits.same_element(int(limit)) for limit in np.flatnonzero(sure)} <= elements
        assert list(against.values()) == sorted(against.values(), reverse=True)
