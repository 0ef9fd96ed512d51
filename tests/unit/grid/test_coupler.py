"""Buses that closed switches join, and the branches and machines at them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from platone.grid.file.cim.write import write_cim
from platone.grid.file.own_form import read_network
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.state import Flow, snapshot
from platone.grid.network.check import check
from platone.grid.network.element import ConnectionPoint, Generator
from platone.grid.network.feeder import independent_parts
from platone.grid.network.model import Network
from platone.grid.network.outage import without_branches

DATA = Path(__file__).parents[2] / "data" / "grid"


def network(name: str) -> Network:
    return read_network((DATA / f"{name}.json").read_bytes())


def solved(net: Network) -> Flow:
    return GridModelPowerFlow().solve(net, snapshot(net))


def assert_bridged(flow: Flow) -> None:
    """The voltage solves the nodal equation of b and c as one node, worked out here by hand."""
    ohm, siemens = 10 * complex(0.2, 0.35), 2j * np.pi * 50 * 3000e-9
    volts = 20e3
    for _ in range(50):
        amperes = np.conj(complex(2e6, 5e5) / volts) + siemens * volts
        volts = 20e3 - ohm * amperes
    expected = abs(volts) / 20e3
    assert expected == pytest.approx(0.98857, abs=5e-6)
    assert flow.voltage_pu[0] == pytest.approx([1.0, expected, expected], abs=1e-7)
    ends = flow.from_kva[0, 1], flow.to_kva[0, 1]
    for kva in ends:
        assert kva == pytest.approx(-1j * abs(siemens) * abs(volts) ** 2 / 2 / 1e3, abs=1e-6)
    assert sum(ends).imag == pytest.approx(-368, abs=0.5)
    half_a = abs(siemens) * abs(volts) / 2 / 3**0.5
    assert half_a == pytest.approx(5.4, abs=0.05)
    assert (flow.from_a[0, 1], flow.to_a[0, 1]) == pytest.approx((half_a, half_a), rel=1e-6)


def test_a_bridged_cable_keeps_its_charging() -> None:
    assert_bridged(solved(network("bridged_line")))


def test_it_keeps_it_beside_a_generator_that_newtons_method_solves() -> None:
    """The generator holds the voltage that there is without it: it has nothing to do."""
    net = network("bridged_line")
    held = Generator(id="g", bus="b", p_kw=0.0, voltage_pu=solved(net).voltage_pu[0, 1])
    flow = solved(check(replace(net, generators=(held,))))
    assert_bridged(flow)
    assert flow.bus_kva[0, 1] == pytest.approx(0, abs=1e-3)


def test_a_part_of_the_network_keeps_it() -> None:
    net = network("bridged_line")
    (part,) = independent_parts(net)
    assert_bridged(solved(part))


def test_an_outage_takes_it_away() -> None:
    net = network("bridged_line")
    flow = solved(without_branches(net, [1]))
    lines = tuple(replace(each, capacitance_nf=0.0) for each in net.lines)
    without = solved(check(replace(net, lines=lines)))
    assert flow.voltage_pu[0] == pytest.approx(without.voltage_pu[0], abs=1e-9)
    assert flow.from_a[0, 1] == 0


def test_a_symmetric_unbalanced_state_keeps_it() -> None:
    net = network("bridged_line")
    lines = tuple(
        replace(
            each,
            zero_resistance_ohm=4 * each.resistance_ohm,
            zero_reactance_ohm=3 * each.reactance_ohm,
            zero_capacitance_nf=each.capacitance_nf / 2,
        )
        for each in net.lines
    )
    whole = check(replace(net, lines=lines))
    flow = CurrentInjectionFlow().solve(whole, phase_power(whole, snapshot(whole)))
    balanced = solved(whole)
    for phase in range(3):
        assert flow.voltage_pu[0, :, phase] == pytest.approx(balanced.voltage_pu[0], abs=1e-7)
        assert flow.from_a[0, :, phase] == pytest.approx(balanced.from_a[0], rel=1e-5, abs=1e-5)


def test_machines_at_joined_buses_are_told_at_their_own() -> None:
    net = network("gens_at_coupler")
    kva = solved(net).bus_kva[0]
    assert kva.real[1:] == pytest.approx([-1000, 1000], abs=1e-6)
    assert kva.imag[2] - kva.imag[1] == pytest.approx(500, abs=1e-6)  # shared equally


def test_a_source_balances_the_buses_that_switches_join_to_it() -> None:
    """The generator keeps its power, and the source has all the reactive power and the rest."""
    net = network("gens_at_coupler")
    at_a = (Generator(id="g1", bus="a", p_kw=-700.0, voltage_pu=1.0), net.generators[1])
    flow = solved(check(replace(net, generators=at_a)))
    branch = flow.from_kva[0, 0]
    assert flow.bus_kva[0, 0] == pytest.approx(-branch, abs=1e-6)
    files = write_cim(flow.network, flow)
    ssh = next(content for name, content in files.items() if name.endswith("SSH.xml")).decode()
    told = ssh.split("ExternalNetworkInjection.p>")[1].split("<")[0]
    assert float(told) * 1e3 == pytest.approx(-branch.real + 700, abs=1e-6)


def test_what_is_bridged_without_charging_needs_no_zero_sequence() -> None:
    net = network("bridged_line")
    first, second = net.lines
    feeder = replace(first, zero_resistance_ohm=8.0, zero_reactance_ohm=9.0)
    cable = replace(second, capacitance_nf=0.0)
    point = ConnectionPoint(pod_id="POD", bus="c")
    net = check(replace(net, lines=(feeder, cable), connection_points=(point,)))
    flow = CurrentInjectionFlow().solve(net, phase_power(net, snapshot(net)))
    assert flow.voltage_pu[0, 1] == pytest.approx(flow.voltage_pu[0, 2])
