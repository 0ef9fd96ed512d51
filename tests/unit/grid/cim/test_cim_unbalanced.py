"""Unbalanced power flows of networks read from CIM, and after a way through it."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from tests.unit.grid.cim.cim_path import read_cim_path

from platone.grid.file.cim.read import read_cim
from platone.grid.file.cim.write import write_cim
from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.branch import ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.element import Bus, ConnectionPoint, Generator, Load, Source
from platone.grid.network.model import Network
from platone.grid.problem.network import NetworkInvalid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    import pandapower.networks as public

_DATA = Path(__file__).parents[3] / "data" / "cim"
Cgmes = Literal["3.0", "2.4.15"]
Make = Callable[..., str]
Write = Callable[..., bytes]


def solved(network: Network) -> PhaseFlow:
    return CurrentInjectionFlow().solve(network, phase_power(network, snapshot(network)))


def assert_survives(network: Network, cgmes: Cgmes) -> Network:
    """Written and read again it has the same voltages, currents and losses by phase."""
    again = read_cim(write_cim(network, cgmes=cgmes))
    before, after = solved(network), solved(again)
    assert np.abs(before.voltage_pu - after.voltage_pu).max() < 1e-9
    assert np.allclose(before.from_a, after.from_a, rtol=1e-7, atol=1e-6)
    assert np.allclose(before.to_neutral_a, after.to_neutral_a, rtol=1e-7, atol=1e-6)
    assert np.allclose(before.loss_kw, after.loss_kw, rtol=1e-7, atol=1e-6)
    assert np.ptp(before.voltage_pu, axis=2).max() > 1e-4
    return again


@pytest.mark.parametrize("cgmes", ["3.0", "2.4.15"])
def test_the_european_feeder_survives(cgmes: Cgmes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = public.ieee_european_lv_asymmetric("on_peak_566")
        network = read_pandapower(pp.to_json(net).encode())
    assert_survives(network, cgmes)


@pytest.mark.parametrize("cgmes", ["3.0", "2.4.15"])
def test_a_village_with_supposed_zero_sequences_survives(cgmes: Cgmes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = public.create_kerber_dorfnetz()
        for place, load in enumerate(net.load.bus):
            powers = {f"p_{phase}_mw": 1e-3 * (place % 3 + row) for row, phase in enumerate("abc")}
            pp.create_asymmetric_load(net, load, **powers)
        net.line["r0_ohm_per_km"] = 4 * net.line.r_ohm_per_km
        net.line["x0_ohm_per_km"] = 3 * net.line.x_ohm_per_km
        net.line["c0_nf_per_km"] = 0.6 * net.line.c_nf_per_km
        net.trafo["vector_group"], net.trafo["shift_degree"] = "Dyn", 150.0
        net.trafo["vk0_percent"], net.trafo["vkr0_percent"] = 3.5, 0.3
        net.trafo["mag0_percent"], net.trafo["mag0_rx"] = 80.0, 0.2
        net.trafo["si0_hv_partial"] = 0.7
        behind = {"s_sc_max_mva": 1000.0, "rx_max": 0.1, "x0x_max": 1.5, "r0x0_max": 0.2}
        for column, value in behind.items():
            net.ext_grid[column] = value
        network = read_pandapower(pp.to_json(net).encode())
    assert_survives(network, cgmes)


def village(transformer: Transformer, **other: Any) -> Network:
    buses = (
        Bus(id="a", nominal_kv=20.0, min_pu=0.9, max_pu=1.1),
        Bus(id="b", nominal_kv=0.4, min_pu=0.9, max_pu=1.1),
    )
    load = Load(
        id="load",
        bus="b",
        p_kw=60.0,
        q_kvar=9.0,
        phase_kw=(40.0, 5.0, 15.0),
        phase_kvar=(3.0, 4.0, 2.0),
    )
    source = Source(
        id="S",
        bus="a",
        voltage_pu=1.0,
        angle_deg=0.0,
        closed=True,
        negative_resistance_ohm=0.1,
        negative_reactance_ohm=2.0,
        zero_resistance_ohm=0.4,
        zero_reactance_ohm=3.0,
    )
    given = {"sources": (source,), "loads": (load,)} | other
    return Network(id="village", version="1", buses=buses, transformers=(transformer,), **given)


def unit(group: str, **other: Any) -> Transformer:
    given: dict[str, Any] = {
        "phase_shift_deg": 30.0 * int(group.lstrip("DYNZynz")),
        "vector_group": group,
        "zero_short_circuit_percent": 3.6,
        "zero_copper_percent": 1.1,
        "tap_position": 2,
        "tap_step_percent": 2.5,
    }
    return Transformer(
        id="trafo",
        from_bus="a",
        to_bus="b",
        from_kv=20.0,
        to_kv=0.4,
        rated_kva=160.0,
        short_circuit_percent=4.0,
        copper_loss_kw=2.35,
        no_load_percent=1.0,
        iron_loss_kw=0.46,
        **(given | other),
    )


@pytest.mark.parametrize("cgmes", ["3.0", "2.4.15"])
@pytest.mark.parametrize("group", ["Dyn5", "YNyn0", "YNyn6", "Yzn5", "Dyn11", "Yyn0"])
def test_vector_groups_and_star_points_survive(group: str, cgmes: Cgmes) -> None:
    own = unit(
        group,
        zero_magnetising_percent=400.0,
        zero_magnetising_rx=0.3,
        zero_from_share=0.35,
        to_neutral_resistance_ohm=0.05,
        to_neutral_reactance_ohm=0.02,
        from_neutral_resistance_ohm=20.0,
    )
    again = assert_survives(village(own), cgmes)
    found = again.transformers[0]
    assert found.vector_group == group
    assert found.zero_magnetising_rx == pytest.approx(0.3)
    assert found.zero_from_share == pytest.approx(0.35)
    assert found.to_neutral_resistance_ohm == 0.05
    assert found.from_neutral_resistance_ohm == (20.0 if group.startswith("YN") else 0.0)


def test_what_is_not_given_stays_so() -> None:
    own = unit("Dyn5", zero_short_circuit_percent=None, zero_copper_percent=None)
    again = assert_survives(village(own), "3.0")
    assert again.transformers[0].zero_short_circuit_percent is None
    assert again.sources[0].zero_reactance_ohm == pytest.approx(3.0)
    bare = read_cim(write_cim(village(own, sources=(Source(id="S", bus="a", voltage_pu=1.0),))))
    assert bare.sources[0].negative_reactance_ohm is None


def test_points_of_delivery_keep_their_phases() -> None:
    points = (
        ConnectionPoint(pod_id="POD-1", bus="b", phases="CA"),
        ConnectionPoint(pod_id="POD-2", bus="b", phases="ABC"),
    )
    again = read_cim(write_cim(village(unit("Dyn5"), connection_points=points)))
    assert {each.pod_id: each.phases for each in again.connection_points} == {
        "POD-1": "AC",
        "POD-2": "ABC",
    }


def test_a_load_at_another_power_keeps_its_proportions() -> None:
    network = village(unit("Dyn5"))
    power = snapshot(network)
    half = replace(power, p_kw=power.p_kw / 2, q_kvar=power.q_kvar / 3)
    flow = GridModelPowerFlow().solve(network, half)
    load = read_cim(write_cim(network, flow)).loads[0]
    assert load.phase_kw == pytest.approx((20.0, 2.5, 7.5))
    assert load.phase_kvar == pytest.approx((1.0, 4 / 3, 2 / 3))


@pytest.mark.parametrize("hours", [(0, 0, 0), (150, 330, 0), (0, 0, 5)])
def test_three_windings_survive(hours: tuple[int, int, int]) -> None:
    shifts = [each if each > 11 else 0 for each in hours]
    rows = (("a", 20.0, "YN", 1.5), ("b", 0.4, "YN", 5e-3), ("c", 0.23, "D", 9e-3))
    first, second, third = (
        Winding(
            id=f"w{row}",
            bus=bus,
            rated_kv=kv,
            rated_kva=160.0,
            resistance_ohm=ohm / 4,
            reactance_ohm=ohm,
            connection=kind,
            phase_shift_deg=-float(shifts[row - 1]) if row else 0.0,
            uncounted_hour=0 if hours[row] > 11 else hours[row],
            zero_resistance_ohm=ohm / 5,
            zero_reactance_ohm=ohm * 0.9,
            neutral_resistance_ohm=0.01 if row == 1 else 0.0,
            magnetising="pi",
        )
        for row, (bus, kv, kind, ohm) in enumerate(rows)
    )
    base = village(
        unit("Dyn5"),
        three_winding_transformers=(
            ThreeWindingTransformer(id="three", windings=(first, second, third)),
        ),
    )
    network = replace(
        base,
        buses=(*base.buses, Bus(id="c", nominal_kv=0.23, min_pu=0.9, max_pu=1.1)),
        transformers=(),
    )
    again = assert_survives(network, "3.0")
    assert [each.connection for each in again.windings] == ["YN", "YN", "D"]
    assert again.windings[1].neutral_resistance_ohm == 0.01


def test_generators_survive() -> None:
    machine = Generator(
        id="G",
        bus="b",
        p_kw=-20.0,
        voltage_pu=1.0,
        closed=True,
        negative_resistance_ohm=0.02,
        negative_reactance_ohm=0.2,
        zero_resistance_ohm=0.03,
        zero_reactance_ohm=0.1,
    )
    mute = Generator(id="mute", bus="b", p_kw=-5.0, voltage_pu=1.0)
    again = assert_survives(village(unit("Dyn5"), generators=(machine, mute)), "3.0")
    assert again.generators[0].zero_reactance_ohm == pytest.approx(0.1)
    assert again.generators[1].negative_reactance_ohm is None


def test_a_source_that_cgmes_cannot_say_is_refused() -> None:
    source = Source(id="S", bus="a", voltage_pu=1.0, zero_reactance_ohm=3.0)
    with pytest.raises(NetworkInvalid) as failed:
        write_cim(village(unit("Dyn5"), sources=(source,)))
    assert failed.value.faults[0].element == "S"


@pytest.fixture(scope="module")
def cigre() -> Network:
    """NEPLAN's file of the CIGRE benchmark: 12 cables with their zero sequence, two YNd5."""
    return read_cim_path(_DATA / "cigre_mv")


def test_equal_phases_give_the_solved_state_of_the_file(cigre: Network) -> None:
    """Its clock is left out of its angles, and does not turn them here either."""
    assert {each.vector_group for each in cigre.transformers} == {"YNd5"}
    expected = GridModelPowerFlow().solve(cigre, snapshot(cigre))
    flow = solved(cigre)
    assert np.abs(flow.voltage[0, :, 0] - expected.voltage[0]).max() < 1e-8
    assert flow.unbalance.max() < 1e-9


def test_cigre_cables_and_transformers_against_pandapower(cigre: Network) -> None:
    """Unequal phases, with an earthed star point in place of the delta, for these to return to.

    pandapower has the same network with the clock counted; its magnitudes are the same.
    """
    loads = tuple(
        replace(load, phase_kw=(load.p_kw / 2, load.p_kw / 3, load.p_kw / 6))
        for load in cigre.loads
    )
    units = tuple(
        replace(each, vector_group="Dyn5", magnetising="t") for each in cigre.transformers
    )
    flow = solved(replace(cigre, loads=loads, transformers=units))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = in_pandapower(flow)
        pp.runpp_3ph(net, numba=False, tolerance_mva=1e-13)
        pp.runpp_3ph(net, numba=False, tolerance_mva=1e-13, init="results")
    expected = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]].to_numpy()
    assert np.abs(flow.voltage_pu[0] - expected).max() < 1e-6
    assert np.ptp(expected, axis=1).max() > 1e-2


def in_pandapower(flow: PhaseFlow) -> Any:
    """The network of the file in pandapower's figures."""
    network, net = flow.network, pp.create_empty_network()
    bus = {each.id: pp.create_bus(net, each.nominal_kv) for each in network.buses}
    grid = {"s_sc_max_mva": 1e11, "rx_max": 0.1, "x0x_max": 1.0, "r0x0_max": 0.1}
    pp.create_ext_grid(net, bus[network.sources[0].bus], **grid)
    for line in network.lines:
        pp.create_line_from_parameters(
            net,
            bus[line.from_bus],
            bus[line.to_bus],
            length_km=1.0,
            r_ohm_per_km=line.resistance_ohm,
            x_ohm_per_km=line.reactance_ohm,
            c_nf_per_km=line.capacitance_nf,
            r0_ohm_per_km=line.zero_resistance_ohm,
            x0_ohm_per_km=line.zero_reactance_ohm,
            c0_nf_per_km=line.zero_capacitance_nf,
            max_i_ka=1.0,
        )
    for unit in network.transformers:
        pp.create_transformer_from_parameters(
            net,
            bus[unit.from_bus],
            bus[unit.to_bus],
            sn_mva=unit.rated_kva / 1e3,
            vn_hv_kv=unit.from_kv,
            vn_lv_kv=unit.to_kv,
            vk_percent=unit.short_circuit_percent,
            vkr_percent=unit.copper_loss_kw / unit.rated_kva * 100,
            pfe_kw=unit.iron_loss_kw,
            i0_percent=unit.no_load_percent,
            shift_degree=150,
            vector_group="Dyn",
            vk0_percent=unit.zero_short_circuit_percent,
            vkr0_percent=unit.zero_copper_percent,
            mag0_percent=1e9,
            mag0_rx=0.0,
            si0_hv_partial=0.5,
        )
    kva = flow.power.p_kw[0] + 1j * flow.power.q_kvar[0]
    for load, (a, b, c) in zip(network.loads, kva / 1e3, strict=True):
        powers = {f"p_{phase}_mw": each.real for phase, each in zip("abc", (a, b, c), strict=True)}
        powers |= {
            f"q_{phase}_mvar": each.imag for phase, each in zip("abc", (a, b, c), strict=True)
        }
        pp.create_asymmetric_load(net, bus[load.bus], **powers)
    return net
