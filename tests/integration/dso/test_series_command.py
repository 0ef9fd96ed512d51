"""Typical days, forecasts and phasor power from the command line."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from platone.cli import app
from platone.grid.problem.file import MeteringInvalid

START = datetime(2026, 2, 2, tzinfo=UTC)  # a Monday; in Rome an hour later
Call = Callable[..., Result]


@pytest.fixture
def call() -> Call:
    return lambda *words: CliRunner().invoke(app, ["dso", *map(str, words)])


@pytest.fixture
def metering(tmp_path: Path) -> Path:
    """Six weeks of a customer who withdraws 10 kW, and 30 kW from 8 to 18 UTC on working days."""
    path = tmp_path / "metering.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "consumer", "p_kw"])
        for quarter in range(42 * 96):
            at = START + quarter * timedelta(minutes=15)
            writer.writerow([at.isoformat(), "load/1", 30 if is_busy(at) else 10])
    return path


def is_busy(at: datetime) -> bool:
    return at.weekday() < 5 and 8 <= at.hour < 18


def test_typical_days(call: Call, metering: Path) -> None:
    done = call("profile", metering)
    assert done.exit_code == 0
    rows = list(csv.DictReader(done.stdout.splitlines()))
    of_noon = {
        row["day_kind"]: float(row["mean_kw"])
        for row in rows
        if (row["month"], row["quarter_hour"]) == ("2", "48")
    }
    assert of_noon == {"working": 30.0, "preHoliday": 10.0, "holiday": 10.0}


def test_a_forecast_is_a_file_of_powers(call: Call, metering: Path, tmp_path: Path) -> None:
    made = tmp_path / "forecast.csv"
    done = call("forecast", metering, "-o", made, "--days", "2")
    assert done.exit_code == 0
    assert "mean absolute error 0.0, 0.0 kW" in done.stderr
    rows = list(csv.DictReader(made.read_text().splitlines()))
    expected = [30 if is_busy(datetime.fromisoformat(row["at"])) else 10 for row in rows]
    assert [float(row["load/1 kW"]) for row in rows] == pytest.approx(expected, abs=0.01)
    network = tmp_path / "network.json"
    network.write_text(json.dumps(NETWORK))
    run = call("power-flow", network, "--power", made, "--json")
    whole = json.loads(run.stdout)
    unlimited = sum("limitA" not in line for line in NETWORK["lines"])
    assert whole["unwatched"]["branches"] == unlimited
    losses = [state["losses"]["pKw"] for state in whole["results"]]
    assert len(losses) == len(rows)
    busy, idle = losses[expected.index(30)], losses[expected.index(10)]
    assert busy / idle == pytest.approx(9, rel=0.01)  # as the square of the power


ONE_VALUE = Path(__file__).parents[2] / "data" / "grid" / "profile" / "one_value.csv"


def test_one_value_is_too_little_for_a_forecast(call: Call) -> None:
    done = call("forecast", ONE_VALUE)
    assert done.exit_code != 0
    assert done.stdout == ""
    assert isinstance(done.exception, MeteringInvalid)
    said = "A: no forecast: 1 quarter-hours are known before it, and 96 are needed."
    assert done.exception.detail == said
    curves = call("profile", ONE_VALUE)
    assert "A: no typical day: some quarter-hours of the day have no value." in curves.stderr
    assert len(curves.stdout.splitlines()) == 1


def test_an_error_that_is_not_known_is_no_number(call: Call, tmp_path: Path) -> None:
    """A day is enough for a forecast, and too little for a back-test."""
    path = tmp_path / "day.csv"
    rows = [f"{(START + quarter * timedelta(minutes=15)).isoformat()},A,5" for quarter in range(96)]
    path.write_text("\n".join(["time,consumer,p_kw", *rows]))
    done = call("forecast", path)
    assert done.exit_code == 0
    assert "too few to know an error" in done.stderr
    assert "nan" not in done.stderr + done.stdout


def test_hours_keep_their_energy(call: Call, metering: Path, tmp_path: Path) -> None:
    """Read from their distances, or said by the option; the forecast is the quarter-hours'."""
    hours = tmp_path / "hours.csv"
    with metering.open() as lines, hours.open("w") as file:
        rows = list(csv.reader(lines))
        for at, consumer, kw in rows[1::4]:
            file.write(f"{at},{consumer},{kw}\n")
    hours.write_text("time,consumer,energy_kwh\n" + hours.read_text())
    wanted = call("forecast", metering).stdout
    for options in ((), ("--interval", "60")):
        done = call("forecast", hours, *options)
        assert done.stdout == wanted
        assert "1008 values of 60 minutes" in done.stderr
    wrong = call("forecast", hours, "--interval", "15")  # then four times in a quarter of the time
    assert wrong.stdout != wanted
    assert "lacks" in wrong.stderr


def test_phasor_power(call: Call, tmp_path: Path) -> None:
    readings = tmp_path / "pmu.jsonl"
    one = {"component": "feeder", "phase": "A"}
    message = {
        "device": "pmu-1",
        "timestamp": "2026-02-02T00:00:00Z",
        "readings": [
            one | {"measurand": "voltmagnitude", "data": 230.0},
            one | {"measurand": "voltangle", "data": 0.0},
            one | {"measurand": "currmagnitude", "data": 10.0},
            one | {"measurand": "currangle", "data": -60.0},
        ],
    }
    readings.write_text(json.dumps(message) + "\nnot json\n")
    done = call("phasor", readings)
    assert done.exit_code == 0
    assert "line 2" in done.stderr
    found = {
        (each["measurand"], each["phase"]): each["data"]
        for each in json.loads(done.stdout)["readings"]
    }
    assert found["activepower", "A"] == pytest.approx(1150.0)
    assert found["reactivepower", "A"] == pytest.approx(2300 * 3**0.5 / 2)


NETWORK = {
    "format": "platone-network/1",
    "id": "n",
    "name": "n",
    "version": "1",
    "buses": [{"id": "a", "nominalKv": 20.0}, {"id": "b", "nominalKv": 20.0}],
    "sources": [{"id": "S", "bus": "a", "voltagePu": 1.0}],
    "lines": [
        {
            "id": "line/1",
            "from": "a",
            "to": "b",
            "lengthKm": 1.0,
            "resistanceOhmPerKm": 0.3,
            "reactanceOhmPerKm": 0.3,
            "capacitanceNfPerKm": 0.0,
            "limitA": 100.0,
        }
    ],
    "loads": [{"id": "load/1", "bus": "b", "pKw": 1.0, "qKvar": 0.0}],
}
