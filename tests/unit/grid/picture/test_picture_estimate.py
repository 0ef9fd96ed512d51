"""Estimated states and the three phases in pictures: what they say is what was calculated."""

import base64
import json
import re
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import quickjs  # type: ignore[import-untyped]

from platone import grid
from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    VoltageMeasurement,
)
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Load, Source
from platone.grid.network.model import Network
from platone.grid.picture.draw import draw_estimate, draw_network
from platone.grid.picture.page import SCRIPTS
from platone.grid.result.estimate import to_estimate

AT = datetime(2026, 11, 21, 18, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def feeder() -> Network:
    """A street of six buses; its loads stand in different phases."""
    ends = [(f"b{i}", f"b{i + 1}") for i in range(5)]
    lines = tuple(
        Line(
            id=f"l{i}",
            from_bus=a,
            to_bus=b,
            resistance_ohm=0.06,
            reactance_ohm=0.04,
            capacitance_nf=0.0,
            limit_a=90.0,
            zero_resistance_ohm=0.2,
            zero_reactance_ohm=0.1,
            zero_capacitance_nf=0.0,
        )
        for i, (a, b) in enumerate(ends)
    )
    return check(
        Network(
            id="street",
            name="Street",
            version="1",
            buses=tuple(Bus(id=f"b{i}", nominal_kv=0.4, min_pu=0.9, max_pu=1.1) for i in range(6)),
            sources=(Source(id="grid", bus="b0", voltage_pu=1.0),),
            lines=lines,
            loads=tuple(Load(id=f"c{i}", bus=f"b{i}", p_kw=9.0, q_kvar=2.0) for i in range(1, 5)),
            connection_points=(ConnectionPoint(pod_id="POD", bus="b5", phases="B"),),
        )
    )


@pytest.fixture(scope="module")
def network() -> Network:
    return feeder()


@pytest.fixture(scope="module")
def flow(network: Network) -> grid.Flow:
    power = grid.snapshot(network)
    return grid.power_flow(network, grid.ConsumerPower(power.p_kw + 1.0, power.q_kvar))


@pytest.fixture(scope="module")
def estimation(network: Network, flow: grid.Flow) -> grid.Estimation:
    """Measured up to b3, one voltmeter wrong; what is behind is expected."""
    measured: list[grid.Measurement] = [
        VoltageMeasurement(
            id=f"v{i}",
            bus=f"b{i}",
            voltage_kv=float(flow.voltage_pu[0, i]) * 0.4 * (1.04 if i == 2 else 1.0),
            std_kv=0.0004,
        )
        for i in range(4)
    ]
    measured += [
        BranchPower(
            id=f"m{i}",
            branch=f"l{i}",
            end="from",
            p_kw=float(flow.from_kva[0, i].real),
            q_kvar=float(flow.from_kva[0, i].imag),
            std_kw=0.1,
            std_kvar=0.1,
        )
        for i in range(3)
    ]
    measured += [
        Injection(id=f"i{i}", element=f"c{i}", p_kw=10.0, q_kvar=2.0, std_kw=0.2, std_kvar=0.2)
        for i in (1, 2, 3)
    ]
    expected = grid.expected(network, grid.ConsumerPower(flow.power.p_kw, flow.power.q_kvar))
    return grid.estimate(network, measured, expected, at=AT)


def elements(svg: bytes, group: str) -> dict[str, ET.Element]:
    """Those of a group of the drawing, by their identifiers."""
    root = ET.fromstring(svg)  # noqa: S314 - our own
    (found,) = [g for g in root.iter(f"{SVG}g") if g.get("class") == group]
    return {each.get("data-id") or each.get("data-note") or "": each for each in found}


def title(element: ET.Element) -> str:
    return element.findtext(f"{SVG}title") or ""


def is_pale(element: ET.Element) -> bool:
    return any("supposed" in (path.get("class") or "") for path in element.iter(f"{SVG}path"))


def test_values_are_told_with_their_deviations(
    network: Network, estimation: grid.Estimation
) -> None:
    svg = grid.picture(estimation).content
    for place, (name, element) in enumerate(elements(svg, "buses").items()):
        assert name == network.buses[place].id
        told = re.search(r"(\d\.\d+) ± (\d\.\d+) pu", title(element))
        assert told is not None, title(element)
        std = estimation.uncertainty.voltage_pu[place]
        assert float(told.group(1)) == pytest.approx(abs(estimation.voltage[place]), abs=std)
        assert float(told.group(2)) == pytest.approx(std, rel=0.5, abs=1e-4)
    branches = elements(svg, "edges")
    told = re.search(r"(\d+\.?\d*) ± (\d+\.?\d*) A", title(branches["l0"]))
    assert told is not None
    assert float(told.group(2)) == pytest.approx(estimation.uncertainty.from_a[0], rel=0.5)


def test_what_only_expectation_tells_is_pale(estimation: grid.Estimation) -> None:
    svg = grid.picture(estimation).content
    pale = {name for name, each in elements(svg, "buses").items() if is_pale(each)}
    assert pale == {"b5"}  # what c3 does not take of l2 goes on to b4
    assert {name for name, each in elements(svg, "edges").items() if is_pale(each)} == {"l4"}
    assert b"rests on expected values" in svg


def test_bad_measurements_are_marked_and_named(estimation: grid.Estimation) -> None:
    svg = grid.picture(estimation).content
    marks = elements(svg, "notes")
    bad = [
        title(each) for each in marks.values() if each.find(f"{SVG}path[@class='bad']") is not None
    ]
    assert len(bad) == 1
    assert "v2 (voltage)" in bad[0]
    assert "removed" in bad[0]
    texts = [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314
    assert any(text.startswith("bad data: v2 (voltage)") for text in texts)
    assert any(text.startswith("measurements agree") for text in texts)
    told = "\n".join(map(title, marks.values()))
    assert "b1: v1 (voltage)" in told  # a voltmeter that is right
    assert "b4" not in told


def test_only_what_is_measured_leaves_the_rest_unknown(network: Network) -> None:
    near: list[grid.Measurement] = [
        VoltageMeasurement(id="v0", bus="b0", voltage_kv=0.4, std_kv=0.001),
        BranchPower(
            id="m0", branch="l0", end="from", p_kw=40.0, q_kvar=8.0, std_kw=1.0, std_kvar=1.0
        ),
    ]
    buses = elements(
        grid.picture(grid.estimate(network, near, at=AT, only_measured=True)).content, "buses"
    )
    assert title(buses["b5"]).endswith("voltage not known")
    assert "±" in title(buses["b1"])


def test_the_worst_phase_is_named(network: Network) -> None:
    power = grid.snapshot(network)
    power.p_kw[:, network.consumer_position["POD"]] = 12.0
    flow = grid.power_flow(network, power, unbalanced=True)
    svg = draw_network(network, flow)
    bus = title(elements(svg, "buses")["b5"])
    told = re.search(r"A (\S+) B (\S+) C (\S+) pu", bus)
    assert told is not None
    assert [float(each) for each in told.groups()] == pytest.approx(
        flow.voltage_pu[0, 5].tolist(), abs=1e-4
    )
    worst = int(np.abs(flow.voltage_pu[0, 5] - 1).argmax())
    assert "ABC"[worst] == "B"
    texts = [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314
    assert f"{flow.voltage_pu[0, 5, worst]:.3f} pu B" in texts
    percent = 100 * flow.from_a[0, 4].max() / 90.0
    assert f"{percent:.0f} % B" in texts
    broken = flow.alarms()
    assert any(f"in phase {each.state.phase}" in " ".join(texts) for each in broken[:1])


@pytest.fixture(scope="module")
def script(page_folder: Path) -> Callable[[bytes, str], Any]:
    """A function of the page's script, on the page's own data, without a browser."""

    def call(page: bytes, expression: str) -> Any:
        engine = quickjs.Context()
        for name in SCRIPTS:
            engine.eval((page_folder / name).read_text("utf-8"))
        found = re.search(rb'<script type="application/json" id="data">(.*?)</script>', page)
        assert found is not None
        data = json.loads(found.group(1))
        states = data["states"]
        for series in states["series"].values():
            series["bytes"] = list(zlib.decompress(base64.b64decode(series.pop("data"))))
        engine.eval("const data = " + json.dumps(data))
        engine.eval(
            "const series = {}; for (const [name, each] of Object.entries(data.states.series))"
            " series[name] = { scale: each.scale, instants: 1,"
            " values: summed(each.bytes, 1) };"
            "const state = { data, series, row: 0, mode: 'state', layout: data.layouts[0] };"
        )
        return json.loads(engine.eval(f"JSON.stringify({expression})"))

    return call


def test_the_page_writes_what_the_image_writes(
    estimation: grid.Estimation, script: Callable[[bytes, str], Any]
) -> None:
    page = grid.picture(estimation, format="html").content
    svg = grid.picture(estimation).content
    texts = {each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")}  # noqa: S314
    written = script(page, "data.buses.id.map((_, i) => voltageLabel(state, i))")
    assert len(written) == 6
    assert set(written) <= texts
    loadings = script(page, "data.edges.id.map((_, i) => loadingLabel(state, i))")
    assert set(filter(None, loadings)) <= texts
    pale = script(page, "data.edges.id.filter((_, i) => isSupposed(state, 'edge', i))")
    assert pale == ["l4"]
    assert any(bad for _, _, bad in script(page, "data.findings"))


def test_an_estimate_of_another_network_is_refused(
    estimation: grid.Estimation, everything: Callable[..., Network]
) -> None:
    with pytest.raises(ValueError, match="not of the network everything"):
        draw_estimate(everything(), to_estimate(estimation, AT))
