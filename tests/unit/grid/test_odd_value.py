"""Odd values of network files: one rule, whichever form the file has, and each is told.

A feeder of 110 kV, a transformer to 20 kV, a line, a load: in our own form, as pandapower writes
it, and as CIM. The values are those of public files: a limit of 0, an empty flag, a tap beyond its
steps, a clock that the phase shift leaves out.
"""

import json
import warnings
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from platone.grid.file.cim.read import read_cim
from platone.grid.file.cim.write import write_cim
from platone.grid.file.network_source import read_network_content
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.check import check
from platone.grid.network.model import Network
from platone.grid.problem.network import FaultKind, NetworkInvalid

from .cim.conftest import document, end, node, terminal, thing
from .test_network_file import valid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Odd = dict[str, Any]


def own(odd: Odd) -> bytes:
    content = valid()
    line, unit, load = content["lines"][0], content["transformers"][0], content["loads"][0]
    if "limit" in odd:
        line["limitA"] = odd["limit"]
    if "rated" in odd:
        unit["ratedKva"] = odd["rated"]
    if "loading" in odd:
        unit["limitPercent"] = odd["loading"]
    if "in service" in odd:
        load["closed"] = odd["in service"]
    if "power" in odd:
        load["pKw"] = odd["power"]
    if "tap" in odd:
        unit |= {"tapPosition": odd["tap"], "tapMin": -2, "tapMax": 2, "tapStepPercent": 1.5}
    if "clock" in odd:
        unit |= {"vectorGroup": f"Dyn{odd['clock']}", "phaseShiftDeg": odd["shift"]}
    return json.dumps(content).encode()


@cache
def pandapower_net() -> Any:
    net = pp.create_empty_network()
    high, low, far = (pp.create_bus(net, kv) for kv in (150.0, 20.0, 20.0))
    pp.create_ext_grid(net, high)
    pp.create_transformer_from_parameters(
        net, high, low, sn_mva=10, vn_hv_kv=150, vn_lv_kv=20, vkr_percent=0.5, vk_percent=10,
        pfe_kw=9, i0_percent=0.2, tap_side="hv", tap_neutral=0, tap_min=-2, tap_max=2,
        tap_step_percent=1.5, tap_pos=0, tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_line_from_parameters(net, low, far, 2.0, 0.1, 0.2, 10.0, max_i_ka=0.1)
    pp.create_load(net, far, 0.01, 0.001)
    return net


def pandapower(odd: Odd) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = json.loads(pp.to_json(deepcopy(pandapower_net())))
    columns = {
        "limit": ("line", "max_i_ka"),
        "rated": ("trafo", "sn_mva"),
        "loading": ("trafo", "max_loading_percent"),
        "in service": ("load", "in_service"),
        "power": ("load", "p_mw"),
        "tap": ("trafo", "tap_pos"),
        "shift": ("trafo", "shift_degree"),
    }
    values = {columns[name]: value for name, value in odd.items() if name in columns}
    if "clock" in odd:
        values["trafo", "vector_group"] = f"Dyn{odd['clock']}"
    for (table, column), value in values.items():
        frame = json.loads(whole["_object"][table]["_object"])
        if column not in frame["columns"]:
            frame["columns"].append(column)
            for row in frame["data"]:
                row.append(None)
        frame["data"][0][frame["columns"].index(column)] = value
        whole["_object"][table]["_object"] = json.dumps(frame)
    return json.dumps(whole).encode()


def limit(identifier: str, of: str, value: Any) -> list[str]:
    return [
        thing("OperationalLimitSet", f"set-{of}", OperationalLimitSet_Equipment=f"#{of}"),
        thing(
            "CurrentLimit",
            identifier,
            OperationalLimit_OperationalLimitSet=f"#set-{of}",
            CurrentLimit_value="" if value is None else value,
        ),
    ]


def cim(odd: Odd) -> bytes:
    load: dict[str, Any] = {"EnergyConsumer_p": 0.01, "EnergyConsumer_q": 0.001}
    if "in service" in odd:
        load["Equipment_inService"] = odd["in service"] or ""
    if "power" in odd:
        load["EnergyConsumer_p"] = odd["power"] or ""
    things = [
        thing("BaseVoltage", "kv150", BaseVoltage_nominalVoltage=150),
        thing("BaseVoltage", "kv20", BaseVoltage_nominalVoltage=20),
        *(node(name, f"kv{kv}") for name, kv in (("A", 150), ("B", 20), ("C", 20))),
        thing("ExternalNetworkInjection", "grid", ExternalNetworkInjection_referencePriority=1),
        terminal("grid", 1, "A"),
        thing("PowerTransformer", "unit"),
        *(terminal("unit", number, bus) for number, bus in ((1, "A"), (2, "B"))),
        thing(
            "ACLineSegment", "line", ACLineSegment_r=0.2, ACLineSegment_x=0.4, ACLineSegment_bch=0
        ),
        *(terminal("line", number, bus) for number, bus in ((1, "B"), (2, "C"))),
        thing("EnergyConsumer", "load", **load),
        terminal("load", 1, "C"),
        *limit("line-limit", "line", odd.get("limit", 100)),
    ]
    for number, kv, kind, hour, x in ((1, 150, "D", 0, 225), (2, 20, "Yn", odd.get("clock"), 0)):
        extra = {} if hour is None else {"PowerTransformerEnd_phaseAngleClock": hour}
        if "clock" in odd:
            extra["PowerTransformerEnd_connectionKind"] = f"*WindingConnection.{kind}"
        made = end(number, kv, 5 if x else 0, x)
        rated = odd.get("rated", 10.0)
        made = made.replace("ratedS>40<", f"ratedS>{'' if rated is None else rated}<")
        more = thing("PowerTransformerEnd", f"#end{number}", "about", **extra)
        things += [made, more] if extra else [made]
    if "loading" in odd:
        things += limit("unit-limit", "unit", odd["loading"])
    if "tap" in odd:
        things.append(
            thing(
                "RatioTapChanger",
                "tap",
                RatioTapChanger_TransformerEnd="#end1",
                RatioTapChanger_stepVoltageIncrement=1.5,
                TapChanger_lowStep=-2,
                TapChanger_highStep=2,
                TapChanger_neutralStep=0,
                TapChanger_normalStep=odd["tap"],
            )
        )
    return document(*things)


FORMS = {"own": own, "pandapower": pandapower, "cim": cim}
ELEMENTS = {
    "own": {"line": "line/1", "unit": "t/1", "load": "l"},
    "pandapower": {"line": "line/0", "unit": "trafo/0", "load": "load/0"},
    "cim": {"line": "line", "unit": "unit", "load": "load"},
}
every_form = pytest.mark.parametrize("form", FORMS)


def read(form: str, **odd: Any) -> Network:
    return read_network_content(form, FORMS[form]({k.replace("_", " "): v for k, v in odd.items()}))


def told(network: Network, words: str) -> bool:
    return any(words in remark.reason for remark in network.remarks)


def faults(form: str, **odd: Any) -> set[tuple[str, FaultKind]]:
    with pytest.raises(NetworkInvalid) as refused:
        read(form, **odd)
    return {(fault.element, fault.kind) for fault in refused.value.faults}


@every_form
def test_nothing_odd_is_told_where_nothing_is(form: str) -> None:
    network = read(form)
    for words in ("loading is not watched", "limit is not watched", "is empty", "vector group"):
        assert not told(network, words)
    assert network.lines[0].limit_a == pytest.approx(100)
    assert network.transformers[0].limit_percent == pytest.approx(100)


@every_form
@pytest.mark.parametrize("value", [0.0, -1.0, None])
def test_a_greatest_current_that_is_not_above_zero_is_none(form: str, value: float | None) -> None:
    network = read(form, limit=value)
    assert network.lines[0].limit_a is None
    assert told(network, "is not watched")


@every_form
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_greatest_loading_that_is_not_above_zero_is_none(form: str, value: float) -> None:
    """In CIM it is a limit beside the rating, which still counts."""
    network = read(form, loading=value)
    assert network.transformers[0].limit_percent == (100.0 if form == "cim" else None)
    assert told(network, "is not watched")


@pytest.mark.parametrize(
    ("form", "odd"),
    [("own", {"loading": None}), ("pandapower", {"loading": 0.0}), ("cim", {"rated": 0.0})],
)
def test_what_is_not_watched_stays_so_where_it_is_written_again(form: str, odd: Odd) -> None:
    network = read(form, limit=0.0, **odd)
    for again in (
        read_network_content("again", write_pandapower(network)),
        read_cim(write_cim(network)),
    ):
        assert again.lines[0].limit_a is None
        assert again.transformers[0].limit_percent is None


@every_form
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_rating_that_is_not_above_zero_is_refused_where_impedances_need_it(
    form: str, value: float
) -> None:
    """CIM gives ohms: there a rating of 0 is one that is not given, and told."""
    if form == "cim" and value == 0:
        network = read(form, rated=value)
        assert network.transformers[0].limit_percent is None
        assert told(network, "has no rated power")
    else:
        assert faults(form, rated=value) == {(ELEMENTS[form]["unit"], FaultKind.MISSING_LIMIT)}


@every_form
def test_an_empty_state_of_service_is_in_service_and_told(form: str) -> None:
    network = read(form, in_service=None)
    assert network.loads[0].closed
    (remark,) = [each for each in network.remarks if "is empty: true is taken" in each.reason]
    assert remark.element == ELEMENTS[form]["load"]


@every_form
def test_a_power_that_is_missing_is_refused_or_told(form: str) -> None:
    """CIM keeps powers in a file of their own, which may not be there."""
    if form == "cim":
        network = read(form, power=None)
        assert (network.loads[0].p_kw, told(network, "0 is taken")) == (0.0, True)
    else:
        assert faults(form, power=None) == {(ELEMENTS[form]["load"], FaultKind.MALFORMED)}


@every_form
@pytest.mark.parametrize("position", [-3, -2, 2, 3])
def test_a_tap_beyond_its_steps_is_refused(form: str, position: int) -> None:
    if abs(position) == 2:
        assert read(form, tap=position).transformers[0].tap_position == position
        return
    with pytest.raises(NetworkInvalid) as refused:
        read(form, tap=position)
    (fault,) = refused.value.faults
    assert fault.kind is FaultKind.OUT_OF_RANGE
    assert fault.reason == f"it stands at {position}, beyond its steps -2 to 2"


def angle_deg(network: Network) -> float:
    """The angle of the transformer's second bus; the load is too small to turn it."""
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    return float(np.rad2deg(flow.angle_rad[0, 1]))


@every_form
def test_a_clock_that_the_phase_shift_leaves_out_is_left_out_and_told(form: str) -> None:
    """As pandapower's own power flow does, which counts the phase shift alone."""
    network = read(form, clock=5, shift=0.0)
    assert told(network, "is left out of the angles behind it")
    assert angle_deg(network) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("form", ["own", "pandapower"])
def test_a_phase_shift_counts_and_one_that_contradicts_the_clock_is_told(form: str) -> None:
    """CIM has no phase shift beside the clock."""
    agreed = read(form, clock=5, shift=150.0)
    assert not told(agreed, "vector group")
    assert angle_deg(agreed) == pytest.approx(-150, abs=0.1)
    other = read(form, clock=5, shift=60.0)
    assert told(other, "contradicts its phase shift of 60 degrees")
    assert angle_deg(other) == pytest.approx(-60, abs=0.1)


def test_an_empty_switch_of_cim_is_closed_and_told() -> None:
    content = cim({}).replace(
        b"</rdf:RDF>",
        "".join(
            (
                node("D", "kv20"),
                thing("Breaker", "breaker", Switch_open=""),
                terminal("breaker", 1, "C"),
                terminal("breaker", 2, "D"),
                "</rdf:RDF>",
            )
        ).encode(),
    )
    network = read_network_content("cim", content)
    assert network.switches[0].closed
    assert told(network, "Switch.open is empty: false is taken")


def test_a_network_made_in_python_may_not_be_limited_to_nothing() -> None:
    network = read("own")
    units = (replace(network.transformers[0], limit_percent=0.0),)
    with pytest.raises(NetworkInvalid) as refused:
        check(replace(network, transformers=units))
    assert refused.value.faults[0].kind is FaultKind.MISSING_LIMIT
