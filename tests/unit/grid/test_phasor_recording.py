"""A recorded file as a power engineer reads it in a notebook."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone.grid.phasor.component import DeviceRule
from platone.grid.phasor.recording import recorded_power
from platone.messages.phasor import AngleUnit

FRAMES = 50


def line(number: int, phases: str = "ABC", unit: float = math.pi / 180) -> str:
    """At instant k: 230 V, and (k + 1) A that lag by 30 degrees."""
    readings: list[dict[str, Any]] = []
    for phase in phases:
        turn = {"A": 0, "B": -120, "C": 120}[phase] + 7.2 * number
        for measurand, value in (
            ("voltmagnitude", 230.0),
            ("voltangle", math.remainder(turn, 360) * unit),
            ("currmagnitude", number + 1.0),
            ("currangle", math.remainder(turn - 30, 360) * unit),
        ):
            readings.append(
                {"component": "bus/4", "measurand": measurand, "phase": phase, "data": value}
            )
    at = f"2021-06-22T13:00:{number / 50:09.6f}Z"
    return json.dumps({"device": "PMU1", "timestamp": at, "readings": readings})


def test_a_file_as_arrays(tmp_path: Path) -> None:
    file = tmp_path / "pmu.jsonl"
    lines = [line(number) for number in reversed(range(FRAMES))]
    file.write_text("\n".join(lines) + "\n\n")
    with file.open() as opened:
        found = recorded_power(opened, DeviceRule(AngleUnit.RADIAN))
    assert found.problems == []
    assert found.component_ids() == ["bus/4"]
    series = found.series("bus/4")
    amperes = np.arange(1, FRAMES + 1)
    expected = 230 * amperes * np.exp(1j * np.pi / 6)
    assert series.power_va.shape == (FRAMES, 3)
    np.testing.assert_allclose(series.power_va, np.repeat(expected[:, None], 3, 1), rtol=1e-12)
    np.testing.assert_allclose(series.total_va, 3 * expected, rtol=1e-12)
    assert np.all(np.diff(series.at) == np.timedelta64(20, "ms"))
    assert series.at[0] == np.datetime64("2021-06-22T13:00:00")
    messages = list(found.messages())
    assert len(messages) == FRAMES
    assert messages[0].timestamp > messages[-1].timestamp  # in the file's order


def test_bad_lines_are_named_and_left_out() -> None:
    lines: list[str | bytes] = [
        line(0, unit=1.0),
        "no json",
        b"\xff",
        line(1, "AC", unit=1.0),
        "",
        line(2),  # radians
        line(3, unit=1.0).encode(),
    ]
    found = recorded_power(lines)
    told = [(it.line, it.problem.slug, it.is_left_out) for it in found.problems]
    assert told == [
        (2, "malformed-message", True),
        (3, "malformed-message", True),
        (4, "phasor-incomplete", False),
        (6, "phasor-angle-unit", True),
    ]
    series = found.series("bus/4")
    assert len(series.at) == 3
    assert np.isnan(series.power_va[1]).tolist() == [False, True, False]
    assert np.isnan(series.total_va).tolist() == [False, True, False]


def test_an_empty_file() -> None:
    found = recorded_power([])
    assert (found.measurements, found.problems, found.component_ids()) == ([], [], [])
    series = found.series("bus/4")
    assert series.at.shape == (0,)
    assert series.power_va.shape == (0, 3)
    assert series.total_va.shape == (0,)


@pytest.mark.parametrize("phase", "ABC")
def test_one_phase(phase: str) -> None:
    found = recorded_power([line(0, phase, unit=1.0)]).series("bus/4")
    assert np.flatnonzero(~np.isnan(found.power_va[0])).tolist() == ["ABC".index(phase)]
