import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.grid.file.own_form import MAX_FILE_BYTES, read_network
from platone.grid.problem.network import NetworkInvalid


def valid() -> dict[str, Any]:
    line = {
        "id": "line/1",
        "from": "a",
        "to": "b",
        "lengthKm": 2.0,
        "resistanceOhmPerKm": 0.1,
        "reactanceOhmPerKm": 0.2,
        "capacitanceNfPerKm": 10.0,
        "limitA": 100.0,
    }
    unit = {
        "id": "t/1",
        "from": "h",
        "to": "a",
        "fromKv": 150.0,
        "toKv": 20.0,
        "ratedKva": 1e4,
        "shortCircuitPercent": 10.0,
        "copperLossKw": 50.0,
        "noLoadPercent": 0.2,
        "ironLossKw": 9.0,
    }
    return {
        "format": "platone-network/1",
        "id": "n",
        "name": "N",
        "version": "3",
        "buses": [
            {"id": "h", "nominalKv": 150.0},
            {"id": "a", "nominalKv": 20.0},
            {"id": "b", "nominalKv": 20.0},
        ],
        "sources": [{"id": "S", "bus": "h", "voltagePu": 1.0}],
        "lines": [line],
        "transformers": [unit],
        "loads": [{"id": "l", "bus": "b", "pKw": 10.0, "qKvar": 1.0, "profile": "p"}],
        "connectionPoints": [{"podId": "POD-1", "bus": "b"}],
        "profiles": [{"id": "p", "factors": [1.0] * 96}],
    }


def faults(content: dict[str, Any] | bytes) -> list[tuple[str, str]]:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(NetworkInvalid) as refused:
        read_network(raw)
    return [(fault.element, fault.kind.value) for fault in refused.value.faults]


def test_a_file_becomes_a_network_in_the_units_of_its_names() -> None:
    network = read_network(json.dumps(valid()).encode())
    (line,) = network.lines
    assert (line.resistance_ohm, line.reactance_ohm, line.capacitance_nf) == (0.2, 0.4, 20.0)
    assert network.buses[1].min_pu == 0.9
    assert network.version == "3"
    assert [branch.id for branch in network.branches] == ["line/1", "t/1"]


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        ("lines", {"to": "nowhere"}, ("line/1", "unknownBus")),
        ("lines", {"lengthKm": 0.0}, ("line/1", "zeroImpedance")),
        ("lines", {"limitKa": 1.0}, ("line/1", "malformed")),
        ("lines", {"lengthKm": -1.0}, ("line/1", "malformed")),
        ("lines", {"from": "h"}, ("line/1", "voltageLevel")),
        ("lines", {"id": "t/1"}, ("t/1", "duplicateId")),
        ("transformers", {"toKv": 0.4}, ("t/1", "voltageLevel")),
        ("transformers", {"copperLossKw": 5000.0}, ("t/1", "outOfRange")),
        ("transformers", {"shortCircuitPercent": 0.0}, ("t/1", "zeroImpedance")),
        ("transformers", {"tapPosition": -10, "tapStepPercent": 20.0}, ("t/1", "outOfRange")),
        ("transformers", {"tapPosition": 3, "tapMin": -2, "tapMax": 2}, ("t/1", "outOfRange")),
        ("transformers", {"tapPosition": -3, "tapMin": -2}, ("t/1", "outOfRange")),
        ("loads", {"closed": "no"}, ("l", "malformed")),
        ("loads", {"pKw": None}, ("l", "malformed")),
        ("loads", {"profile": "q"}, ("l", "unknownProfile")),
        ("loads", {"pKw": "10"}, ("l", "malformed")),
        ("connectionPoints", {"bus": "x"}, ("POD-1", "unknownBus")),
        ("connectionPoints", {"bus": 4}, ("POD-1", "malformed")),
        ("profiles", {"factors": [1.0] * 92}, ("p", "outOfRange")),
        ("sources", {"voltagePu": 20.0}, ("S", "outOfRange")),
        ("buses", {"minPu": 1.2}, ("h", "outOfRange")),
    ],
)
def test_a_fault_names_its_element(
    table: str, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    content = valid()
    content[table][0] |= change
    assert expected in faults(content)


def test_a_resistance_below_zero_is_remarked_as_that_of_an_equivalent() -> None:
    content = valid()
    content["lines"][0] |= {"resistanceOhmPerKm": -0.1, "capacitanceNfPerKm": -10.0}
    remarks = read_network(json.dumps(content).encode()).remarks
    assert [(each.element, "equivalent" in each.reason) for each in remarks] == [("line/1", True)]


def test_a_missing_limit_is_named_so() -> None:
    content = valid()
    del content["lines"][0]["limitA"]
    assert faults(content) == [("line/1", "missingLimit")]


def test_all_faults_are_found_at_once() -> None:
    content = valid()
    content["lines"][0]["to"] = "nowhere"
    content["loads"][0]["bus"] = "nowhere"
    content["connectionPoints"].append({"podId": "POD-1", "bus": "b"})
    assert len(faults(content)) == 3


def test_a_part_that_nothing_feeds_is_remarked_and_has_no_voltage() -> None:
    content = valid()
    content["lines"][0]["fromClosed"] = False
    (remark,) = read_network(json.dumps(content).encode()).remarks
    assert (remark.element, remark.reason) == ("b", "no closed path leads from it to a source")


def test_a_source_that_feeds_nothing_is_no_network() -> None:
    content = valid() | {"sources": [{"id": "S", "bus": "h", "voltagePu": 1.0, "closed": False}]}
    assert faults(content) == [("n", "noSource")]


def test_no_source_no_network() -> None:
    content = valid() | {"sources": []}
    assert faults(content) == [("n", "noSource")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "-1e999"])
def test_what_is_no_number_is_refused(number: str) -> None:
    text = json.dumps(valid()).replace('"pKw": 10.0', f'"pKw": {number}')
    assert len(faults(text.encode())) == 1


def test_a_file_beyond_the_bound_is_refused_unread() -> None:
    assert faults(b" " * (MAX_FILE_BYTES + 1)) == [("file", "tooMany")]


def test_deep_nesting_is_refused() -> None:
    assert faults(b'{"format":' + b"[" * 100_000) == [("file", "malformed")]


@given(st.binary(max_size=200))
def test_noise_is_refused_with_a_fault(noise: bytes) -> None:
    assert faults(noise)


@given(st.recursive(st.none() | st.floats() | st.text(), st.lists))
def test_any_content_of_a_table_is_read_or_refused(content: object) -> None:
    with pytest.raises(NetworkInvalid):
        read_network(json.dumps(valid() | {"lines": [content]}).encode())
