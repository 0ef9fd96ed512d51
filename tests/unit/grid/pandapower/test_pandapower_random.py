"""Random networks: trees and meshes, switches, taps, parallel branches, phase shifters."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Agree = Callable[..., tuple[Network, Flow]]
Solve = Callable[[Network], Flow]
_TYPES = [None, "Ratio", "Symmetrical", "Ideal"]


def add_line(net: Any, ends: tuple[int, int], draw: Any) -> int:
    return int(
        pp.create_line_from_parameters(
            net,
            *ends,
            length_km=draw(st.floats(0.05, 4.0)),
            r_ohm_per_km=draw(st.sampled_from([0.06, 0.2, 0.64])),
            x_ohm_per_km=draw(st.sampled_from([0.08, 0.12, 0.35])),
            c_nf_per_km=draw(st.sampled_from([0.0, 10.0, 300.0])),
            g_us_per_km=draw(st.sampled_from([0.0, 4.0])),
            max_i_ka=0.3,
            parallel=draw(st.integers(1, 3)),
            df=draw(st.sampled_from([0.7, 1.0])),
            in_service=draw(st.integers(0, 9)) > 0,
        )
    )


def add_transformer(net: Any, ends: tuple[int, int], draw: Any) -> None:
    kind = draw(st.sampled_from(_TYPES))
    degrees = {"Ideal": 1.0, "Symmetrical": 90.0}.get(
        kind or "", draw(st.sampled_from([0.0, 30.0]))
    )
    index = pp.create_transformer_from_parameters(
        net,
        *ends,
        sn_mva=draw(st.sampled_from([16.0, 40.0])),
        vn_hv_kv=draw(st.sampled_from([107.0, 110.0, 115.0])),
        vn_lv_kv=draw(st.sampled_from([20.0, 21.0])),
        vk_percent=draw(st.floats(8.0, 16.0)),
        vkr_percent=draw(st.floats(0.2, 1.0)),
        pfe_kw=draw(st.sampled_from([0.0, 15.0])),
        i0_percent=draw(st.sampled_from([0.0, 0.01, 0.3])),
        shift_degree=150.0,
        tap_side=draw(st.sampled_from(["hv", "lv"])),
        tap_neutral=draw(st.integers(-1, 1)),
        tap_pos=draw(st.integers(-3, 3)),
        tap_step_percent=0.0 if kind == "Ideal" else 1.25,
        tap_step_degree=degrees,
        parallel=draw(st.integers(1, 2)),
    )
    net.trafo.loc[index, "tap_changer_type"] = kind


@st.composite
def networks(draw: Any) -> Any:
    """110/20 kV: a tree of lines with meshes, one or two transformers, switches of all kinds."""
    net = pp.create_empty_network(f_hz=draw(st.sampled_from([50.0, 60.0])))
    hv = pp.create_bus(net, 110.0)
    pp.create_ext_grid(net, hv, vm_pu=draw(st.floats(0.98, 1.04)))
    mv = [int(pp.create_bus(net, 20.0)) for _ in range(draw(st.integers(2, 8)))]
    add_transformer(net, (hv, mv[0]), draw)
    lines = [add_line(net, (draw(st.sampled_from(mv[:i])), mv[i]), draw) for i in range(1, len(mv))]
    for _ in range(draw(st.integers(0, 3))):
        ends = draw(st.permutations(mv))[:2]
        lines.append(add_line(net, (ends[0], ends[1]), draw))
    if draw(st.booleans()):
        add_transformer(net, (hv, mv[-1]), draw)
    for line in draw(st.lists(st.sampled_from(lines), max_size=3)):
        bus = int(net.line.at[line, draw(st.sampled_from(["from_bus", "to_bus"]))])
        pp.create_switch(net, bus, line, et="l", closed=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 2))):
        other = int(pp.create_bus(net, 20.0, in_service=draw(st.integers(0, 4)) > 0))
        ohm = draw(st.sampled_from([0.0, 0.0, 0.3]))
        pp.create_switch(
            net, draw(st.sampled_from(mv)), other, et="b", z_ohm=ohm, closed=draw(st.booleans())
        )
        mv.append(other)
    for _ in range(draw(st.integers(1, 5))):
        power = draw(st.floats(-1.0, 1.0)), draw(st.floats(-0.4, 0.4))
        make = draw(st.sampled_from([pp.create_load, pp.create_sgen, pp.create_shunt]))
        if make is pp.create_shunt:
            power = power[1], abs(power[0]) / 10
        make(net, draw(st.sampled_from(mv)), *power)
    return net


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(net=networks())
def test_random_network(net: Any, agree: Agree, solve: Solve) -> None:
    network, flow = agree(net, tolerance_mva=1e-10)
    again = read_pandapower(write_pandapower(network))
    order = [again.bus_position[bus.id] for bus in network.buses]
    assert np.allclose(solve(again).voltage_pu[:, order], flow.voltage_pu, atol=1e-8)
