"""Against pandapower's weighted least squares."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.allocation import flow_of
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.result import EstimationOptions

ONLY_ESTIMATE = EstimationOptions(pseudo="never", most_removed=0)


def difference(twin: Any, *, without_angle: bool = False) -> tuple[float, float]:
    """Largest differences of voltages to pandapower's, pu and degrees."""
    ours = flow_of(estimate(twin.model, twin.measurements, None, ONLY_ESTIMATE))
    theirs = twin.solved_by_pandapower()
    fed = ours.voltage_pu[0] > 0
    pu = np.abs(ours.voltage_pu[0] - theirs.vm_pu.to_numpy())[fed].max()
    deg = np.abs(np.rad2deg(ours.angle_rad[0]) - theirs.va_degree.to_numpy())[fed].max()
    return float(pu), 0.0 if without_angle else float(deg)


@pytest.mark.parametrize("name", ["meshed", "cigre", "oberrhein"])
@pytest.mark.parametrize("seed", [1, 2])
def test_powers_and_voltages_agree(twin: Callable[..., Any], name: str, seed: int) -> None:
    case = twin(name, seed)
    case.everything()
    pu, deg = difference(case)
    assert pu < 1e-6
    assert deg < 1e-4


@pytest.mark.parametrize("name", ["meshed", "cigre"])
def test_current_magnitudes_agree(twin: Callable[..., Any], name: str) -> None:
    case = twin(name)
    case.everything()
    for row in case.net.line.index[1::2]:
        if case.net.res_line.i_from_ka[row] > 0.01:
            case.current("line", int(row), "from")
    for row in case.net.trafo.index:
        case.current("trafo", int(row), "lv", 0.01)
    pu, deg = difference(case)
    assert pu < 1e-6
    assert deg < 1e-4


def test_voltage_phasors_agree(twin: Callable[..., Any]) -> None:
    case = twin("cigre")
    case.everything()
    slack = int(case.net.ext_grid.bus.iloc[0])
    # pandapower holds the slack's angle; so is it here, by a measurement without error
    case.noise = 0.0
    case.voltage(slack, 0.01, std_deg=1e-6)
    case.noise = 1.0
    for row in (3, 7, 11):
        case.voltage(row, 0.001, std_deg=0.02)
    pu, deg = difference(case)
    assert pu < 1e-6
    assert deg < 1e-4
