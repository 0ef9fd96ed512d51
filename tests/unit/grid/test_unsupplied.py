"""Consumers that an outage or a switching leaves without supply have an alarm of their own."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.cli.alarm_text import NetworkWords
from platone.cli.grid_text import PowerFlowSummary, validation_text
from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.network.event import Switching, happened
from platone.grid.network.model import Network
from platone.messages.grid import CutReason, ValidatedTrade, ValidationRun

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

NOON = datetime(2026, 6, 23, 12, 0, tzinfo=UTC)
MakeNetwork = Callable[..., Network]


@pytest.fixture
def cut(feeder: MakeNetwork) -> Network:
    """bus2 and bus3 hang behind a line that is off; at bus3 there are a PoD and a load."""
    network = feeder((90.0, 60.0, 40.0))
    lines = tuple(
        replace(line, zero_resistance_ohm=1.0, zero_reactance_ohm=1.0, zero_capacitance_nf=0.0)
        for line in network.lines
    )
    whole = replace(network, lines=lines)
    return happened(whole, [Switching("line1", closed=False)])


def _power(network: Network) -> grid.ConsumerPower:
    """In two quarter-hours: load "other" at bus3, PoDs at bus1, bus2 and bus3."""
    assert [each.id for each in network.consumers] == ["other", "POD-1", "POD-2", "POD-3"]
    p_kw = np.array([[200.0, 3000.0, 50.0, -80.0], [0.0, 100.0, 0.0, 0.0]])
    return grid.ConsumerPower(p_kw, 0.3 * p_kw)


@pytest.mark.parametrize("unbalanced", [False, True])
def test_they_come_before_all_broken_limits(cut: Network, unbalanced: bool) -> None:  # noqa: FBT001
    flow = grid.power_flow(cut, _power(cut), unbalanced=unbalanced)
    alarms = list(flow.alarms())
    assert {each.state.kind for each in alarms[4:]} >= {"current"}
    dark = [(each.scenario, each.state.element) for each in alarms[:4]]
    assert dark == [(0, "bus3"), (0, "bus2"), (1, "bus2"), (1, "bus3")]
    assert [each.state.value for each in alarms[:4]] == pytest.approx([280.0, 50.0, 0.0, 0.0])
    assert {(each.state.limit, each.state.unit) for each in alarms[:4]} == {(0.0, "kW")}
    assert not any(each.state.kind == "unsupplied" for each in alarms[4:])


def test_loads_that_are_switched_off_miss_nothing(cut: Network) -> None:
    off = happened(replace(cut, connection_points=()), [Switching("other", closed=False)])
    assert list(grid.power_flow(off).alarms()) == []
    on = happened(off, [Switching("other", closed=True)])
    (alarm,) = grid.power_flow(on).alarms()
    assert (alarm.state.element, alarm.state.value) == ("bus3", 200.0)


def test_with_supply_there_is_none(cut: Network) -> None:
    whole = happened(cut, [Switching("line1", closed=True)])
    kinds = {each.state.kind for each in grid.power_flow(whole, _power(whole)).alarms()}
    assert kinds == {"current"}


def test_states_and_summary_tell_them(cut: Network) -> None:
    power = grid.PowerSeries((NOON,), grid.ConsumerPower(*(each[:1] for each in _both(cut))))
    flow = grid.power_flow(cut, power)
    (state,) = flow.states()
    assert [(each.element, each.kind) for each in state.alarms[:2]] == [
        ("bus3", "unsupplied"),
        ("bus2", "unsupplied"),
    ]
    assert (state.alarms[0].value, state.alarms[0].limit) == (280.0, 0.0)
    summary = PowerFlowSummary()
    summary.add(state)
    text = summary.text(flow.alarms().message(), NetworkWords({}, ""))
    assert "2026-06-23 12:00Z  bus3  without supply: 280 kW" in text


def _both(network: Network) -> tuple[Any, Any]:
    power = _power(network)
    return power.p_kw, power.q_kvar


def test_pictures_show_them(cut: Network) -> None:
    flow = grid.power_flow(cut, grid.PowerSeries((NOON, NOON.replace(hour=13)), _power(cut)))
    assert b"unsupplied" in grid.picture(flow, format="html").content
    assert b"<svg" in grid.picture(flow).content


def test_each_outage_of_a_public_network_that_leaves_customers_dark(
    quietly: Callable[[Callable[[], Any]], Any],
) -> None:
    """177 of 183; one of them is a plant that feeds in nothing at the time."""
    net = quietly(public.mv_oberrhein)
    network = read_pandapower(quietly(lambda: pp.to_json(net)).encode())
    told = {}
    for table in ("line", "trafo"):
        for index in net[table].index:
            branch = f"{table}/{index}"
            flow = grid.power_flow(happened(network, [Switching(branch, closed=False)]))
            dark = [each.state for each in flow.alarms() if each.state.kind == "unsupplied"]
            told[branch] = [each.value for each in dark]
    assert len(told) == 183
    assert sum(bool(each) for each in told.values()) == 177
    for branch in list(told)[::30]:
        table, index = branch.split("/")
        net[table].loc[int(index), "in_service"] = False
        quietly(lambda: pp.runpp(net, numba=False))
        dark_bus = net.res_bus.index[net.res_bus.vm_pu.isna()]
        rows = [each[each.bus.isin(dark_bus) & each.in_service] for each in (net.load, net.sgen)]
        lost_kw = sum(float((each.p_mw * each.scaling).abs().sum() * 1e3) for each in rows)
        assert sum(told[branch]) == pytest.approx(lost_kw), branch
        net[table].loc[int(index), "in_service"] = True


def test_a_cut_for_a_low_voltage_says_that_it_is_below_its_limit() -> None:
    cuts = [
        CutReason(element="bus/4", kind="voltage", value=0.9582, limit=0.9793, unit="pu"),
        CutReason(element="line/1", kind="current", value=120.0, limit=100.0, unit="A"),
    ]
    trade = ValidatedTrade(at=NOON, element="POD", change_kw=5.0, accepted_kw=1.0, cuts=cuts)
    text = validation_text(ValidationRun(trades=[trade], alarms=[], left=[]), NetworkWords({}, ""))
    assert "for bus/4 0.9582 < 0.9793 pu; line/1 120 > 100 A" in text


def test_an_estimate_tells_no_wants_that_nobody_measured(cut: Network) -> None:
    measured = [grid.VoltageMeasurement(id="v", bus="bus0", voltage_kv=23.0, std_kv=0.02)]
    found = grid.estimate(cut, measured, grid.snapshot(cut), at=NOON).message()
    assert {each.kind for each in found.alarms} == {"voltage"}
