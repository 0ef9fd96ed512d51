"""Runs of more quarter-hours than are calculated at once: each as it would be by itself."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone.grid.flexibility.request import (
    PodFlexibility,
    RequestCost,
    greatest_gap,
    size_request,
    summed_costs,
)
from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow import chunk
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

MakeNetwork = Callable[..., Network]
TAN_PHI = 0.4
SCENARIOS = 4200
"""Some three weeks beyond four: two whole parts of 2048 quarter-hours, and a piece of a third."""
TRADED = (3, 2046, 2047, 2048, 2050, 4095, 4096, 4199)
"""Quarter-hours with trades, on both sides of each seam."""
BROKEN = (7, 2047, 2049, 4096, 4198)
"""Quarter-hours in which the baseline itself breaks a limit, two of them with trades."""


def run_of(network: Network) -> ConsumerPower:
    """Another power in each quarter-hour, so that a confused place is seen."""
    rng = np.random.default_rng(11)
    p_kw = rng.uniform(400, 600, (SCENARIOS, len(network.consumers)))
    p_kw[list(BROKEN), -1] += np.linspace(900, 1300, len(BROKEN))
    return ConsumerPower(p_kw, p_kw * TAN_PHI)


def trades_of(scenarios: Sequence[int]) -> list[Trade]:
    """Trades that overload the second line, one that relieves, and one of nothing; in odd order."""
    rng = np.random.default_rng(12)
    found = [
        Trade(
            pod_id=pod,
            scenario=scenario,
            change_kw=change_kw,
            price_eur_per_kwh=float(rng.choice([0.0, 0.02, 0.05])),
            kvar_per_kw=TAN_PHI,
        )
        for scenario in scenarios
        for pod, change_kw in (
            ("POD-1", float(rng.uniform(100, 300))),
            ("POD-2", float(rng.uniform(700, 1100))),
            ("POD-2", float(rng.uniform(200, 300))),
            ("POD-2", float(rng.uniform(-200, -100))),
            ("POD-2", 0.0),
        )
    ]
    return [found[place] for place in rng.permutation(len(found))]


def alone(
    network: Network, engine: GridModelPowerFlow, power: ConsumerPower, trades: list[Trade], at: int
) -> Validation:
    own = [replace(trade, scenario=0) for trade in trades if trade.scenario == at]
    part = ConsumerPower(power.p_kw[at : at + 1], power.q_kvar[at : at + 1])
    return validate(Limits(network), engine, part, own)


def test_a_long_runs_verdicts_are_those_of_each_quarter_hour_alone(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((200.0, 42.0))
    power, trades, left = run_of(network), trades_of(TRADED), list[int]()
    whole = validate(Limits(network), engine, power, trades, left.append)
    assert len(whole.verdicts) == len(trades)
    cut = 0
    for at in TRADED:
        by_itself = alone(network, engine, power, trades, at)
        own = [
            verdict
            for trade, verdict in zip(trades, whole.verdicts, strict=True)
            if trade.scenario == at
        ]
        for ours, theirs in zip(own, by_itself.verdicts, strict=True):
            assert ours.accepted_kw == pytest.approx(theirs.accepted_kw, abs=0.02)
            assert [each.element for each in ours.causes] == [
                each.element for each in theirs.causes
            ]
            assert [each.value for each in ours.causes] == pytest.approx(
                [each.value for each in theirs.causes], rel=1e-6
            )
            cut += bool(ours.causes)
    assert cut >= len(TRADED)
    assert left == sorted(left, reverse=True)
    assert [each for each in dict.fromkeys(left) if each in {2152, 104, 0}] == [
        SCENARIOS - 2048,
        SCENARIOS - 4096,
        0,
    ]


def test_a_long_runs_alarms_name_their_quarter_hours_the_worst_first(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((200.0, 42.0))
    power, trades = run_of(network), trades_of(TRADED)
    whole = validate(Limits(network), engine, power, trades)
    at_all = sorted({*TRADED, *BROKEN})
    singles = {at: alone(network, engine, power, trades, at) for at in at_all}
    for told, name in ((whole.violations, "violations"), (whole.left, "left")):
        expected = sorted(
            (-each.excess, at, each.state.element)
            for at, found in singles.items()
            for each in getattr(found, name)
        )
        assert [each.excess for each in told] == sorted(
            (each.excess for each in told), reverse=True
        )
        assert [(each.scenario, each.state.element) for each in told] == [
            (at, element) for _, at, element in expected
        ]
    assert {each.scenario for each in whole.left} == set(BROKEN)
    assert {each.scenario for each in whole.violations} == set(at_all)


def test_a_long_runs_request_is_that_of_each_quarter_hour_alone(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    network = feeder((200.0, 42.0))
    power = run_of(network)
    pods = [
        PodFlexibility(
            pod_id=f"POD-{number}",
            max_up_kw=100.0,
            max_down_kw=1500.0,
            kvar_per_kw=TAN_PHI,
            cost_eur_per_kwh=0.1,
        )
        for number in (1, 2)
    ]
    for in_groups in (True, False):
        left = list[int]()
        whole = size_request(Limits(network), engine, power, pods, left.append, in_groups=in_groups)
        singles = {
            at: size_request(
                Limits(network),
                engine,
                ConsumerPower(power.p_kw[at : at + 1], power.q_kvar[at : at + 1]),
                pods,
                in_groups=in_groups,
            )
            for at in BROKEN
        }
        assert [(each.scenario, each.pods) for each in whole.needs] == [
            (at, each.pods) for at, found in singles.items() for each in found.needs
        ]
        assert [each.change_kw for each in whole.needs] == pytest.approx(
            [each.change_kw for found in singles.values() for each in found.needs], rel=1e-4
        )
        assert [each.baseline_kw for each in whole.needs] == pytest.approx(
            [power.p_kw[at, -1] for at in BROKEN]
        )
        for told, alone_found in zip(whole.costs, singles.values(), strict=True):
            (by_itself,) = alone_found.costs
            assert told.asked == pytest.approx(by_itself.asked, rel=1e-4)
            assert told.least == pytest.approx(by_itself.least, rel=1e-4)
        assert [each.scenario for each in whole.costs] == list(BROKEN)
        order = sorted(BROKEN, key=lambda at: -singles[at].violations[0].excess)
        assert [each.scenario for each in whole.violations] == order
        assert whole.gap == max(found.gap or 0.0 for found in singles.values())
        assert left == sorted(left, reverse=True)
        assert left[-1] == 0


def test_progress_never_counts_backwards_and_knows_both_halves(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """Ten broken quarter-hours; by groups each counts half when its single PoDs are done."""
    network = feeder((200.0, 42.0))
    power = run_of(network)
    many = ConsumerPower(power.p_kw[list(BROKEN) * 2], power.q_kvar[list(BROKEN) * 2])
    pods = [PodFlexibility(pod_id="POD-2", max_up_kw=0.0, max_down_kw=1500.0, kvar_per_kw=TAN_PHI)]
    for in_groups, after_singles in ((False, 0), (True, 5)):
        left = list[int]()
        size_request(Limits(network), engine, many, pods, left.append, in_groups=in_groups)
        assert left == sorted(left, reverse=True)
        assert after_singles in left
        assert min(left) >= 0
        assert max(left) <= 10
        assert left[-1] == 0


def test_a_gap_that_is_not_known_makes_the_whole_unknown() -> None:
    assert greatest_gap([]) == 0.0
    assert greatest_gap([1e-6, 3e-5, 0.0]) == 3e-5
    assert greatest_gap([1e-6, None, 3e-5]) is None
    assert greatest_gap([0.0]) == 0.0


def test_costs_of_parts_add_up_by_quarter_hour() -> None:
    parts = [RequestCost(5, 3.0, 2.0), RequestCost(1, 1.0, 0.5), RequestCost(5, 0.25, 0.125)]
    assert summed_costs(parts) == (RequestCost(1, 1.0, 0.5), RequestCost(5, 3.25, 2.125))
    assert summed_costs([]) == ()


def test_a_gap_is_stated_where_it_is_proven(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """On a radial network; in a ring there is none, and the whole run has none."""
    pods = [PodFlexibility(pod_id="POD-2", max_up_kw=0.0, max_down_kw=1500.0, kvar_per_kw=TAN_PHI)]
    quiet, broken = [0.0, 100.0, 100.0], [0.0, 300.0, 2200.0]
    gaps = []
    for ring in (False, True):
        network = feeder((200.0, 42.0, 42.0) if ring else (200.0, 42.0), ring=ring)
        p_kw = np.array([quiet, broken, quiet])
        found = size_request(
            Limits(network), engine, ConsumerPower(p_kw, p_kw * TAN_PHI), pods, in_groups=False
        )
        assert {each.scenario for each in found.needs} == {1}
        gaps.append(found.gap)
    assert gaps[0] is not None
    assert 0.0 <= gaps[0] <= 1e-4
    assert gaps[1] is None


OWN_KW, TRADED_KW, DARK_KW = 500.0, 1000.0, 1e8
"""Baselines and trades that overload the second line together; a power without a solution."""


def nine_and_sixteen(network: Network) -> tuple[ConsumerPower, list[Trade]]:
    """Twenty quarter-hours; POD-2 trades in two of them, in the second and third part of seven."""
    p_kw = np.full((20, len(network.consumers)), OWN_KW)
    trades = [
        Trade(
            pod_id="POD-2",
            scenario=scenario,
            change_kw=TRADED_KW,
            price_eur_per_kwh=0.1,
            kvar_per_kw=TAN_PHI,
        )
        for scenario in (16, 9)
    ]
    return ConsumerPower(p_kw, p_kw * TAN_PHI), trades


@pytest.mark.parametrize("at", [9, 16])
def test_a_baseline_without_solution_is_named_by_its_place(
    feeder: MakeNetwork, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The trade leads back to what can be; the baseline is asked for where a limit is broken."""
    network = feeder((200.0, 42.0))
    power, trades = nine_and_sixteen(network)
    power.p_kw[at, -1] += DARK_KW
    power.q_kvar[at, -1] = OWN_KW * TAN_PHI
    back = [
        replace(trade, change_kw=TRADED_KW - DARK_KW, kvar_per_kw=0.0)
        if trade.scenario == at
        else trade
        for trade in trades
    ]
    monkeypatch.setattr(chunk, "_MOST", 7)
    with pytest.raises(PowerFlowDiverged) as refused:
        validate(Limits(network), engine, power, back)
    assert refused.value.fields["quarterHours"] == [at]


class Fragile:
    """An engine that finds no state where POD-2 withdraws less than it traded, and more than own.

    So a cut trade has none.
    """

    def __init__(self, engine: GridModelPowerFlow) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def solve(self, network: Network, power: ConsumerPower) -> Flow:
        last = power.p_kw[:, -1]
        cut = (last > OWN_KW + 1.0) & (last < OWN_KW + TRADED_KW - 1.0)
        if cut.any():
            raise PowerFlowDiverged("It is dark.", quarterHours=np.flatnonzero(cut).tolist())
        return self._engine.solve(network, power)


def test_a_cut_without_solution_is_named_by_its_place(
    feeder: MakeNetwork, engine: GridModelPowerFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = feeder((200.0, 42.0))
    power, trades = nine_and_sixteen(network)
    monkeypatch.setattr(chunk, "_MOST", 7)
    for scenario in (9, 16):
        own = [trade for trade in trades if trade.scenario == scenario]
        assert validate(Limits(network), engine, power, own).verdicts[0].causes
        with pytest.raises(PowerFlowDiverged) as refused:
            validate(Limits(network), Fragile(engine), power, own)
        assert refused.value.fields["quarterHours"] == [scenario]
    monkeypatch.setattr(chunk, "_MOST", 20)
    with pytest.raises(PowerFlowDiverged) as both:
        validate(Limits(network), Fragile(engine), power, trades)
    assert both.value.fields["quarterHours"] == [9, 16]
