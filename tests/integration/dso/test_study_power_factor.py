"""The power factor that a study takes from a course of power, where a value of it is about 0."""

import csv
import math
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy
from platone import grid
from platone.messages.grid import RequestRun

SCENARIO = Path(platone.demo.italy.__file__).with_name("scenario")
FLEXIBLE = "IT002E61899978"
TAN_PHI = math.tan(math.acos(0.9))
OVERLOADED = 50  # the quarter-hour of the Italian day in which a line is


def asked(folder: Path, first: tuple[float, float], **more: Any) -> RequestRun:
    """The request after an instant in which the flexible PoD has another power."""
    with (SCENARIO / "baselines.csv").open() as file:
        kw = {pod: float(value) for pod, value in [*csv.DictReader(file)][OVERLOADED].items()}
    usual = {pod: (value, value * TAN_PHI) for pod, value in kw.items()}
    rows = {
        "2021-06-23T10:15:00Z": usual | {FLEXIBLE: first},
        "2021-06-23T10:30:00Z": usual,
    }
    power, flexibility = folder / "power.csv", folder / "flexibility.csv"
    header = ",".join(f"{pod} kW,{pod} kvar" for pod in kw)
    lines = [f"at,{header}"]
    for at, row in rows.items():
        lines.append(f"{at}," + ",".join(f"{value!r}" for pair in row.values() for value in pair))
    power.write_text("\n".join(lines))
    row = {"element": FLEXIBLE, "maxDownKw": 2300} | more
    flexibility.write_text(",".join(row) + "\n" + ",".join(map(str, row.values())) + "\n")
    network = grid.read_network(SCENARIO / "network.json")
    powers = grid.read_powers(power, network)
    flexible = grid.read_flexibility(flexibility, network, powers)
    return grid.request(network, powers, flexible).message()


@pytest.mark.parametrize("first", [(1e-9, 0.4), (-1e-9, 0.4), (0.0, 0.0), (1e-9, 0.0)])
def test_a_power_of_about_nothing_does_not_tell_the_power_factor(
    tmp_path: Path, first: tuple[float, float]
) -> None:
    told = asked(tmp_path, first, kvarPerKw=TAN_PHI)
    (right,) = told.needs
    assert (right.elements, told.incurable) == ([FLEXIBLE], [])
    (found,) = asked(tmp_path, first).needs
    assert found.change_kw == pytest.approx(right.change_kw, rel=1e-4)
