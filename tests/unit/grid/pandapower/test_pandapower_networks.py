"""Power flow of public networks against pandapower, in which they are published."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

SIMBENCH = Path(__file__).parents[4] / "benchmarks" / "data" / "simbench" / "network.json"
Agree = Callable[..., Any]
Quietly = Callable[..., Any]
_RADIAL = {
    "mv_oberrhein, load": public.mv_oberrhein,
    "mv_oberrhein, generation, substations": lambda: public.mv_oberrhein(
        "generation", include_substations=True
    ),
    "cigre mv": public.create_cigre_network_mv,
    "cigre mv, pv and wind": lambda: public.create_cigre_network_mv("pv_wind"),
    "cigre mv, all der": lambda: public.create_cigre_network_mv("all"),
    "cigre lv": public.create_cigre_network_lv,
    "kerber landnetz freileitung 1": public.create_kerber_landnetz_freileitung_1,
    "kerber landnetz freileitung 2": public.create_kerber_landnetz_freileitung_2,
    "kerber landnetz kabel 1": public.create_kerber_landnetz_kabel_1,
    "kerber landnetz kabel 2": public.create_kerber_landnetz_kabel_2,
    "kerber dorfnetz": public.create_kerber_dorfnetz,
    "kerber vorstadtnetz kabel 1": public.create_kerber_vorstadtnetz_kabel_1,
    "kerber vorstadtnetz kabel 2": public.create_kerber_vorstadtnetz_kabel_2,
    "kerber extrem landnetz freileitung": public.kb_extrem_landnetz_freileitung,
    "kerber extrem landnetz kabel": public.kb_extrem_landnetz_kabel,
    "kerber extrem landnetz freileitung trafo": public.kb_extrem_landnetz_freileitung_trafo,
    "kerber extrem landnetz kabel trafo": public.kb_extrem_landnetz_kabel_trafo,
    "kerber extrem dorfnetz": public.kb_extrem_dorfnetz,
    "kerber extrem dorfnetz trafo": public.kb_extrem_dorfnetz_trafo,
    "kerber extrem vorstadtnetz 1": public.kb_extrem_vorstadtnetz_1,
    "kerber extrem vorstadtnetz 2": public.kb_extrem_vorstadtnetz_2,
    "kerber extrem vorstadtnetz trafo 1": public.kb_extrem_vorstadtnetz_trafo_1,
    "kerber extrem vorstadtnetz trafo 2": public.kb_extrem_vorstadtnetz_trafo_2,
    "schutterwald, heat pumps": lambda: public.lv_schutterwald(include_heat_pumps=True),
    "dickert short cable": public.create_dickert_lv_network,
    "dickert middle cable, bad": lambda: public.create_dickert_lv_network(
        "middle", "cable", "multiple", "bad"
    ),
    "dickert middle overhead": lambda: public.create_dickert_lv_network(
        "middle", "C&OHL", "multiple"
    ),
    "dickert long overhead, bad": lambda: public.create_dickert_lv_network(
        "long", "C&OHL", "multiple", "bad"
    ),
    "voltage control lv, rural 1": public.create_synthetic_voltage_control_lv_network,
    "voltage control lv, village 1": lambda: public.create_synthetic_voltage_control_lv_network(
        "village_1"
    ),
    "voltage control lv, suburb 1": lambda: public.create_synthetic_voltage_control_lv_network(
        "suburb_1"
    ),
    "four loads with branches out": public.four_loads_with_branches_out,
    "panda four load branch": public.panda_four_load_branch,
    "simple four bus system": public.simple_four_bus_system,
    "ieee european lv, off peak 1": lambda: public.ieee_european_lv_asymmetric("off_peak_1"),
    "ieee european lv, on peak 566": lambda: public.ieee_european_lv_asymmetric("on_peak_566"),
    "ieee european lv, off peak 1440": lambda: public.ieee_european_lv_asymmetric("off_peak_1440"),
    "case33bw": public.case33bw,
    "simbench 1-MV-urban--0-sw": lambda: pp.from_json(str(SIMBENCH)),
}
_MESHED = {
    "simple mv open ring": public.simple_mv_open_ring_net,
    "example simple": public.example_simple,
    "example multivoltage": public.example_multivoltage,
    "cigre hv": public.create_cigre_network_hv,
    "case4gs": public.case4gs,
    "case5": public.case5,
    "case6ww": public.case6ww,
    "case9": public.case9,
    "case14": public.case14,
    "case24_ieee_rts": public.case24_ieee_rts,
    "case30": public.case30,
    "case_ieee30": public.case_ieee30,
    "case39": public.case39,
    "case57": public.case57,
    "case89pegase": public.case89pegase,
    "case118": public.case118,
    "case_illinois200": public.case_illinois200,
    "case300": public.case300,
    "gb reduced": public.GBreducednetwork,
    "case145, negative resistances": public.case145,
    "gb, negative charging": public.GBnetwork,
    "case3120sp, negative short-circuit losses": public.case3120sp,
    "iceland": public.iceland,
}


@pytest.mark.parametrize("make", _RADIAL.values(), ids=_RADIAL)
def test_distribution_network(make: Callable[[], Any], agree: Agree, quietly: Quietly) -> None:
    agree(quietly(make))


@pytest.mark.parametrize("make", _MESHED.values(), ids=_MESHED)
def test_meshed_network(make: Callable[[], Any], agree: Agree, quietly: Quietly) -> None:
    agree(quietly(make), tolerance_mva=1e-8)
