"""Bad messages of phasors: what is refused, what is left out, and what is calculated yet."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.grid.phasor.component import DeviceRule, PhasorMeasurement
from platone.grid.phasor.power import measure, power_message
from platone.grid.problem.phasor import AngleUnitContradicted, PhasorDeviceMismatch
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.messages.phasor import MAX_PHASOR_READINGS, AngleUnit, PhasorMessage

DEGREES, RADIANS = DeviceRule(), DeviceRule(AngleUnit.RADIAN)
TURNS = {"A": 0.0, "B": -120.0, "C": 120.0}


def reading(component: str, measurand: str, phase: str, data: Any) -> dict[str, Any]:
    return {"component": component, "measurand": measurand, "phase": phase, "data": data}


def readings(component: str = "b", unit: float = 1.0, offset: float = 3.0) -> list[dict[str, Any]]:
    return [
        reading(component, measurand, phase, value)
        for phase, turn in TURNS.items()
        for measurand, value in (
            ("voltmagnitude", 230.0),
            ("voltangle", (turn + offset) * unit),
            ("currmagnitude", 10.0),
            ("currangle", (turn + offset) * unit),
        )
    ]


def found_in(content: Any, rule: DeviceRule = DEGREES, **more: Any) -> PhasorMeasurement:
    message = {"device": "P", "timestamp": "2020-05-20T10:00:00Z", "readings": content} | more
    return measure(json.dumps(message).encode(), rule)


def slugs(found: PhasorMeasurement) -> list[str]:
    return [problem.slug for problem in found.problems]


def phases(found: PhasorMeasurement, component: str) -> str:
    return "".join(phase for it in found.components if it.id == component for phase in it.powers)


def test_the_message_of_the_deliverable() -> None:
    """D2.10, figure 4, without its annotations: two voltages, and so no power."""
    content = [
        reading("BUS1", "voltmagnitude", "A", 11),
        reading("BUS2", "voltmagnitude", "A", 22),
    ]
    found = found_in(content, device="PMU1", timestamp="2020-05-20T10:27:57.980802+00:00")
    assert slugs(found) == ["phasor-incomplete"] * 2
    assert [problem.fields["component"] for problem in found.problems] == ["BUS1", "BUS2"]
    assert "voltangle of BUS1 in phase A, B, C" in found.problems[0].detail
    assert power_message(found) is None


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (reading("x", "voltage", "A", 1.0), "voltage"),
        (reading("x", "voltmagnitude", "L1", 1.0), "L1"),
        (reading("x", "voltmagnitude", "A", "230"), "data"),
        (reading("x", "voltmagnitude", "A", None), "data"),
        (reading("x", "voltmagnitude", "A", 1e13), "data"),
        (reading("", "voltmagnitude", "A", 1.0), "component"),
        (reading("x" * 201, "voltmagnitude", "A", 1.0), "component"),
        (reading("x", "voltmagnitude", "A", 1.0) | {"unit": "kV"}, "unit"),
        ({"component": "x"}, "measurand"),
        (17, "object"),
        ([], "object"),
    ],
)
def test_a_malformed_reading_is_named_and_left_out(wrong: Any, named: str) -> None:
    found = found_in([*readings(), wrong])
    (problem,) = found.problems
    assert problem.slug == "phasor-reading-malformed"
    assert problem.fields == {"index": 12}
    assert named in problem.detail
    assert phases(found, "b") == "ABC"


def test_a_number_without_bounds_is_a_malformed_reading() -> None:
    raw = json.dumps({"device": "P", "timestamp": "2020-05-20T10:00:00Z", "readings": readings()})
    found = measure(raw.replace("230.0", "1e999", 1).encode(), DEGREES)
    assert slugs(found) == ["phasor-reading-malformed", "phasor-incomplete"]
    assert phases(found, "b") == "BC"
    for word in ("NaN", "Infinity", "-Infinity"):  # no JSON at all
        with pytest.raises(MalformedMessage):
            measure(raw.replace("230.0", word, 1).encode(), DEGREES)


@pytest.mark.parametrize(
    "change",
    [
        {"device": "a b"},
        {"device": None},
        {"timestamp": "2020-05-20T10:00:00"},
        {"timestamp": 1589968800},
        {"readings": []},
        {"readings": {}},
        {"readings": readings() * (MAX_PHASOR_READINGS // 12 + 1)},
        {"version": 2},
    ],
)
def test_a_malformed_message_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        found_in(**({"content": readings()} | change))


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b"1e999"])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        measure(raw, DEGREES)


def test_another_device_s_message_is_refused() -> None:
    message = {"device": "P", "timestamp": "2020-05-20T10:00:00Z", "readings": readings()}
    raw = json.dumps(message).encode()
    with pytest.raises(PhasorDeviceMismatch, match="Q"):
        measure(raw, DEGREES, "Q")
    assert measure(raw, DEGREES, "P").problems == []


@pytest.mark.parametrize(
    ("measurand", "data"),
    [
        ("voltmagnitude", -1.0),
        ("voltmagnitude", 1.1e6),
        ("currmagnitude", -1e-9),
        ("currmagnitude", 2e6),
        ("voltangle", 361.0),
        ("currangle", -1e5),
    ],
)
@pytest.mark.parametrize("rule", [DEGREES, RADIANS])
def test_an_implausible_reading_is_left_out(measurand: str, data: float, rule: DeviceRule) -> None:
    unit = 1.0 if rule is DEGREES else math.pi / 180
    content = [
        it | {"data": data} if (it["measurand"], it["phase"]) == (measurand, "B") else it
        for it in readings(unit=unit)
    ]
    found = found_in(content + readings("other", unit), rule)
    assert slugs(found) == ["phasor-reading-implausible", "phasor-incomplete"]
    assert found.problems[0].fields == {"component": "b", "measurand": measurand, "phase": "B"}
    assert found.problems[1].fields["missing"] == [
        {"component": "b", "measurand": measurand, "phases": ["B"]}
    ]
    assert (phases(found, "b"), phases(found, "other")) == ("AC", "ABC")


def test_a_phasor_of_all_phases_is_none() -> None:
    found = found_in([*readings(), reading("b", "voltmagnitude", "ABC", 400.0)])
    assert slugs(found) == ["phasor-reading-implausible"]
    assert phases(found, "b") == "ABC"


def test_a_reading_twice() -> None:
    same, other = readings()[0], readings()[0] | {"data": 231.0}
    assert found_in([*readings(), same]).problems == []
    for content in ([*readings(), other], [*readings(), other, same]):
        found = found_in(content)
        assert slugs(found)[-1] == "phasor-incomplete"
        assert set(slugs(found)[:-1]) == {"phasor-reading-twice"}
        assert phases(found, "b") == "BC"


def test_what_is_missing_is_named_and_the_rest_is_calculated() -> None:
    content = [it for it in readings() if (it["measurand"], it["phase"]) != ("currangle", "C")] + [
        it for it in readings("line") if it["measurand"].startswith("curr")
    ]
    found = found_in(content)
    assert [problem.fields for problem in found.problems] == [
        {
            "component": "b",
            "missing": [{"component": "b", "measurand": "currangle", "phases": ["C"]}],
        },
        {
            "component": "line",
            "missing": [
                {"component": "line", "measurand": measurand, "phases": ["A", "B", "C"]}
                for measurand in ("voltmagnitude", "voltangle")
            ],
        },
    ]
    assert (phases(found, "b"), phases(found, "line")) == ("AB", "")
    found = found_in(content, DeviceRule(voltage_of={"line": "nowhere"}))
    assert "voltmagnitude of nowhere in phase A, B, C" in found.problems[1].detail
    found = found_in(content, DeviceRule(voltage_of={"line": "b"}))
    assert phases(found, "line") == "ABC"


@pytest.mark.parametrize("offset", [-180.0, -60.0, 0.0, 3.0, 59.0, 119.0])
def test_radians_that_are_taken_for_degrees_are_refused(offset: float) -> None:
    with pytest.raises(AngleUnitContradicted, match="radians"):
        found_in(readings(unit=math.pi / 180, offset=offset))


def test_degrees_that_are_taken_for_radians_are_refused() -> None:
    with pytest.raises(AngleUnitContradicted, match="no angle in radians"):
        found_in(readings(), RADIANS)


@pytest.mark.parametrize("kind", ["volt", "curr"])
def test_a_mix_of_units_is_refused(kind: str) -> None:
    """Voltages in one unit and currents in the other, in one message."""
    content = [
        it if it["measurand"].startswith(kind) else other
        for it, other in zip(readings(), readings(unit=math.pi / 180), strict=True)
    ]
    for rule in (DEGREES, RADIANS):
        with pytest.raises(AngleUnitContradicted):
            found_in(content, rule)


@pytest.mark.parametrize(
    "angles",
    [
        (0.0, 0.1, -0.2),  # three channels on one phase
        (1.0, 3.2, 5.2),  # the same, further apart than any instrument is wrong
        (0.0, 180.0, 180.0),  # phases B and C short-circuited
        (5.0, 5.0, 5.0),
        (-6.0, 0.0, 6.0),
    ],
)
def test_unusual_degrees_are_degrees(angles: tuple[float, ...]) -> None:
    content = readings()
    for it in content:
        if it["measurand"] == "voltangle":
            it["data"] = angles["ABC".index(it["phase"])]
    if angles == (1.0, 3.2, 5.2):
        with pytest.raises(AngleUnitContradicted):  # this is what radians look like
            found_in(content)
    else:
        assert found_in(content).problems == []


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
field_values = st.sampled_from(["b", "c", "voltmagnitude", "currangle", "voltangle", "A", "B"])
anything = st.recursive(
    scalars | field_values,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["component", "measurand", "phase", "data", "x"]), inner)
    ),
    max_leaves=8,
)
plausible = st.builds(
    reading,
    st.sampled_from(["b", "c"]),
    st.sampled_from(["voltmagnitude", "voltangle", "currmagnitude", "currangle", "frequency"]),
    st.sampled_from(["A", "B", "C", "ABC", "N"]),
    st.floats(-500, 500) | st.floats(),
)


@given(st.lists(plausible | anything, max_size=20), st.sampled_from([DEGREES, RADIANS]))
def test_no_content_breaks_it(content: list[Any], rule: DeviceRule) -> None:
    """Whatever comes is refused by a documented problem, or gives finite powers."""
    try:
        found = found_in(content, rule)
    except PlatoneError:
        return
    message = power_message(found)
    if message is not None:
        again = json.dumps([it.data for it in message.readings], allow_nan=False)
        assert json.loads(again)
        assert isinstance(message, PhasorMessage)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(raw: bytes) -> None:
    with pytest.raises(PlatoneError):
        measure(raw, DEGREES)
