"""Public networks as they are, or with zero-sequence data, against pandapower's `runpp_3ph`."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from platone.grid.flow.phase_state import PhaseFlow

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    import pandapower.networks as public

Agree = Callable[[Any], PhaseFlow]
Make = Callable[[Any], Any]
_NETWORKS = {
    "cigre mv": public.create_cigre_network_mv,
    "cigre lv": public.create_cigre_network_lv,
    "mv oberrhein": public.mv_oberrhein,
    "lv schutterwald": public.lv_schutterwald,
    "kerber overhead": public.create_kerber_landnetz_freileitung_1,
    "kerber cable": public.create_kerber_landnetz_kabel_1,
    "kerber village": public.create_kerber_dorfnetz,
    "dickert": public.create_dickert_lv_network,
    "four loads": public.panda_four_load_branch,
    "four buses": public.simple_four_bus_system,
    "voltage control": public.create_synthetic_voltage_control_lv_network,
}


@pytest.mark.parametrize("name", _NETWORKS)
def test_public_networks_with_zero_sequence_data(
    name: str, agree: Agree, unbalanced: Make, quietly: Make
) -> None:
    flow = agree(unbalanced(quietly(_NETWORKS[name])))
    assert flow.unbalance.max() > 1e-4  # there was something to be told apart


@pytest.mark.parametrize("scenario", ["on_peak_566", "off_peak_1440"])
def test_european_feeder(scenario: str, agree: Agree, quietly: Make) -> None:
    flow = agree(quietly(lambda: public.ieee_european_lv_asymmetric(scenario)))
    assert len(flow.network.buses) == 907


# pandapower turns the zero sequence of an YNyn as it does the others, so that has no shift here
@pytest.mark.parametrize(("group", "shift"), [("Dyn", 0), ("Dyn", 30), ("Dyn", 150), ("YNyn", 0)])
@pytest.mark.parametrize("tap", [-2, 1])
def test_transformers(group: str, tap: int, shift: int, agree: Agree, quietly: Make) -> None:
    agree(quietly(lambda: two_windings(group, tap, shift)))


def two_windings(group: str, tap: int, shift: int) -> Any:
    net = pp.create_empty_network()
    high, low, end = (pp.create_bus(net, kv) for kv in (10.0, 0.4, 0.4))
    pp.create_ext_grid(net, high, s_sc_max_mva=100.0, rx_max=0.1, r0x0_max=0.1, x0x_max=1.0)
    pp.create_transformer_from_parameters(
        net,
        hv_bus=high,
        lv_bus=low,
        sn_mva=0.4,
        vn_hv_kv=10.2,
        vn_lv_kv=0.41,
        vk_percent=6,
        vkr_percent=0.78125,
        pfe_kw=1.7,
        i0_percent=0.5,
        shift_degree=shift,
        tap_side="lv",
        tap_neutral=0,
        tap_step_percent=2.5,
        tap_pos=tap,
        tap_changer_type="Ratio",
        vk0_percent=5,
        vkr0_percent=0.6,
        mag0_percent=100,
        mag0_rx=0.3,
        si0_hv_partial=0.9,
        vector_group=group,
        parallel=2,
    )
    line = {"r_ohm_per_km": 0.1941, "x_ohm_per_km": 0.0748, "c_nf_per_km": 1160.0}
    zero = {"r0_ohm_per_km": 0.7766, "x0_ohm_per_km": 0.2991, "c0_nf_per_km": 496.2}
    pp.create_line_from_parameters(net, low, end, 0.5, **line, **zero, max_i_ka=0.421)
    pp.create_asymmetric_load(
        net, end, p_a_mw=0.03, q_a_mvar=0.0048, p_b_mw=0.008, p_c_mw=-0.01, q_c_mvar=0.0043
    )
    pp.create_asymmetric_sgen(net, low, p_a_mw=0.01, p_b_mw=0.02, scaling=0.8)
    pp.create_load(net, end, p_mw=0.02, q_mvar=0.005)
    return net
