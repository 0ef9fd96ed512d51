"""Powers, bands and trades that do not fit are refused by name, before anything is calculated."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.grid.problem.calculation import FlexibilityInvalid, PowerFlowDiverged
from platone.grid.problem.study import (
    InstantsMissing,
    PowerInvalid,
    TradeInvalid,
    VoltageBandInvalid,
)
from platone.grid.study.limit import parse_voltage_band

from .conftest import NOON

COUNT = 18
GOOD = np.zeros((2, COUNT))


@pytest.mark.parametrize(
    ("p_kw", "q_kvar", "told"),
    [
        (np.zeros(COUNT), np.zeros(COUNT), r"\(instants, 18 consumers\), but is of shape \(18,\)"),
        (np.zeros((2, 17)), GOOD, r"p_kw must be of .*18 consumers.*\(2, 17\)"),
        (GOOD.T, GOOD.T, r"p_kw must be of .*18 consumers.*\(18, 2\)"),
        (GOOD, GOOD[:1], r"q_kvar must be of shape \(2 instants, 18 consumers\).*\(1, 18\)"),
        ([["1 kW"] * COUNT], GOOD[:1], "p_kw holds str"),
        (GOOD, GOOD + 0j, "q_kvar holds complex"),
        ([[1.0], [1.0, 2.0]], GOOD, "rows differ in length"),
        (np.full((2, COUNT), None), GOOD, "p_kw holds object"),
    ],
)
def test_power_of_another_shape_or_kind(
    cigre: grid.Network, p_kw: Any, q_kvar: Any, told: str
) -> None:
    power = grid.ConsumerPower(p_kw, q_kvar)
    for calculate in (
        lambda: grid.power_flow(cigre, power),
        lambda: grid.request(cigre, power, []),
        lambda: grid.validate(cigre, power, []),
        lambda: grid.power_flow(cigre, power, unbalanced=True),
    ):
        with pytest.raises(PowerInvalid, match=told):
            calculate()


def test_whole_numbers_are_numbers(cigre: grid.Network) -> None:
    power: Any = grid.ConsumerPower([[1] * COUNT], [[0] * COUNT])  # type: ignore[arg-type]
    assert grid.power_flow(cigre, power).voltage_pu.shape == (1, 15)


def test_power_that_is_none(cigre: grid.Network) -> None:
    wrong: Any = GOOD
    with pytest.raises(PowerInvalid, match=r"ConsumerPower or PowerSeries.*not as ndarray"):
        grid.power_flow(cigre, wrong)
    phases: Any = grid.PhasePower(np.zeros((1, COUNT, 3)), np.zeros((1, COUNT, 3)))
    with pytest.raises(PowerInvalid, match=r"not as PhasePower.*pass unbalanced=True"):
        grid.power_flow(cigre, phases)
    wrong = grid.PhasePower(np.zeros((1, COUNT)), np.zeros((1, COUNT)))
    with pytest.raises(PowerInvalid, match="18 consumers, 3 phases"):
        grid.power_flow(cigre, wrong, unbalanced=True)


def test_numbers_that_are_not_finite(cigre: grid.Network) -> None:
    second, noon = cigre.consumers[1].id, NOON.isoformat()
    for wrong in (np.nan, np.inf, -np.inf):
        q_kvar = GOOD.copy()
        q_kvar[1, 1] = wrong
        power = grid.ConsumerPower(GOOD, q_kvar)
        for calculate in (grid.power_flow, grid.outage):
            with pytest.raises(PowerInvalid, match=f"q_kvar of {second} is {wrong} at instant 1"):
                calculate(cigre, power)
        series = grid.PowerSeries((NOON - timedelta(minutes=15), NOON), power)
        with pytest.raises(PowerInvalid) as found:
            grid.request(cigre, series, [])
        assert f"{second} is {wrong} at {noon}" in found.value.detail
        assert found.value.fields["element"] == second
    phases = np.zeros((1, COUNT, 3))
    phases[0, 1, 2] = np.nan
    with pytest.raises(PowerInvalid, match=f"p_kw of {second} is nan at instant 0"):
        grid.power_flow(cigre, grid.PhasePower(phases, np.zeros((1, COUNT, 3))), unbalanced=True)


@pytest.mark.parametrize(
    ("instants", "told"),
    [
        ((NOON,), "1 instants for 2 rows"),
        ((NOON, datetime(2026, 6, 1)), "no datetime with a zone"),  # noqa: DTZ001
        (("2026-06-01", "2026-06-02"), "no datetime with a zone"),
    ],
)
def test_instants_that_do_not_fit(cigre: grid.Network, instants: Any, told: str) -> None:
    series = grid.PowerSeries(instants, grid.ConsumerPower(GOOD, GOOD))
    with pytest.raises(PowerInvalid, match=told):
        grid.power_flow(cigre, series)


@pytest.mark.parametrize(
    "band", [(1.1, 0.9), (-0.1, 1.1), (0.9, float("nan")), (0.9, 11), "0.9", (0.9,), 0.1]
)
def test_a_band_that_is_none(cigre: grid.Network, band: Any) -> None:
    with pytest.raises(VoltageBandInvalid):
        grid.power_flow(cigre, voltage_band=band)


def test_a_band_in_percent(cigre: grid.Network) -> None:
    told = "90 to 110 looks like percent; per unit is 0.9 to 1.1"
    with pytest.raises(VoltageBandInvalid, match=told):
        grid.power_flow(cigre, voltage_band=(90, 110))
    with pytest.raises(VoltageBandInvalid, match=told):
        grid.with_voltage_band(cigre, parse_voltage_band("90:110"))


@pytest.mark.parametrize(
    ("trade", "told"),
    [
        (("nobody", 0, 1.0, 0.1, 0.0), "nobody is not a consumer"),
        ((None, 2, 1.0, 0.1, 0.0), "quarter-hour 2; the study has 1"),
        ((None, 0, float("inf"), 0.1, 0.0), "not finite"),
    ],
)
def test_a_trade_that_does_not_fit(cigre: grid.Network, trade: tuple[Any, ...], told: str) -> None:
    pod_id, scenario, change_kw, price, tan = trade
    found = grid.Trade(
        pod_id=pod_id or cigre.loads[0].id,
        scenario=scenario,
        change_kw=change_kw,
        price_eur_per_kwh=price,
        kvar_per_kw=tan,
    )
    with pytest.raises(TradeInvalid, match=told):
        grid.validate(cigre, grid.snapshot(cigre), [found])


def test_flexibility_below_zero(cigre: grid.Network) -> None:
    wrong = grid.PodFlexibility(
        pod_id=cigre.loads[0].id, max_up_kw=-1.0, max_down_kw=0.0, kvar_per_kw=0.0
    )
    with pytest.raises(FlexibilityInvalid):
        grid.request(cigre, grid.snapshot(cigre), [wrong])


def test_an_instant_without_a_solution_is_named(
    cigre: grid.Network, two_instants: grid.PowerSeries
) -> None:
    power = two_instants.power
    power.p_kw[1] *= 1000
    for solve in (
        lambda: grid.power_flow(cigre, two_instants),
        lambda: grid.power_flow(cigre, two_instants, unbalanced=True),
        lambda: grid.request(cigre, two_instants, []),
        lambda: grid.validate(cigre, two_instants, []),
    ):
        with pytest.raises(PowerFlowDiverged, match="the first at 2026-06-01T12:15:00") as found:
            solve()
        assert found.value.fields["quarterHours"] == ["2026-06-01T12:15:00+00:00"]
    with pytest.raises(PowerFlowDiverged) as numbered:
        grid.power_flow(cigre, power)
    assert numbered.value.fields["quarterHours"] == [1]


def test_messages_need_instants(cigre: grid.Network) -> None:
    flow = grid.power_flow(cigre)
    with pytest.raises(InstantsMissing):
        flow.states()
    with pytest.raises(InstantsMissing):
        flow.alarms().message()
