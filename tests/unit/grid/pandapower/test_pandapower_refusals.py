"""What is refused, by which name and why; and what is read in spite of its age."""

import json
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.document import MAX_FILE_BYTES
from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.state import Flow
from platone.grid.network.model import Network
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

Quietly = Callable[..., Any]
Solve = Callable[[Network], Flow]


@pytest.fixture(scope="module")
def cigre(quietly: Quietly) -> Any:
    return quietly(public.create_cigre_network_mv)


@pytest.fixture
def net(cigre: Any) -> Any:
    return deepcopy(cigre)


def text_of(net: Any, quietly: Quietly) -> str:
    return str(quietly(lambda: pp.to_json(net)))


def faults_of(content: str | bytes) -> tuple[Fault, ...]:
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(NetworkInvalid) as caught:
        read_pandapower(content)
    return caught.value.faults


def with_column(text: str, table: str, column: str, value: Any) -> str:
    """The file with a value in the first row of a table."""
    whole = json.loads(text)
    frame = json.loads(whole["_object"][table]["_object"])
    if column not in frame["columns"]:
        frame["columns"].append(column)
        for row in frame["data"]:
            row.append(None)
    frame["data"][0][frame["columns"].index(column)] = value
    whole["_object"][table]["_object"] = json.dumps(frame)
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[1, 2]", "no pandapower network"),
        (b'{"format": "something else"}', "no pandapower network"),
        (b"gAAAAABmZmZmZmZm", "encrypted"),
        (b'{"_class": "pandapowerNet", "_object": {}}', "format"),
        (b'{"_class": "pandapowerNet", "_object": {"version": "1.6.0"}}', "1.6.0"),
        (b'{"_class": "pandapowerNet", "_object": {"version": "4.0.0"}}', "4.0.0"),
        (b'{"_class": "pandapowerNet", "_object": {"version": "%s.0"}}' % (b"9" * 5000), "format"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_files_of_another_kind(content: bytes, reason: str) -> None:
    (fault,) = faults_of(content)
    assert fault.element == "file"
    assert reason in fault.reason


def test_file_that_is_too_large() -> None:
    (fault,) = faults_of(b" " * (MAX_FILE_BYTES + 1))
    assert fault.kind is FaultKind.TOO_MANY


def test_encrypted_file(net: Any, quietly: Quietly) -> None:
    (fault,) = faults_of(quietly(lambda: pp.to_json(net, encryption_key="secret")))
    assert "encryption key" in fault.reason


@pytest.mark.parametrize(
    ("column", "value", "element", "kind"),
    [
        ("line.r_ohm_per_km", None, "line/0", FaultKind.MALFORMED),
        ("line.r_ohm_per_km", "much", "line/0", FaultKind.NOT_A_NUMBER),
        ("line.length_km", 0.0, "line/0", FaultKind.ZERO_IMPEDANCE),
        ("line.from_bus", 77, "line/0", FaultKind.UNKNOWN_BUS),
        ("line.from_bus", 1.5, "line/0", FaultKind.MALFORMED),
        ("line.parallel", 0, "line/0", FaultKind.OUT_OF_RANGE),
        ("line.in_service", "perhaps", "line/0", FaultKind.MALFORMED),
        ("bus.vn_kv", -20.0, "bus/0", FaultKind.OUT_OF_RANGE),
        ("bus.vn_kv", 0.0, "bus/0", FaultKind.OUT_OF_RANGE),
        ("bus.vn_kv", 1e5, "bus/0", FaultKind.OUT_OF_RANGE),
        ("bus.vn_kv", 1e200, "bus/0", FaultKind.NOT_A_NUMBER),
        ("load.const_i_p_percent", 20.0, "load/0", FaultKind.UNSUPPORTED),
        ("line.length_km", -1.0, "line/0", FaultKind.OUT_OF_RANGE),
        ("trafo.tap_dependency_table", True, "trafo/0", FaultKind.UNSUPPORTED),
        ("trafo.leakage_resistance_ratio_hv", 0.3, "trafo/0", FaultKind.UNSUPPORTED),
        ("trafo.sn_mva", 0.0, "trafo/0", FaultKind.MISSING_LIMIT),
        ("switch.et", "x", "switch/0", FaultKind.UNSUPPORTED),
        ("switch.element", 99, "switch/0", FaultKind.UNKNOWN_BUS),
        ("ext_grid.in_service", False, "CIGRE-MV", FaultKind.NO_SOURCE),
    ],
)
def test_elements_that_cannot_be_read(
    net: Any, quietly: Quietly, column: str, value: Any, element: str, kind: FaultKind
) -> None:
    net.name = "CIGRE-MV"
    pp.create_load(net, 1, 1.0, 0.2)
    net.trafo["pfe_kw"] = 5.0
    table, name = column.split(".")
    faults = faults_of(with_column(text_of(net, quietly), table, name, value))
    assert (faults[0].element, faults[0].kind) == (element, kind)


def test_every_fault_is_told_at_once(net: Any, quietly: Quietly) -> None:
    net.line.loc[[1, 3], "x_ohm_per_km"] = np.nan
    net.load.loc[2, "p_mw"] = np.nan
    faults = faults_of(text_of(net, quietly))
    assert [each.element for each in faults] == ["line/1", "line/3", "load/2"]


def test_an_unreadable_element_out_of_service_is_left_out(net: Any, quietly: Quietly) -> None:
    net.line.loc[1, ["x_ohm_per_km", "in_service"]] = np.nan, False
    network = read_pandapower(text_of(net, quietly).encode())
    assert "line/1" not in {each.id for each in network.lines}
    assert any(each.element == "line/1" for each in network.remarks)


@pytest.mark.parametrize("in_service", [True, False])
def test_kinds_that_cannot_be_expressed(net: Any, quietly: Quietly, *, in_service: bool) -> None:
    quietly(
        lambda: pp.create_dcline(
            net, 1, 2, 0.1, loss_percent=1.0, loss_mw=0.0, vm_from_pu=1.0, vm_to_pu=1.0,
            in_service=in_service,
        )
    )  # fmt: skip
    quietly(lambda: pp.create_svc(net, 3, 1.0, -10.0, 1.0, 145.0, in_service=in_service))
    text = text_of(net, quietly)
    if in_service:
        assert {(each.element, each.kind) for each in faults_of(text)} == {
            ("dcline/0", FaultKind.UNSUPPORTED),
            ("svc/0", FaultKind.UNSUPPORTED),
        }
    else:
        remarked = {each.element for each in read_pandapower(text.encode()).remarks}
        assert remarked >= {"dcline/0", "svc/0"}


def test_an_unknown_table_of_elements_is_no_silent_loss(net: Any, quietly: Quietly) -> None:
    whole = json.loads(text_of(net, quietly))
    whole["_object"]["hydrogen"] = whole["_object"]["load"]
    (first, *_) = faults_of(json.dumps(whole))
    assert (first.element, first.kind) == ("hydrogen/0", FaultKind.UNSUPPORTED)


def test_controllers_and_foreign_tables_are_remarked(net: Any, quietly: Quietly) -> None:
    whole = json.loads(text_of(net, quietly))
    frame = whole["_object"]["measurement"]
    data = {"columns": ["note"], "index": [0], "data": [["x"]]}
    whole["_object"]["diary"] = frame | {"_object": json.dumps(data)}
    whole["_object"]["controller"] = frame | {"_object": json.dumps(data)}
    remarked = {each.element for each in read_pandapower(json.dumps(whole).encode()).remarks}
    assert remarked >= {"diary", "controller"}


@pytest.mark.parametrize("factor", ["x", [1], True, None])
def test_a_profile_of_something_else_than_numbers(net: Any, quietly: Quietly, factor: Any) -> None:
    whole = json.loads(text_of(net, quietly))
    data = {"columns": ["home"], "index": [*range(96)], "data": [[1.0]] * 95 + [[factor]]}
    whole["_object"]["daily_profile"] = whole["_object"]["load"] | {"_object": json.dumps(data)}
    (fault,) = faults_of(json.dumps(whole))
    assert (fault.element, fault.kind) == ("home", FaultKind.NOT_A_NUMBER)


@pytest.mark.parametrize("frequency", ["x", True, 0, -50, 5000])
def test_a_frequency_that_cannot_be(net: Any, quietly: Quietly, frequency: Any) -> None:
    net.name = "CIGRE-MV"
    whole = json.loads(text_of(net, quietly))
    whole["_object"]["f_hz"] = frequency
    (fault,) = faults_of(json.dumps(whole))
    assert (fault.element, fault.kind) == ("CIGRE-MV", FaultKind.OUT_OF_RANGE)


def test_a_point_of_delivery_must_have_an_identifier(net: Any, quietly: Quietly) -> None:
    text = with_column(text_of(net, quietly), "load", "pod_id", "Müller's house")
    (fault,) = faults_of(text)
    assert (fault.element, fault.kind) == ("load/0", FaultKind.MALFORMED)


def as_format_2(net: Any, quietly: Quietly, **facts: Any) -> bytes:
    """The file as pandapower 2 wrote it: places apart, tap changers without a type."""
    whole = json.loads(text_of(net, quietly))
    inside = whole["_object"]
    for table, dropped in (
        ("bus", {"geo"}),
        ("trafo", {"tap_changer_type", "tap_dependency_table", "id_characteristic_table"}),
        ("load", {"const_z_q_percent", "const_i_q_percent"}),
    ):
        frame = json.loads(inside[table]["_object"])
        kept = [i for i, name in enumerate(frame["columns"]) if name not in dropped]
        frame["data"] = [[row[i] for i in kept] for row in frame["data"]]
        frame["columns"] = [
            frame["columns"][i].replace("const_z_p_", "const_z_").replace("const_i_p_", "const_i_")
            for i in kept
        ]
        inside[table]["_object"] = json.dumps(frame)
        inside[table].pop("dtype")
    geodata = {"columns": ["x", "y", "coords"], "index": [3, 1], "data": [[3, 4, None], [1, 2, 0]]}
    inside["bus_geodata"] = inside["bus"] | {"_object": json.dumps(geodata)}
    inside |= {"version": "2.14.1", "format_version": "2.14.0"} | facts
    return json.dumps(whole).encode()


@pytest.mark.parametrize(("percent", "degree"), [(1.5, None), (1.5, 90.0), (None, 2.0), (0.0, 0.0)])
def test_format_2(
    net: Any, quietly: Quietly, solve: Solve, percent: float | None, degree: float | None
) -> None:
    net.trafo["tap_side"], net.trafo["tap_pos"], net.trafo["tap_neutral"] = "hv", 3, 0
    net.trafo["tap_step_percent"], net.trafo["tap_step_degree"] = percent, degree
    content = as_format_2(net, quietly)
    network = read_pandapower(content)
    assert network.buses[3].position == (3.0, 4.0)
    assert network.buses[0].position is None
    converted = quietly(lambda: pp.from_json_string(content.decode(), convert=True))
    quietly(lambda: pp.runpp(converted, numba=False, tolerance_mva=1e-10))
    assert np.allclose(solve(network).voltage_pu[0], converted.res_bus.vm_pu, atol=1e-8)
    angle = np.rad2deg(solve(network).angle_rad[0])
    assert np.allclose(angle, converted.res_bus.va_degree, atol=1e-6)


def test_a_newer_format_is_remarked(net: Any, quietly: Quietly) -> None:
    content = as_format_2(net, quietly, version="3.9.0", format_version="3.9.0")
    assert any("3.9.0" in each.reason for each in read_pandapower(content).remarks)


def remarks_of(text: str) -> dict[str, str]:
    return {each.element: each.reason for each in read_pandapower(text.encode()).remarks}


@pytest.mark.parametrize(
    ("table", "column", "taken"),
    [("load", "scaling", "1"), ("load", "in_service", "true"), ("switch", "closed", "true")],
)
def test_an_empty_value_in_a_column_that_is_there_is_told(
    table: str, column: str, taken: str, net: Any, quietly: Quietly
) -> None:
    """pandapower makes nothing of NaN; where the column is missing its own default holds."""
    text = with_column(text_of(net, quietly), table, column, None)
    assert remarks_of(text)[f"{table}/0"] == f"{column} is empty: {taken} is taken"
    net.load = net.load.drop(columns=["scaling"])
    assert not [each for each in remarks_of(text_of(net, quietly)).values() if "empty" in each]


def test_a_tap_beyond_its_steps_is_refused(net: Any, quietly: Quietly) -> None:
    text = text_of(net, quietly)
    for column, value in (("tap_min", -9.0), ("tap_max", 9.0), ("tap_pos", 10.0)):
        text = with_column(text, "trafo", column, value)
    for column, other in (
        ("tap_side", "hv"),
        ("tap_neutral", 0.0),
        ("tap_step_percent", 1.5),
        ("tap_changer_type", "Ratio"),
    ):
        text = with_column(text, "trafo", column, other)
    expected = Fault("trafo/0", FaultKind.OUT_OF_RANGE, "it stands at 10, beyond its steps -9 to 9")
    assert faults_of(text) == (expected,)


def test_a_limit_of_zero_is_none_and_told(net: Any, quietly: Quietly) -> None:
    text = with_column(text_of(net, quietly), "line", "max_i_ka", 0.0)
    network = read_pandapower(text.encode())
    assert network.lines[0].limit_a is None
    assert "no greatest current above 0" in remarks_of(text)["line/0"]
