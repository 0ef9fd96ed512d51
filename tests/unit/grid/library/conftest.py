"""A public medium-voltage network, read through the library's face."""

import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platone import grid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def oberrhein(tmp_path_factory: pytest.TempPathFactory) -> grid.Network:
    """The 179 buses of MV Oberrhein."""
    path = tmp_path_factory.mktemp("oberrhein") / "oberrhein.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.to_json(public.mv_oberrhein(), str(path))
    return grid.read_network(path)


@pytest.fixture(scope="session")
def cigre() -> grid.Network:
    return grid.read_network(Path(__file__).parents[3] / "data" / "cim" / "cigre_mv")


@pytest.fixture
def two_instants(cigre: grid.Network) -> grid.PowerSeries:
    """The network's own power at noon, and half of it a quarter-hour later."""
    power = grid.snapshot(cigre)
    p_kw, q_kvar = (each.repeat(2, axis=0) for each in (power.p_kw, power.q_kvar))
    p_kw[1] /= 2
    q_kvar[1] /= 2
    return grid.PowerSeries((NOON, NOON + timedelta(minutes=15)), grid.ConsumerPower(p_kw, q_kvar))
