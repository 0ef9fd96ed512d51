"""power-grid-model's state estimation, which the benchmarks use too."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).parents[5] / "benchmarks" / "grid_model.py"


@pytest.fixture
def grid_model() -> Any:
    spec = importlib.util.spec_from_file_location("grid_model", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.GridModelEstimate
