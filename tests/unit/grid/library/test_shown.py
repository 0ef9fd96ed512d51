"""Results in one line, in a notebook, and as data frames."""

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.grid.problem.study import FrameUnavailable, TableUnknown
from platone.grid.profile.metering import Metering

from .conftest import NOON


@pytest.fixture(scope="module")
def flow(oberrhein: grid.Network) -> grid.Flow:
    return grid.power_flow(oberrhein, voltage_band=(0.98, 1.02))


def every_result(network: grid.Network, flow: grid.Flow) -> list[Any]:
    power = grid.snapshot(network)
    load = network.loads[0]
    flexible = grid.PodFlexibility(pod_id=load.id, max_up_kw=0.0, max_down_kw=1.0, kvar_per_kw=0.0)
    measured = [
        grid.VoltageMeasurement(id="v", bus=flow.network.buses[0].id, voltage_kv=20.0, std_kv=0.1)
    ]
    return [
        network,
        flow,
        flow.alarms(),
        grid.power_flow(network, unbalanced=True),
        grid.request(network, power, [flexible]),
        grid.validate(
            network,
            power,
            [
                grid.Trade(
                    pod_id=load.id,
                    scenario=0,
                    change_kw=1.0,
                    price_eur_per_kwh=0.1,
                    kvar_per_kw=0.0,
                )
            ],
        ),
        grid.estimate(network, measured, at=NOON),
        grid.PowerSeries((NOON,), power),
        grid.phasor([]),
        power,
        grid.PhasePower(np.ones((1, 18, 3)), np.ones((1, 18, 3))),
        grid.expected(network),
        grid.MeasurementSet(at=NOON, measurements=tuple(measured * 50)),
        grid.estimate(network, measured),
        Metering(NOON, ("a", "b"), np.ones((96, 2)), np.ones((96, 2))),
        grid.outage(network, branches=network.lines[0].id).contingencies[0],
    ]


def test_all_results_tell_what_they_are_in_one_line(cigre: grid.Network) -> None:
    for each in every_result(cigre, grid.power_flow(cigre)):
        assert repr(each).startswith("<")
        assert len(repr(each)) < 200, each
        assert "\n" not in repr(each)
        assert "array" not in repr(each)


def test_all_results_are_tables(cigre: grid.Network) -> None:
    for each in every_result(cigre, grid.power_flow(cigre)):
        html = each._repr_html_()
        assert "<table>" in html
        frame = each.to_frame()
        assert list(frame.columns), each


def test_a_large_network_is_not_printed(oberrhein: grid.Network, flow: grid.Flow) -> None:
    assert len(oberrhein.buses) == 179
    assert repr(oberrhein).startswith("<Network 'MV Oberrhein': 179 buses")
    assert len(repr(oberrhein)) < 120
    assert repr(flow).count("179") == 1


def test_networks_and_states_draw_themselves(oberrhein: grid.Network, flow: grid.Flow) -> None:
    for shown in (oberrhein, flow):
        html = shown._repr_html_()
        svg = html[html.index("<svg") : html.index("</svg>") + 6]
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own
        assert html.count("<tr>") <= 15
    assert "alarms" in flow._repr_html_()
    assert "a limit watches every bus and every branch" in flow._repr_html_()


def test_frames_hold_the_arrays(flow: grid.Flow, cigre: grid.Network) -> None:
    buses = flow.to_frame()
    assert buses["voltage_pu"].to_numpy() == pytest.approx(flow.voltage_pu[0])
    assert buses["id"].tolist() == [bus.id for bus in flow.network.buses]
    branches = flow.to_frame("branches")
    loss_kw = branches["from_kw"] + branches["to_kw"]
    assert loss_kw.to_numpy() == pytest.approx(branches["loss_kw"].to_numpy(), abs=1e-6)
    assert len(flow.to_frame("alarms")) == len(flow.alarms()) > 0
    phases = grid.power_flow(cigre, unbalanced=True)
    frame = phases.to_frame()
    assert frame["voltage_pu_B"].to_numpy() == pytest.approx(phases.voltage_pu[0, :, 1])


def test_frames_go_by_instant(cigre: grid.Network, two_instants: grid.PowerSeries) -> None:
    flow = grid.power_flow(cigre, two_instants)
    frame = flow.to_frame("branches").pivot_table(index="at", columns="id", values="from_a")
    assert list(frame.index) == list(two_instants.instants)
    order = [branch.id for branch in cigre.branches]
    assert np.asarray(frame[order]) == pytest.approx(flow.from_a)


def test_an_estimate_without_an_instant_has_its_tables(cigre: grid.Network) -> None:
    measured = [grid.VoltageMeasurement(id="v", bus=cigre.buses[0].id, voltage_kv=20.0, std_kv=0.1)]
    timeless, known = grid.estimate(cigre, measured), grid.estimate(cigre, measured, at=NOON)
    for table in ("buses", "branches"):
        assert timeless.to_frame(table).equals(known.to_frame(table))
    assert "<table>" in timeless._repr_html_()


def test_powers_by_phase_have_a_column_for_each() -> None:
    p_kw = np.arange(2 * 18 * 3, dtype=float).reshape(2, 18, 3)
    frame = grid.PhasePower(p_kw, -p_kw).to_frame()
    assert frame["p_kw_B"].tolist() == p_kw[:, :, 1].ravel().tolist()
    ragged: Any = [[1.0], [1.0, 2.0]]
    assert repr(grid.ConsumerPower(ragged, ragged)).startswith("<ConsumerPower of shape None")
    assert frame["scenario"].tolist() == [0] * 18 + [1] * 18


def test_an_unknown_table_is_named(cigre: grid.Network) -> None:
    with pytest.raises(TableUnknown, match="no table 'nodes'; there are: buses, branches"):
        cigre.to_frame("nodes")


def test_frames_without_pandas(cigre: grid.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(FrameUnavailable, match="pip install pandas"):
        cigre.to_frame()
    assert "<table>" in cigre._repr_html_()


def test_names_are_escaped(cigre: grid.Network) -> None:
    bus = replace(cigre.buses[0], name="<script>alert(1)</script>")
    html = replace(cigre, name="<i>", buses=(bus, *cigre.buses[1:]))._repr_html_()
    assert "<script>" not in html
    assert "<i>" not in html
