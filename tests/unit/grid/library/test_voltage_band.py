"""A voltage band in place of the file's limits, and what no limit watches."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from platone import grid
from platone.cli.dso_group import app
from platone.grid.problem.study import VoltageBandInvalid
from platone.messages.grid import Unwatched


def test_alarms_are_what_is_beyond_the_band(cigre: grid.Network) -> None:
    flow = grid.power_flow(cigre, voltage_band=(0.95, 0.98))
    beyond = {
        bus.id
        for bus, pu in zip(cigre.buses, flow.voltage_pu[0], strict=True)
        if not 0.95 <= pu <= 0.98
    }
    assert 0 < len(beyond) < len(cigre.buses)
    assert {alarm.state.element for alarm in flow.alarms()} == beyond
    assert all(bus.min_pu is None for bus in cigre.buses)
    assert {bus.min_pu for bus in flow.network.buses} == {0.95}


def test_a_band_makes_a_request_and_cuts_a_trade(cigre: grid.Network) -> None:
    power, load = grid.snapshot(cigre), cigre.loads[5]
    flexible = [
        grid.PodFlexibility(pod_id=each.id, max_up_kw=0.0, max_down_kw=each.p_kw, kvar_per_kw=0.3)
        for each in cigre.loads
    ]
    assert grid.request(cigre, power, flexible).needs == ()
    need = grid.request(cigre, power, flexible, voltage_band=(0.95, 1.05))
    assert need.needs
    assert need.incurable == ()
    trade = grid.Trade(
        pod_id=load.id, scenario=0, change_kw=500.0, price_eur_per_kwh=0.1, kvar_per_kw=0.3
    )
    assert grid.validate(cigre, power, [trade]).verdicts[0].accepted_kw == 500.0
    lowest = grid.power_flow(cigre).voltage_pu.min()
    cut = grid.validate(cigre, power, [trade], voltage_band=(float(lowest), 1.05))
    assert cut.verdicts[0].accepted_kw < 500.0


def test_what_is_not_watched_is_counted(cigre: grid.Network) -> None:
    assert grid.unwatched(cigre) == "no limit watches 15 of 15 buses; every branch is watched"
    lines = tuple(replace(line, limit_a=None) for line in cigre.lines)
    banded = replace(grid.with_voltage_band(cigre, (0.9, 1.1)), lines=lines)
    told = f"no limit watches {len(lines)} of 14 branches; every bus is watched"
    assert grid.unwatched(banded) == told
    half = replace(cigre.buses[0], max_pu=1.1)
    partly = replace(cigre, buses=(half, *cigre.buses[1:]))
    assert grid.unwatched(partly).startswith("no limit watches 14 of 15")
    whole = grid.with_voltage_band(cigre, (0.9, 1.1))
    assert grid.unwatched(whole) == "a limit watches every bus and every branch"


@pytest.mark.parametrize("band", [(0.9, 1.1), [0.9, 1.1]])
def test_a_band_leaves_the_state_as_it_is(cigre: grid.Network, band: tuple[float, float]) -> None:
    flow = grid.power_flow(cigre, voltage_band=band)
    assert flow.voltage_pu == pytest.approx(grid.power_flow(cigre).voltage_pu)


def test_the_command_line_takes_a_band_and_counts_what_is_not_watched() -> None:
    path = Path(__file__).parents[3] / "data" / "cim" / "cigre_mv"
    plain = CliRunner().invoke(app, ["power-flow", str(path)])
    assert "no alarms" in plain.stdout
    assert plain.stdout.endswith("no limit watches 15 of 15 buses; every branch is watched\n")
    banded = CliRunner().invoke(app, ["power-flow", str(path), "--voltage-band", "0.95:1.05"])
    assert "9 alarm(s) at 9 element(s), the worst first:" in banded.stdout
    assert banded.stdout.endswith("a limit watches every bus and every branch\n")
    for unbalanced in ([], ["--unbalanced"]):
        written = CliRunner().invoke(app, ["power-flow", str(path), "--json", *unbalanced])
        assert json.loads(written.stdout)["unwatched"] == {"buses": 15, "branches": 0}
    refused = CliRunner().invoke(app, ["power-flow", str(path), "--voltage-band", "1.1"])
    assert isinstance(refused.exception, VoltageBandInvalid)


def test_every_result_tells_in_its_message_what_no_limit_watches(cigre: grid.Network) -> None:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    power = grid.PowerSeries(power=grid.snapshot(cigre), instants=(at,))
    voltages = [
        grid.VoltageMeasurement(id=bus.id, bus=bus.id, voltage_kv=bus.nominal_kv, std_kv=0.1)
        for bus in cigre.buses
    ]
    told = [
        grid.request(cigre, power, []).message().unwatched,
        grid.validate(cigre, power, []).message().unwatched,
        grid.outage(cigre, power, cigre.lines[0].id).message().unwatched,
        grid.estimate(cigre, voltages, power, at=at).message().unwatched,
    ]
    for unwatched in told:
        assert unwatched == Unwatched(buses=15, branches=0)
    banded = grid.request(cigre, power, [], voltage_band=(0.9, 1.1)).message()
    assert banded.unwatched == Unwatched(buses=0, branches=0)
