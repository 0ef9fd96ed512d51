"""Against power-grid-model's Newton state estimation."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.result import EstimationOptions


@pytest.mark.parametrize("name", ["oberrhein", "meshed", "cigre"])
def test_voltages_agree(
    twin: Callable[..., Any], grid_model: Callable[..., Any], name: str
) -> None:
    case = twin(name)
    case.everything()
    options = EstimationOptions(pseudo="never", most_removed=0)
    found = estimate(case.model, case.measurements, None, options)
    theirs = grid_model(case.model, case.measurements).voltage()
    assert np.abs(np.abs(found.voltage) - np.abs(theirs)).max() < 1e-6
    turned = np.angle(found.voltage / theirs)
    assert np.abs(turned - turned[0]).max() < 1e-5
