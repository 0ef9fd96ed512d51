"""Alarms of each phase, and how states are told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest

from platone.grid.flow.alarm import Violation, violations
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.element import Bus, ConnectionPoint, Source
from platone.grid.network.model import Network
from platone.grid.result.phase_state import to_phase_states
from platone.grid.result.state import to_alarms, to_states
from platone.messages.grid import Alarm, GridRun

_INSTANTS = [datetime(2021, 6, 23, 10, tzinfo=UTC) + timedelta(minutes=15 * i) for i in range(3)]


def street(limit_a: float | None = 40.0) -> Network:
    """231 V, 0.4 ohm, no reactance: three phases that do not meet."""
    ohm = 0.4
    line = Line(
        id="street",
        from_bus="station",
        to_bus="end",
        resistance_ohm=ohm,
        reactance_ohm=0.0,
        capacitance_nf=0.0,
        limit_a=limit_a,
        zero_resistance_ohm=ohm,
        zero_reactance_ohm=0.0,
    )
    buses = (
        Bus(id="station", nominal_kv=0.4, min_pu=0.9, max_pu=1.1),
        Bus(id="end", name="the end", nominal_kv=0.4, min_pu=0.95, max_pu=1.1),
    )
    points = tuple(ConnectionPoint(pod_id=f"POD-{each}", bus="end", phases=each) for each in "ABC")
    return Network(
        id="n",
        version="1",
        buses=buses,
        sources=(Source(id="S", bus="station", voltage_pu=1.0),),
        lines=(line,),
        connection_points=points,
    )


def state(network: Network, *kw: tuple[float, float, float]) -> PhaseFlow:
    power = np.array(kw)
    return CurrentInjectionFlow().solve(
        network, phase_power(network, ConsumerPower(power, 0 * power))
    )


def broken(flow: PhaseFlow, most: float = 0.02) -> list[Violation]:
    return violations(PhaseLimits(Limits(flow.network), most), flow)


def current_a(kw: float) -> float:
    """Of a load at the end of the street: U = 231 V - R I, P = U I."""
    volt = 400 / 3**0.5
    return float((volt - (volt**2 - 4 * 0.4 * kw * 1e3) ** 0.5) / 0.8)


def test_alarms_name_phase_and_quarter_hour_in_order_of_severity() -> None:
    flow = state(street(), (1.0, 1.0, 1.0), (10.0, 1.0, 12.0), (1.0, 11.0, 1.0))
    found = broken(flow, most=1.0)
    currents = [each for each in found if each.state.kind == "current"]
    assert [(each.scenario, each.state.phase) for each in currents] == [
        (1, "C"),
        (2, "B"),
        (1, "A"),
    ]
    assert currents[0].state.value == pytest.approx(current_a(12.0), abs=1e-4)
    assert {each.state.limit for each in currents} == {40.0}
    excess = [each.excess for each in found]
    assert excess == sorted(excess, reverse=True)
    voltages = {
        (each.scenario, each.state.phase): each.state.value
        for each in found
        if each.state.kind == "voltage"
    }
    assert set(voltages) == {(1, "A"), (1, "C"), (2, "B")}
    end_pu = 1 - 0.4 * current_a(10.0) / (400 / 3**0.5)
    assert voltages[1, "A"] == pytest.approx(end_pu, abs=1e-6)


def test_unbalance_is_watched_at_every_bus() -> None:
    """One phase lowered by d: positive 1 - d/3, negative and zero sequence d/3."""
    drop = 0.4 * current_a(9.0) / (400 / 3**0.5)
    flow = state(street(None), (9.0, 0.0, 0.0))
    (alarm,) = [each for each in broken(flow) if each.state.kind == "unbalance"]
    assert (alarm.state.element, alarm.state.unit, alarm.state.limit) == ("end", "%", 2.0)
    assert alarm.state.phase is None
    assert alarm.state.value == pytest.approx(100 * (drop / 3) / (1 - drop / 3), rel=1e-6)
    assert not [each for each in broken(flow, most=0.05) if each.state.kind == "unbalance"]


def test_a_calm_state_has_no_alarm() -> None:
    assert broken(state(street(), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))) == []
    assert len(PhaseLimits(Limits(street()))) == 3 * 6 + 2


def told(message: Any) -> Any:
    return json.loads(msgspec.json.encode(message))


def test_unbalanced_states_are_told_by_phase() -> None:
    flow = state(street(), (1.0, 1.0, 1.0), (10.0, 1.0, 12.0))
    found = broken(flow)
    run = GridRun(results=list(to_phase_states(flow, found, _INSTANTS[:2])))
    calm, tense = told(run)["results"]
    assert calm["alarms"] == []
    assert [each["phase"] for each in tense["alarms"] if each["kind"] == "current"] == ["C", "A"]
    assert [
        each for each in tense["alarms"] if each["kind"] == "unbalance" and "phase" in each
    ] == []
    bus = tense["buses"][1]
    assert (bus["id"], bus["name"]) == ("end", "the end")
    assert [each["phase"] for each in bus["phases"]] == ["A", "B", "C"]
    angles = [each["angleDeg"] for each in bus["phases"]]
    assert angles == pytest.approx([0.0, -120.0, 120.0], abs=1e-6)
    mean_pu = sum(each["voltagePu"] for each in bus["phases"]) / 3
    assert bus["voltagePu"] == pytest.approx(mean_pu, abs=1e-9)  # as all three keep their angles
    assert bus["pKw"] == pytest.approx(23.0)
    branch = tense["branches"][0]
    amperes = [current_a(each) for each in (10.0, 1.0, 12.0)]
    assert [each["fromA"] for each in branch["phases"]] == pytest.approx(amperes, abs=1e-4)
    assert branch["fromA"] == pytest.approx(max(amperes), abs=1e-4)
    assert branch["loadingPercent"] == pytest.approx(max(amperes) / 0.4, abs=1e-4)
    turned = amperes[0] + amperes[1] * np.exp(-2j * np.pi / 3) + amperes[2] * np.exp(2j * np.pi / 3)
    assert branch["neutralA"] == pytest.approx(abs(turned), abs=1e-4)
    assert tense["losses"]["pKw"] == pytest.approx(0.4 * sum(i**2 for i in amperes) / 1e3, abs=1e-5)
    assert msgspec.json.decode(msgspec.json.encode(run), type=GridRun) == run


def test_balanced_results_keep_their_form() -> None:
    network, power = street(), np.full((1, 3), 12.0)
    flow = GridModelPowerFlow().solve(network, ConsumerPower(power, 0 * power))
    found = violations(Limits(network), flow)
    (told_state,) = told(list(to_states(flow, found, _INSTANTS[:1])))
    assert set(told_state) == {
        *("at", "buses", "branches", "sources", "alarms", "losses", "unwatched")
    }
    assert set(told_state["buses"][0]) == {
        *("id", "name", "nominalKv", "voltagePu", "angleDeg", "pKw", "qKvar")
    }
    assert set(told_state["branches"][0]) == {
        *("id", "name", "fromA", "toA", "limitA", "loadingPercent", "lossKw"),
        *("fromKw", "fromKvar", "toKw", "toKvar"),
    }
    assert set(told_state["alarms"][0]) == {
        *("element", "kind", "value", "limit", "unit", "at", "name")
    }
    kept = msgspec.json.encode(to_alarms(found, _INSTANTS))
    assert msgspec.json.decode(kept, type=list[Alarm]) == to_alarms(found, _INSTANTS)
