"""Each kind of element, in its odd forms, against what pandapower makes of it."""

import warnings
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from platone.grid.network.element import Generator

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Agree = Callable[..., Any]


@pytest.fixture
def net() -> Any:
    """110/20 kV: an external grid, a transformer and three buses in a ring."""
    net = pp.create_empty_network(f_hz=60.0)
    hv = pp.create_bus(net, 110.0, min_vm_pu=0.95, max_vm_pu=1.05)
    mv = [pp.create_bus(net, 20.0, name=f"mv {i}", geodata=(7.0 + i, 50.0)) for i in range(3)]
    pp.create_ext_grid(net, hv, vm_pu=1.02, va_degree=10.0)
    pp.create_transformer_from_parameters(
        net,
        hv,
        mv[0],
        sn_mva=25.0,
        vn_hv_kv=112.0,
        vn_lv_kv=20.5,
        vk_percent=12.0,
        vkr_percent=0.4,
        pfe_kw=14.0,
        i0_percent=0.07,
        shift_degree=150.0,
        parallel=2,
        df=0.9,
    )
    for i in range(3):
        pp.create_line_from_parameters(
            net,
            mv[i],
            mv[(i + 1) % 3],
            length_km=2.0 + i,
            r_ohm_per_km=0.16,
            x_ohm_per_km=0.12,
            c_nf_per_km=270.0,
            max_i_ka=0.3,
            g_us_per_km=5.0,
            parallel=1 + i,
            df=0.8,
        )
    pp.create_load(net, mv[1], 3.0, 1.0, scaling=0.9)
    pp.create_load(net, mv[2], 2.0, 0.5)
    return net


def test_lines_and_transformers_in_parallel_with_rating_factors(net: Any, agree: Agree) -> None:
    net.line["max_loading_percent"] = [100.0, 80.0, 60.0]
    net.trafo["max_loading_percent"] = 120.0
    network, _ = agree(net)
    assert network.lines[1].limit_a == pytest.approx(300 * 0.8 * 2 * 0.8)
    assert network.transformers[0].limit_percent == pytest.approx(120 * 0.9)
    assert network.frequency_hz == 60


def test_buses_keep_limits_and_places(net: Any, agree: Agree) -> None:
    network, _ = agree(net)
    assert (network.buses[0].min_pu, network.buses[0].max_pu) == (0.95, 1.05)
    assert network.buses[2].position == (8.0, 50.0)
    assert network.buses[2].max_pu is None
    remark = next(each for each in network.remarks if each.element == "bus/1")
    assert "no voltage limits" in remark.reason
    assert "2 more" in remark.reason


_TAPS = [
    ("Ratio", 1.5, 0.0),
    ("Ratio", -1.5, 30.0),
    ("Symmetrical", 1.5, 90.0),
    ("Ideal", 0.0, 1.5),
    ("Ideal", 1.5, 0.0),
    (None, 1.5, 0.0),
    ("Unheard of", 1.5, 0.0),
]


def test_tap_changers(net: Any, agree: Agree) -> None:
    """Each kind at either winding, of a transformer that feeds a load of its own."""
    rows = [(side, *tap) for side in ("hv", "lv") for tap in _TAPS]
    for side, kind, percent, degree in rows:
        bus = pp.create_bus(net, 20.0)
        made = pp.create_transformer_from_parameters(
            net, 0, bus, 10.0, 110.0, 20.0, 0.4, 12.0, 14.0, 0.2
        )
        pp.create_load(net, bus, 3.0, 1.0)
        columns = ["side", "pos", "neutral", "step_percent", "step_degree", "changer_type"]
        values = (side, 5.0, 2.0, percent, degree, kind)
        for column, value in zip(columns, values, strict=True):
            net.trafo.loc[made, f"tap_{column}"] = value
    network, _ = agree(net)
    unused = [each for each in network.remarks if "without a type" in each.reason]
    assert [each.element for each in unused] == ["trafo/6"]
    assert sum("phase shifter" in each.reason for each in network.remarks) == 4


def test_tap_between_two_steps_and_a_second_tap_changer(net: Any, agree: Agree) -> None:
    for number, side, position in (("", "hv", -2.5), ("2", "lv", 3.0)):
        net.trafo[f"tap{number}_side"] = side
        net.trafo[f"tap{number}_pos"] = position
        net.trafo[f"tap{number}_neutral"] = 0.0
        net.trafo[f"tap{number}_step_percent"] = 1.0
        net.trafo[f"tap{number}_step_degree"] = 20.0
        net.trafo[f"tap{number}_changer_type"] = "Ratio"
    pp.create_load(net, 3, 4.0, 1.0)
    network, _ = agree(net)
    assert any("second tap changer" in each.reason for each in network.remarks)


def test_no_load_loss_that_exceeds_the_no_load_current(net: Any, agree: Agree) -> None:
    net.trafo["i0_percent"] = 0.01
    agree(net)
    net.trafo["i0_percent"] = -0.5
    agree(net)


def make_three_windings(net: Any, **values: Any) -> None:
    lv = pp.create_bus(net, 10.0)
    data: dict[str, Any] = {
        "vn_hv_kv": 111.0,
        "vn_mv_kv": 20.2,
        "vn_lv_kv": 10.3,
        "sn_hv_mva": 63.0,
        "sn_mv_mva": 25.0,
        "sn_lv_mva": 38.0,
        "vk_hv_percent": 10.4,
        "vk_mv_percent": 9.0,
        "vk_lv_percent": 17.0,
        "vkr_hv_percent": 0.28,
        "vkr_mv_percent": 0.32,
        "vkr_lv_percent": 0.35,
        "pfe_kw": 35.0,
        "i0_percent": 0.89,
        "shift_mv_degree": 30.0,
        "shift_lv_degree": 150.0,
    }
    mv = pp.create_bus(net, 20.0)
    made = pp.create_transformer3w_from_parameters(
        net, 0, mv, lv, **{name: values.pop(name, value) for name, value in data.items()}
    )
    for name, value in values.items():
        net.trafo3w.loc[made, name] = value
    pp.create_load(net, mv, 12.0, 4.0)
    pp.create_load(net, lv, 9.0, -2.0)


def test_three_windings(net: Any, agree: Agree) -> None:
    """Taps and no-load losses at each winding; the tap changer at its terminal or at the star."""
    for loss_side, tap_side, at_star in product(("hv", "mv", "lv"), ("hv", "mv", "lv"), (0, 1)):
        make_three_windings(
            net,
            loss_side=loss_side,
            tap_side=tap_side,
            tap_pos=4.0,
            tap_neutral=0.0,
            tap_step_percent=1.2,
            tap_step_degree=25.0,
            tap_changer_type="Ratio",
            tap_at_star_point=bool(at_star),
            max_loading_percent=90.0,
        )
    network, flow = agree(net)
    first = network.branch_position["trafo3w/0/hv"]
    loading = flow.loading()[0][first:].reshape(-1, 3).max(axis=1) * 90
    assert len(loading) == 18
    assert np.allclose(loading, net.res_trafo3w.loading_percent, rtol=1e-5)


def test_three_windings_with_an_ideal_phase_shifter(net: Any, agree: Agree) -> None:
    for tap_side in ("hv", "mv", "lv"):
        make_three_windings(
            net,
            tap_side=tap_side,
            tap_pos=4.0,
            tap_neutral=0.0,
            tap_step_degree=2.0,
            tap_changer_type="Ideal",
        )
    agree(net)


@pytest.mark.parametrize("open_side", ["hv", "mv", "lv"])
def test_three_windings_with_one_switched_off(net: Any, agree: Agree, open_side: str) -> None:
    make_three_windings(net)
    bus = int(net.trafo3w[f"{open_side}_bus"].iloc[0])
    pp.create_switch(net, bus, 0, et="t3", closed=False)
    network, _ = agree(net)
    assert network.switches[0].other == f"trafo3w/0/{open_side}"


def test_switches_between_buses(net: Any, agree: Agree) -> None:
    far = [pp.create_bus(net, 20.0) for _ in range(4)]
    pp.create_switch(net, 1, far[0], et="b")
    pp.create_switch(net, 2, far[1], et="b", z_ohm=0.4)
    pp.create_switch(net, 3, far[2], et="b", closed=False)
    pp.create_switch(net, 3, far[3], et="b", z_ohm=0.4, closed=False)
    for bus in far:
        pp.create_load(net, bus, 1.0, 0.3)
    network, _ = agree(net)
    assert {each.id for each in network.switches} == {"switch/0", "switch/2"}
    assert [each.id for each in network.lines[3:]] == ["switch/1", "switch/3"]


@pytest.mark.parametrize("buses", [(1,), (2,), (1, 2)])
def test_lines_open_at_their_ends(net: Any, agree: Agree, buses: tuple[int, ...]) -> None:
    for bus in buses:
        pp.create_switch(net, bus, 0, et="l", closed=False)
    agree(net)


@pytest.mark.parametrize("bus", [0, 1])
def test_transformer_open_at_one_side(net: Any, agree: Agree, bus: int) -> None:
    pp.create_ext_grid(net, 3)
    pp.create_switch(net, bus, 0, et="t", closed=False)
    agree(net)


def test_buses_out_of_service(net: Any, agree: Agree) -> None:
    dead = pp.create_bus(net, 20.0, in_service=False)
    pp.create_switch(net, 1, dead, et="b")
    pp.create_load(net, dead, 1.0)
    pp.create_line_from_parameters(net, 2, dead, 3.0, 0.2, 0.2, 300.0, 0.2)
    pp.create_transformer_from_parameters(net, 2, dead, 10.0, 20.0, 20.0, 0.1, 5.0, 3.0, 0.2)
    pp.create_shunt(net, dead, -1.0)
    pp.create_gen(net, dead, 1.0, vm_pu=1.04)
    network, _ = agree(net)
    assert not network.switches[0].closed
    assert {each.element for each in network.remarks} >= {f"bus/{dead}", "switch/0"}


def test_elements_out_of_service(net: Any, agree: Agree) -> None:
    for table in ("line", "load"):
        net[table].loc[0, "in_service"] = False
    pp.create_transformer_from_parameters(
        net, 0, 2, 10.0, 110.0, 20.0, 0.1, 5.0, 3.0, 0.2, in_service=False
    )
    pp.create_ext_grid(net, 3, vm_pu=1.1, in_service=False)
    pp.create_gen(net, 2, 5.0, vm_pu=1.1, in_service=False)
    pp.create_shunt(net, 2, -1.0, in_service=False)
    network, _ = agree(net)
    assert not network.lines[0].from_closed
    assert not network.loads[0].closed


def test_whatever_withdraws_power(net: Any, agree: Agree) -> None:
    pp.create_sgen(net, 1, 2.0, -0.4, scaling=0.7)
    pp.create_storage(net, 2, 1.0, max_e_mwh=4.0, q_mvar=0.2, scaling=0.5)
    pp.create_storage(net, 2, -0.5, max_e_mwh=4.0)
    pp.create_motor(
        net, 3, pn_mech_mw=1.2, cos_phi=0.85, efficiency_percent=95.0, loading_percent=80.0
    )
    pp.create_ward(net, 1, ps_mw=0.3, qs_mvar=0.1, pz_mw=0.2, qz_mvar=-0.3)
    pp.create_xward(net, 2, 0.3, 0.1, 0.2, -0.3, r_ohm=1.0, x_ohm=6.0, vm_pu=1.01)
    pp.create_shunt(net, 3, q_mvar=-0.5, p_mw=0.01, vn_kv=21.0, step=2, max_step=4)
    pp.create_asymmetric_load(net, 1, 0.1, 0.2, 0.3, 0.05, 0.0, 0.1, scaling=0.9)
    pp.create_asymmetric_load(net, 1, 0.1, 0.2, 0.3, 0.05, 0.0, 0.1, type="delta")
    pp.create_asymmetric_sgen(net, 2, 0.1, 0.0, 0.3, 0.05, 0.0, 0.1)
    network, _ = agree(net)
    loads = {each.id: each for each in network.loads}
    assert loads["sgen/0"].p_kw == pytest.approx(-1400)
    assert loads["asymmetric_load/0"].phase_kw == pytest.approx((90, 180, 270))
    assert loads["asymmetric_load/1"].phase_kw is None
    assert {each.id for each in network.shunts} == {"shunt/0", "ward/0/z", "xward/0/z"}


def test_loads_that_are_a_constant_impedance_in_part(net: Any, agree: Agree) -> None:
    net.load.loc[0, ["const_z_p_percent", "const_z_q_percent"]] = 30.0, 100.0
    network, _ = agree(net)
    assert network.shunts[0].id == "load/0/z"
    assert any(each.element == "load/0" for each in network.remarks)


def test_impedances(net: Any, agree: Agree) -> None:
    far = pp.create_bus(net, 20.0)
    pp.create_impedance(net, 3, far, rft_pu=0.02, xft_pu=0.05, sn_mva=5.0, gf_pu=0.01, bf_pu=0.02)
    pp.create_load(net, far, 1.0, 0.3)
    agree(net)


def test_generators_that_hold_voltage_and_one_that_is_slack(net: Any, agree: Agree) -> None:
    island = pp.create_bus(net, 20.0), pp.create_bus(net, 20.0)
    pp.create_line_from_parameters(net, *island, 1.0, 0.2, 0.2, 300.0, 0.2)
    pp.create_gen(net, island[0], 0.0, vm_pu=1.01, slack=True)
    pp.create_load(net, island[1], 1.0)
    pp.create_gen(net, 2, 2.0, vm_pu=1.015, scaling=0.5, min_q_mvar=-0.1, max_q_mvar=0.1)
    network, _ = agree(net)
    assert [each.id for each in network.sources] == ["ext_grid/0", "gen/0"]
    assert network.generators == (
        Generator(id="gen/1", bus="bus/2", p_kw=-1000.0, voltage_pu=1.015),
    )
    assert any("reactive power" in each.reason for each in network.remarks)


def test_several_sources_and_an_island_without(net: Any, agree: Agree) -> None:
    pp.create_ext_grid(net, 3, vm_pu=0.99, va_degree=-139.0)
    alone = pp.create_bus(net, 20.0)
    pp.create_load(net, alone, 1.0)
    _, flow = agree(net)
    assert not flow.circuit.bus_fed[-1]


def test_zero_sequence_data_are_kept(net: Any, agree: Agree) -> None:
    for column, value in (("r0_ohm_per_km", 0.4), ("x0_ohm_per_km", 0.5), ("c0_nf_per_km", 90.0)):
        net.line[column] = value
    net.trafo["vk0_percent"], net.trafo["vkr0_percent"] = 11.0, 0.3
    net.trafo["vector_group"] = "Dyn5"
    network, _ = agree(net)
    line, unit = network.lines[1], network.transformers[0]
    assert line.zero_resistance_ohm == pytest.approx(0.4 * 3 / 2)
    assert line.zero_capacitance_nf == pytest.approx(90 * 3 * 2)
    assert (unit.vector_group, unit.zero_short_circuit_percent) == ("Dyn5", 11.0)
    assert np.isclose(unit.zero_copper_percent or 0, 0.3)


def test_generators_that_share_a_node(net: Any, agree: Agree) -> None:
    """Two on a bus, one more behind a closed switch, one at the external grid, one unfed."""
    far, alone = pp.create_bus(net, 20.0), pp.create_bus(net, 20.0)
    pp.create_switch(net, 2, far, et="b")
    for bus, voltage in ((2, 1.01), (2, 1.01), (far, 1.01), (0, 1.02), (alone, 1.0)):
        pp.create_gen(net, bus, 1.0, vm_pu=voltage)
    network = agree(net, buses_apart=False)[0]
    assert len(network.generators) == 5


def test_a_line_whose_ends_a_closed_switch_joins(agree: Agree) -> None:
    net = pp.create_empty_network()
    buses = [pp.create_bus(net, 20.0) for _ in range(4)]
    pp.create_ext_grid(net, buses[0])
    for first, second, x, c in ((0, 1, 0.35, 10.0), (1, 2, 0.12, 300.0), (2, 3, 0.35, 10.0)):
        pp.create_line_from_parameters(net, buses[first], buses[second], 10.0, 0.2, x, c, 0.4)
    pp.create_transformer_from_parameters(  # a regulator off neutral beside its bypass
        net, buses[1], buses[2], 5.0, 20.0, 20.1, 0.5, 6.0, 5.0, 0.2
    )
    pp.create_switch(net, buses[1], buses[2], et="b")
    pp.create_load(net, buses[3], 2.0, 0.5)
    _, flow = agree(net, buses_apart=False)
    assert flow.from_a[0, 1] > 1  # the bridged line's charging
    assert flow.from_a[0, 3] > 10  # what circulates through the regulator
