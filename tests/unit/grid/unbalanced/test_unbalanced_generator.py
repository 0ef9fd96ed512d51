"""Generators that hold a voltage, in the unbalanced power flow."""

import cmath
import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow, PhasePower
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Generator, Load, Source
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    import pandapower.networks as public

Make = Callable[[Any], Any]
Agree = Callable[[Any], PhaseFlow]
_MACHINES = (
    Generator(id="G1", bus="b3", p_kw=-60.0, voltage_pu=1.01),
    Generator(id="G2", bus="b5", p_kw=-20.0, voltage_pu=0.995),
    Generator(id="twin", bus="b5", p_kw=5.0, voltage_pu=0.995),
)


def with_generator(net: Any, at: int, p_mw: float, vm_pu: float) -> None:
    """One behind a line: at generators' own buses pandapower leaves out loads."""
    bus = pp.create_bus(net, net.bus.vn_kv.at[at])
    positive = {"r_ohm_per_km": 0.2, "x_ohm_per_km": 0.08, "c_nf_per_km": 200.0}
    zero = {"r0_ohm_per_km": 0.8, "x0_ohm_per_km": 0.3, "c0_nf_per_km": 100.0}
    pp.create_line_from_parameters(net, at, bus, 0.1, **positive, **zero, max_i_ka=0.3)
    pp.create_gen(net, bus, p_mw=p_mw, vm_pu=vm_pu)


@pytest.mark.parametrize("make", [public.mv_oberrhein, public.create_cigre_network_mv])
def test_public_networks_with_generators(
    make: Callable[[], Any], agree: Agree, unbalanced: Make, quietly: Make
) -> None:
    net = unbalanced(quietly(make))
    buses = net.load.bus.iloc[[2, -3]]
    for bus, p_mw in zip(buses, (2.0, 1.0), strict=True):
        with_generator(net, bus, p_mw, 1.01)
    flow = agree(net)
    held = [flow.network.bus_position[each.bus] for each in flow.network.generators]
    assert np.abs(flow.positive[0, held]) == pytest.approx([1.01, 1.01], abs=1e-9)
    assert flow.bus_kva[0, held].real == pytest.approx([-2000, -1000], abs=1e-4)
    assert flow.unbalance.max() > 1e-3


def ring(*machines: Generator, phases: tuple[float, float, float] = (9.0, 3.0, 6.0)) -> Network:
    """400 V; seven buses in a ring, the first of them held, a load at each of the others."""
    buses = tuple(Bus(id=f"b{place}", nominal_kv=0.4, min_pu=0.9, max_pu=1.1) for place in range(7))
    lines = tuple(
        Line(
            id=f"l{place}",
            from_bus=f"b{place}",
            to_bus=f"b{(place + 1) % 7}",
            resistance_ohm=0.02,
            reactance_ohm=0.03,
            capacitance_nf=100.0,
            limit_a=200.0,
            zero_resistance_ohm=0.08,
            zero_reactance_ohm=0.09,
            zero_capacitance_nf=60.0,
        )
        for place in range(7)
    )
    loads = tuple(
        Load(id=f"load{place}", bus=f"b{place}", p_kw=sum(phases), q_kvar=3.0, phase_kw=phases)
        for place in range(1, 7)
    )
    source = Source(
        id="S", bus="b0", voltage_pu=1.0, negative_reactance_ohm=0.01, zero_reactance_ohm=0.01
    )
    return check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=(source,),
            lines=lines,
            loads=loads,
            generators=machines,
        )
    )


def solved(network: Network, factors: tuple[float, ...] = (1.0,)) -> PhaseFlow:
    one = snapshot(network)
    scale = np.array(factors)[:, None]
    power = ConsumerPower(scale * one.p_kw, scale * one.q_kvar)
    return CurrentInjectionFlow().solve(network, phase_power(network, power))


def test_with_equal_phases_it_is_the_balanced_power_flow() -> None:
    network = ring(*_MACHINES, phases=(6.0, 6.0, 6.0))
    flow = solved(network, (0.5, 1.0, 1.5))
    expected = GridModelPowerFlow().solve(network, flow.power.total)
    for phase in range(3):
        turned = expected.voltage * cmath.rect(1, -phase * 2 * math.pi / 3)
        assert np.abs(flow.voltage[..., phase] - turned).max() < 1e-7
    assert np.allclose(flow.bus_kva, expected.bus_kva, atol=1e-3)


def test_what_machines_feed_in_by_kirchhoff_in_phase_coordinates() -> None:
    """The sum of the currents of lines and loads at each machine's bus, in phases."""
    network = ring(*_MACHINES)
    flow = solved(network)
    voltage = flow.voltage[0] * 400 / math.sqrt(3)
    powers = dict.fromkeys(("b3", "b5"), 0.0)
    for bus in powers:
        place = network.bus_position[bus]
        current = line_currents(network, voltage)
        drawn = np.zeros(3, complex)
        for row, load in enumerate(network.loads):
            if load.bus == bus:
                kva = flow.power.p_kw[0, row] + 1j * flow.power.q_kvar[0, row]
                drawn += np.conj(kva * 1e3 / voltage[place])
        fed = current[place] + drawn
        turn = cmath.rect(1, 2 * math.pi / 3)
        positive = (fed[0] + turn * fed[1] + turn**2 * fed[2]) / 3
        negative = (fed[0] + turn**2 * fed[1] + turn * fed[2]) / 3
        assert abs(fed.sum()) < 1e-6
        assert abs(negative) < 1e-6
        powers[bus] = float((3 * flow.positive[0, place] * np.conj(positive)).real)
    base = 400 / math.sqrt(3) / 1e3
    assert {bus: kw * base for bus, kw in powers.items()} == pytest.approx(
        {"b3": 60.0, "b5": 15.0}, abs=1e-5
    )
    held = [network.bus_position["b3"], network.bus_position["b5"]]
    assert np.abs(flow.positive[0, held]) == pytest.approx([1.01, 0.995], abs=1e-10)


def line_currents(network: Network, voltage: Any) -> Any:
    """What leaves each bus by the lines, A of each phase."""
    leaves = np.zeros(voltage.shape, complex)
    place = network.bus_position
    for line in network.lines:
        z1 = complex(line.resistance_ohm, line.reactance_ohm)
        z0 = complex(line.zero_resistance_ohm or 0, line.zero_reactance_ohm or 0)
        b1, b0 = (
            1j * 50 * math.pi * (each or 0) * 1e-9
            for each in (line.capacitance_nf, line.zero_capacitance_nf)
        )
        through, half = np.linalg.inv(matrix(z1, z0)), matrix(b1, b0)
        one, other = place[line.from_bus], place[line.to_bus]
        leaves[one] += through @ (voltage[one] - voltage[other]) + half @ voltage[one]
        leaves[other] += through @ (voltage[other] - voltage[one]) + half @ voltage[other]
    return leaves


def matrix(positive: complex, zero: complex) -> Any:
    own, mutual = (zero + 2 * positive) / 3, (zero - positive) / 3
    return np.full((3, 3), mutual) + np.eye(3) * (own - mutual)


def test_a_machine_with_impedances_eases_the_unbalance() -> None:
    """What it carries of the other sequences is their voltage by its impedance."""
    machine = replace(_MACHINES[0], negative_reactance_ohm=0.2, zero_resistance_ohm=0.1)
    alone, eased = solved(ring(_MACHINES[0])), solved(ring(machine))
    place = alone.network.bus_position["b3"]
    assert eased.unbalance[0, place] < 0.9 * alone.unbalance[0, place]
    current = line_currents(eased.network, eased.voltage[0] * 400 / math.sqrt(3))[place]
    kva = eased.power.p_kw[0, 2] + 1j * eased.power.q_kvar[0, 2]
    current = current + np.conj(kva * 1e3 / (eased.voltage[0, place] * 400 / math.sqrt(3)))
    zero = eased.voltage[0, place].sum() / 3 * 400 / math.sqrt(3)
    assert current.sum() / 3 == pytest.approx(-zero / 0.1, rel=1e-6)


def test_all_that_is_withdrawn_and_lost_is_supplied() -> None:
    machine = replace(_MACHINES[0], negative_reactance_ohm=0.2, zero_resistance_ohm=0.1)
    flow = solved(ring(machine, _MACHINES[1]), (0.2, 1.0))
    balance = flow.bus_kva.sum(axis=1) + (flow.from_kva + flow.to_kva).sum(axis=1)
    assert np.abs(balance).max() < 1e-5


def test_more_power_than_the_lines_carry_has_no_state() -> None:
    with pytest.raises(PowerFlowDiverged):
        solved(ring(replace(_MACHINES[0], p_kw=-9000.0)))


def test_without_consumers() -> None:
    network = replace(ring(_MACHINES[0]), loads=())
    flow = CurrentInjectionFlow().solve(
        network, PhasePower(np.zeros((2, 0, 3)), np.zeros((2, 0, 3)))
    )
    assert abs(flow.positive[1, 3]) == pytest.approx(1.01)
    assert flow.bus_kva[1, 3].real == pytest.approx(-60.0)


def test_a_generator_that_no_current_reaches_has_no_state() -> None:
    """Behind an impedance that is endless in effect nothing tells what it injects."""
    network = ring()
    line = replace(network.lines[0], id="far", to_bus="far", reactance_ohm=1e25)
    far = Bus(id="far", nominal_kv=0.4, min_pu=0.9, max_pu=1.1), replace(_MACHINES[0], bus="far")
    wide = replace(network, buses=(*network.buses, far[0]), generators=far[1:])
    with pytest.raises(PowerFlowDiverged):
        solved(replace(wide, lines=(*network.lines, replace(line, capacitance_nf=0.0))))
