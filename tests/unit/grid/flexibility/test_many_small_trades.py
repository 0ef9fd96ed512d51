"""The effects of many small trades add up: a limit that is broken anyway gets no worse by them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.unit.grid.flexibility.conftest import Case, MakeCase, Worst

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flexibility.acceptance import Changes, accept
from platone.grid.flexibility.validation import Trade, Validation, validate
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.model import Network

DATA = Path(__file__).parents[3] / "data" / "grid" / "flexibility"
TAN_PHI = 0.3
BEFORE_PU = 0.97877
"""Voltage of bus/2 without any trade, by the case's own description."""
LAST_DIGIT_KW = 0.2
"""What a hundred-thousandth of 40 trades of 500 kW is."""


@pytest.fixture(scope="module")
def network() -> Network:
    return read_pandapower((DATA / "validate_many_small_net.json").read_bytes())


def judge(network: Network, engine: GridModelPowerFlow, count: int) -> tuple[Validation, float]:
    """Return the validation of the trades, and the voltage of bus/2 with what is accepted."""
    with (DATA / f"validate_many_small_{count}.csv").open() as file:
        rows = list(csv.DictReader(file))
    trades = [
        Trade(
            pod_id=row["element"],
            scenario=0,
            change_kw=float(row["changeKw"]),
            price_eur_per_kwh=float(row["eurPerKwh"]),
            kvar_per_kw=TAN_PHI,
        )
        for row in rows
    ]
    power = snapshot(network)
    found = validate(Limits(network), engine, power, trades)
    for trade, verdict in zip(trades, found.verdicts, strict=True):
        place = network.consumer_position[trade.pod_id]
        power.p_kw[0, place] += verdict.accepted_kw
        power.q_kvar[0, place] += TAN_PHI * verdict.accepted_kw
    return found, float(engine.solve(network, power).voltage_pu[0, 2])


def test_no_number_of_trades_makes_a_broken_limit_worse(
    network: Network, engine: GridModelPowerFlow
) -> None:
    few, few_pu = judge(network, engine, 40)
    many, many_pu = judge(network, engine, 60)
    assert round(few_pu, 5) >= BEFORE_PU
    assert round(many_pu, 5) >= BEFORE_PU
    few_kw, many_kw = (sum(v.accepted_kw for v in found.verdicts) for found in (few, many))
    assert many_kw >= few_kw - LAST_DIGIT_KW
    for verdict in (*few.verdicts, *many.verdicts):
        assert [cause.element for cause in verdict.causes] == ["bus/2"]


def with_relief(network: Network, engine: GridModelPowerFlow, relief_kw: float) -> list[float]:
    """Return what is accepted of 20 small trades beside one that relieves bus/2."""
    trades = [
        Trade(
            pod_id=f"load/{i}",
            scenario=0,
            change_kw=500.0,
            price_eur_per_kwh=0.05,
            kvar_per_kw=TAN_PHI,
        )
        for i in range(1, 21)
    ]
    trades.append(
        Trade(
            pod_id="load/0",
            scenario=0,
            change_kw=-relief_kw,
            price_eur_per_kwh=0.05,
            kvar_per_kw=TAN_PHI,
        )
    )
    found = validate(Limits(network), engine, snapshot(network), trades)
    return [verdict.accepted_kw for verdict in found.verdicts]


def test_what_relieves_the_limit_makes_room_for_the_small_ones(
    network: Network, engine: GridModelPowerFlow
) -> None:
    *none, _ = with_relief(network, engine, 1.0)
    *some, helped = with_relief(network, engine, 100.0)
    assert helped == -100.0
    assert sum(some) > sum(none) + 500.0
    assert max(some) == pytest.approx(min(some), rel=1e-3)


@pytest.mark.parametrize("seed", range(40))
def test_in_random_networks_nothing_gets_worse(
    random_tree: MakeCase,
    random_mesh: MakeCase,
    engine: GridModelPowerFlow,
    worst_by_pandapower: Worst,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    case: Case = (random_mesh if seed % 2 else random_tree)(seed)
    consumers, count = case.power.p_kw.shape[1], int(rng.integers(20, 80))
    at = rng.integers(0, consumers, count)
    changes = Changes(
        np.zeros(count, np.int64),
        at,
        rng.normal(0, rng.choice([30, 300]), count),
        rng.choice([0.0, 0.01, 0.05], count),
        np.full(count, TAN_PHI),
    )
    found = accept(Limits(case.network), engine, case.power, changes)
    after = ConsumerPower(case.power.p_kw.copy(), case.power.q_kvar.copy())
    np.add.at(after.p_kw[0], at, found.accepted_kw)
    np.add.at(after.q_kvar[0], at, TAN_PHI * found.accepted_kw)
    limits = Limits(case.network)
    before = limits.of_elements(limits.excess(engine.solve(case.network, case.power)))[0]
    excess = limits.excess(engine.solve(case.network, after))[0]
    assert (excess <= np.maximum(before, 0.0) + 2e-5).all()
    allowed = max(worst_by_pandapower(case.network, case.power), 0.0) + 2e-5
    assert worst_by_pandapower(case.network, after) < allowed
    cut = np.flatnonzero(found.accepted_kw != changes.change_kw)
    assert set(cut.tolist()) == set(found.against)
    assert all(found.against.values())
