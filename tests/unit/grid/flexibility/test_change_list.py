"""Changes of many quarter-hours in one list: each is found, applied and judged in its own."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from platone.grid.flexibility.acceptance import Acceptance, Changes, accept
from platone.grid.flow import chunk as module
from platone.grid.flow.chunk import Chunk
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

TAN_PHI = 0.4
MakeNetwork = Callable[..., Network]


def changes_of(*rows: tuple[int, int, float]) -> Changes:
    """Quarter-hour, consumer and kW of each; prices rise with the place."""
    scenario, consumer, kw = zip(*rows, strict=True)
    prices = np.linspace(0.01, 0.01 * len(rows), len(rows))
    return Changes(
        np.array(scenario), np.array(consumer), np.array(kw), prices, np.full(len(rows), TAN_PHI)
    )


ODD = changes_of((2, 0, 1.0), (3, 1, 2.0), (6, 0, -4.0), (7, 0, 8.0), (3, 1, 16.0), (4, 0, 32.0))


def part() -> Chunk:
    """The quarter-hours 3 to 6 of a run, two consumers."""
    p_kw = np.arange(8.0).reshape(4, 2)
    return Chunk(3, ConsumerPower(p_kw, 10 * p_kw))


def test_changes_are_found_by_their_place_in_the_run() -> None:
    assert ODD.within(part()).tolist() == [1, 2, 4, 5]


def test_changes_of_one_consumer_add_up_with_their_reactive_power() -> None:
    given = part()
    after = ODD.applied(given, ODD.change_kw / 2)
    moved = np.array([[0.0, 9.0], [16.0, 0.0], [0.0, 0.0], [-2.0, 0.0]])
    assert after.p_kw.tolist() == (given.power.p_kw + moved).tolist()
    assert after.q_kvar == pytest.approx(given.power.q_kvar + moved * TAN_PHI)
    assert given.power.p_kw.tolist() == part().power.p_kw.tolist()


def test_a_change_of_reactive_power_moves_that_alone() -> None:
    given = part()
    mixed = replace(ODD, is_reactive=np.array([False, True, True, False, False, True]))
    after = mixed.applied(given, mixed.change_kw / 2)
    kw = np.array([[0.0, 8.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    kvar = np.array([[0.0, 1.0 + 8.0 * TAN_PHI], [16.0, 0.0], [0.0, 0.0], [-2.0, 0.0]])
    assert after.p_kw.tolist() == (given.power.p_kw + kw).tolist()
    assert after.q_kvar == pytest.approx(given.power.q_kvar + kvar)


def test_of_reactive_power_as_much_is_taken_as_a_line_bears(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """By a power flow of its own: with what is taken the line is full, with all it would break."""
    network = feeder((200.0, 42.0))
    limits, power = (
        Limits(network),
        ConsumerPower(np.array([[100.0, 500.0, 500.0]]), np.zeros((1, 3))),
    )
    changes = replace(
        changes_of((0, 2, 2000.0), (0, 1, 300.0)), is_reactive=np.array([True, False])
    )
    found = accept(limits, engine, power, changes)
    kvar, kw = found.accepted_kw
    assert kw == 300.0
    assert 0 < kvar < 2000.0
    for taken_kvar, most in ((kvar, 1e-4), (2000.0, np.inf)):
        after = ConsumerPower(
            np.array([[100.0, 500.0 + kw, 500.0]]),
            np.array([[0.0, kw * TAN_PHI, taken_kvar]]),
        )
        excess = float(limits.excess(engine.solve(network, after)).max())
        assert -1e-4 < excess < most
    assert found.violations[0].excess == pytest.approx(excess, abs=1e-6)


def run() -> tuple[ConsumerPower, Changes]:
    """Eight quarter-hours; in some the changes overload the second line, one is broken anyway."""
    p_kw = np.array([[100.0, 500.0, 500.0 + 20 * at] for at in range(8)])
    p_kw[5, 2] = 2000.0
    rows = [(at, 2, 600.0 + 150 * at) for at in (6, 0, 3, 7, 5)]
    rows += [(3, 2, 300.0), (3, 1, -50.0), (1, 2, 10.0), (7, 2, 400.0)]
    return ConsumerPower(p_kw, p_kw * TAN_PHI), changes_of(*rows)


def alone(limits: Limits, engine: GridModelPowerFlow, at: int) -> tuple[np.ndarray, Acceptance]:
    power, changes = run()
    own = np.flatnonzero(changes.scenario == at)
    single = Changes(
        np.zeros(len(own), np.int64),
        changes.consumer[own],
        changes.change_kw[own],
        changes.price_eur_per_kwh[own],
        changes.kvar_per_kw[own],
    )
    here = ConsumerPower(power.p_kw[at : at + 1], power.q_kvar[at : at + 1])
    return own, accept(limits, engine, here, single)


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_each_quarter_hour_is_judged_as_if_alone(
    feeder: MakeNetwork,
    engine: GridModelPowerFlow,
    monkeypatch: pytest.MonkeyPatch,
    at_once: int,
) -> None:
    limits = Limits(feeder((200.0, 42.0)))
    singles = {at: alone(limits, engine, at) for at in range(8)}
    monkeypatch.setattr(module, "_MOST", at_once)
    power, changes = run()
    left: list[int] = []
    found = accept(limits, engine, power, changes, left.append)
    blamed: dict[int, list[int]] = {}
    for own, single in singles.values():
        assert found.accepted_kw[own] == pytest.approx(single.accepted_kw, abs=0.01)
        blamed |= {
            int(own[place]): [limit for limit, _ in each] for place, each in single.against.items()
        }
    told = {change: [limit for limit, _ in each] for change, each in found.against.items()}
    assert told == blamed
    assert {int(changes.scenario[change]) for change in told} == {3, 5, 6, 7}
    for name in ("violations", "left"):
        expected = sorted(
            (-each.excess, at) for at, (_, one) in singles.items() for each in getattr(one, name)
        )
        listed = getattr(found, name)
        assert [each.scenario for each in listed] == [at for _, at in expected]
        assert [-each.excess for each in listed] == pytest.approx(
            [x for x, _ in expected], abs=1e-5
        )
    assert {each.scenario for each in found.left} == {5}
    assert left == sorted(left, reverse=True)
    assert left[0] <= 8
    assert left[-1] == 0


def test_without_changes_nothing_is_cut(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    power, _ = run()
    nothing = np.zeros(0)
    none = Changes(nothing.astype(int), nothing.astype(int), nothing, nothing, nothing)
    found = accept(Limits(feeder((200.0, 42.0))), engine, power, none)
    assert (len(found.accepted_kw), found.against) == (0, {})
    assert [each.scenario for each in found.violations] == [5]
    assert [each.scenario for each in found.left] == [5]
