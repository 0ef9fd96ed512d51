"""pandapower's files in unbalanced calculations, and what survives a way through one."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.network.branch import ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Generator, Load, Source
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Agree = Callable[[Any], PhaseFlow]
Solve = Callable[[Network], PhaseFlow]


def feeder() -> Any:
    net = pp.create_empty_network()
    pp.create_buses(net, 4, 0.4)
    pp.create_ext_grid(net, 0, s_sc_max_mva=10.0, rx_max=0.3, r0x0_max=0.4, x0x_max=1.2)
    zero = {"r0_ohm_per_km": 0.8, "x0_ohm_per_km": 0.3, "c0_nf_per_km": 300.0}
    line = {"r_ohm_per_km": 0.2, "x_ohm_per_km": 0.08, "c_nf_per_km": 800.0}
    pp.create_line_from_parameters(net, 0, 1, 0.3, **line, **zero, max_i_ka=0.3)
    pp.create_asymmetric_load(net, 3, p_a_mw=0.03, p_b_mw=0.01, q_a_mvar=0.004, p_c_mw=0.002)
    return net


def test_an_impedance_with_a_zero_sequence_of_its_own(agree: Agree) -> None:
    net = feeder()
    pp.create_impedance(net, 1, 2, sn_mva=0.4, rft_pu=0.05, xft_pu=0.08, rft0_pu=0.3, xft0_pu=0.2)
    for column in ("gf0_pu", "bf0_pu", "gt0_pu", "bt0_pu"):
        net.impedance[column] = 0.0
    line = net.line.drop(columns=["name", "std_type", "geo"], errors="ignore").iloc[0].to_dict()
    keep = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka")
    zero = ("r0_ohm_per_km", "x0_ohm_per_km", "c0_nf_per_km")
    pp.create_line_from_parameters(net, 2, 3, 0.1, **{name: line[name] for name in keep + zero})
    flow = agree(net)
    found = {each.id: each for each in flow.network.lines}["impedance/0"]
    assert found.zero_resistance_ohm == pytest.approx(0.3 * 0.4**2 / 0.4)


def test_a_zero_sequence_that_differs_from_end_to_end_is_remarked() -> None:
    net = feeder()
    pp.create_impedance(
        net, 1, 3, sn_mva=0.4, rft_pu=0.05, xft_pu=0.08, rft0_pu=0.3, xft0_pu=0.2, rtf0_pu=0.1
    )
    network = read_pandapower(pp.to_json(net).encode())
    assert network.lines[1].zero_resistance_ohm is None
    assert "impedance/0" in {remark.element for remark in network.remarks}


def test_a_switch_with_impedance_is_alike_in_all_sequences(solve: Solve) -> None:
    """As a line of the same impedance in each; pandapower's own three-phase run has no switches."""
    net = feeder()
    pp.create_switch(net, 1, 3, et="b", z_ohm=0.05)
    with_switch = solve(read_pandapower(pp.to_json(net).encode()))
    net.switch = net.switch.drop(index=0)
    r, x = 0.05 * 2 / 5**0.5, 0.05 / 5**0.5
    line = {"r_ohm_per_km": r, "x_ohm_per_km": x, "c_nf_per_km": 0.0}
    zero = {"r0_ohm_per_km": r, "x0_ohm_per_km": x, "c0_nf_per_km": 0.0}
    pp.create_line_from_parameters(net, 1, 3, 1.0, **line, **zero, max_i_ka=0.3)
    with_line = solve(read_pandapower(pp.to_json(net).encode()))
    assert np.allclose(with_switch.voltage, with_line.voltage, atol=1e-12)
    assert np.ptp(with_switch.voltage_pu[0, 3]) > 1e-2


def winding(row: int, bus: str, kv: float, ohm: float, kind: str, **other: Any) -> Winding:
    zero = {"zero_resistance_ohm": ohm / 5, "zero_reactance_ohm": ohm * 0.9}
    first = Winding(
        id=f"w{row}",
        bus=bus,
        rated_kv=kv,
        rated_kva=160.0,
        resistance_ohm=ohm / 4,
        reactance_ohm=ohm,
        connection=kind,
    )
    return replace(first, **(zero | other))


def transformer() -> Transformer:
    """Two earthed stars, each behind an impedance."""
    return Transformer(
        id="trafo/0",
        from_bus="a",
        to_bus="b",
        from_kv=20.0,
        to_kv=0.4,
        rated_kva=160.0,
        short_circuit_percent=4.0,
        copper_loss_kw=2.35,
        no_load_percent=1.0,
        iron_loss_kw=0.46,
        magnetising="t",
        vector_group="YNyn0",
        zero_short_circuit_percent=3.6,
        zero_copper_percent=1.1,
        zero_magnetising_percent=400.0,
        zero_from_share=0.35,
        from_neutral_resistance_ohm=20.0,
        from_neutral_reactance_ohm=4.0,
        to_neutral_resistance_ohm=0.05,
        to_neutral_reactance_ohm=0.02,
    )


def village() -> Network:
    """Everything that only unbalanced calculations need, each with figures of its own."""
    three = ThreeWindingTransformer(
        id="trafo3w/0",
        windings=(
            winding(0, "a", 20.0, 1.5, "YN"),
            winding(1, "c", 0.4, 5e-3, "YN", neutral_resistance_ohm=0.01, uncounted_hour=6),
            winding(2, "d", 0.23, 9e-3, "D", uncounted_hour=5),
        ),
    )
    kv = {"a": 20.0, "b": 0.4, "c": 0.4, "d": 0.23}
    loads = tuple(
        Load(
            id=f"asymmetric_load/{row}",
            bus=bus,
            p_kw=60.0,
            q_kvar=9.0,
            phase_kw=(40.0, 5.0, 15.0),
            phase_kvar=(3.0, 4.0, 2.0),
        )
        for row, bus in enumerate("bc")
    )
    source = Source(
        id="S", bus="a", voltage_pu=1.0, negative_resistance_ohm=0.5, zero_resistance_ohm=0.7
    )
    machine = Generator(
        id="gen/0",
        bus="c",
        p_kw=-20.0,
        voltage_pu=1.0,
        closed=True,
        negative_resistance_ohm=0.02,
        negative_reactance_ohm=0.2,
        zero_resistance_ohm=0.03,
        zero_reactance_ohm=0.1,
    )
    return check(
        Network(
            id="village",
            version="1",
            buses=tuple(
                Bus(id=name, nominal_kv=kv[name], min_pu=0.9, max_pu=1.1) for name in "abcd"
            ),
            sources=(source,),
            transformers=(transformer(),),
            three_winding_transformers=(three,),
            loads=loads,
            generators=(machine,),
        )
    )


def test_all_of_it_survives_a_file(solve: Solve) -> None:
    network = village()
    again = read_pandapower(write_pandapower(network))
    before, after = solve(network), solve(again)
    assert np.abs(before.voltage - after.voltage).max() < 1e-9
    assert np.allclose(before.from_neutral_a, after.from_neutral_a, rtol=1e-7)
    assert again.generators[0].zero_reactance_ohm == 0.1
    assert again.windings[1].uncounted_hour == 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pp.from_json_string(write_pandapower(network).decode())
    assert net.trafo3w.vector_group.tolist() == ["YNynd"]


def test_zero_sequence_of_pandapowers_own_columns(solve: Solve) -> None:
    """The star of `vk0_…` is that of `vk_…` where both are alike."""
    net = pp.create_empty_network()
    pp.create_buses(net, 1, 110.0)
    pp.create_buses(net, 1, 20.0)
    pp.create_buses(net, 1, 10.0)
    pp.create_ext_grid(net, 0)
    short = {"hv": 10.0, "mv": 6.0, "lv": 11.0}
    pp.create_transformer3w_from_parameters(
        net, 0, 1, 2, 110.0, 20.0, 10.0, 40.0, 30.0, 20.0,
        *short.values(), 0.3, 0.4, 0.5, 0.0, 0.0, vector_group="YNynd",
        **{f"vk0_{side}_percent": vk for side, vk in short.items()},
        **{f"vkr0_{side}_percent": vkr for side, vkr in zip(short, (0.3, 0.4, 0.5), strict=True)},
    )  # fmt: skip
    pp.create_asymmetric_load(net, 1, p_a_mw=3.0, p_b_mw=1.0)
    network = read_pandapower(pp.to_json(net).encode())
    for each in network.windings:
        assert each.zero_resistance_ohm == pytest.approx(each.resistance_ohm)
        assert each.zero_reactance_ohm == pytest.approx(each.reactance_ohm)
    assert [each.connection for each in network.windings] == ["YN", "YN", "D"]
    assert np.ptp(solve(network).voltage_pu[0, 1]) > 1e-3


def test_an_earthed_star_point_behind_an_impedance(solve: Solve) -> None:
    """pandapower's three-phase run counts a third of it: it is given three times as much."""
    net = feeder()
    high = pp.create_bus(net, 10.0)
    net.ext_grid["bus"] = high
    pp.create_transformer_from_parameters(
        net,
        high,
        0,
        0.4,
        10.0,
        0.4,
        vk_percent=6,
        vkr_percent=0.8,
        pfe_kw=1.7,
        i0_percent=0.5,
        vector_group="Dyn",
        shift_degree=150,
        vk0_percent=5,
        vkr0_percent=0.6,
        mag0_percent=1e8,
        mag0_rx=0.0,
        si0_hv_partial=0.5,
        rn_ohm=0.05,
        xn_ohm=0.02,
    )
    net.asymmetric_load["bus"] = 1
    net.bus = net.bus.drop(index=[2, 3])
    flow = solve(read_pandapower(pp.to_json(net).encode()))
    net.trafo[["rn_ohm", "xn_ohm"]] *= 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp_3ph(net, numba=False)
    expected = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]].to_numpy()
    assert np.abs(flow.voltage_pu[0] - expected).max() < 2e-5  # its own tolerance
    assert np.ptp(expected[0]) > 1e-2
