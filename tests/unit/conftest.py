"""Networks for the tests of the DSO platform."""

import csv
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import platone.demo.italy
from platone.grid.file.own_form import read_network
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Load, Source
from platone.grid.network.model import Network

TAN_PHI = math.tan(math.acos(0.9))
ITALY = Path(platone.demo.italy.__file__).with_name("scenario")


@pytest.fixture(scope="session")
def quietly() -> Callable[[Callable[[], Any]], Any]:
    """Runs what belongs to pandapower, which warns of its own and its libraries' future."""

    def run(action: Callable[[], Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return action()

    return run


@pytest.fixture(scope="session")
def engine() -> GridModelPowerFlow:
    return GridModelPowerFlow()


@pytest.fixture(scope="session")
def italy() -> Network:
    return read_network((ITALY / "network.json").read_bytes())


@pytest.fixture(scope="session")
def italian_baselines() -> dict[str, list[float]]:
    with (ITALY / "baselines.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {pod: [float(row[pod]) for row in rows] for pod in rows[0]}


@pytest.fixture(scope="session")
def italian_power(italy: Network, italian_baselines: dict[str, list[float]]) -> ConsumerPower:
    """Put together here, not by the product's own function."""
    factors = {profile.id: np.array(profile.factors) for profile in italy.profiles}
    p = [load.p_kw * factors[load.profile or ""] for load in italy.loads]
    q = [load.q_kvar * factors[load.profile or ""] for load in italy.loads]
    for point in italy.connection_points:
        p.append(np.array(italian_baselines[point.pod_id]))
        q.append(p[-1] * TAN_PHI)
    return ConsumerPower(np.stack(p, axis=1), np.stack(q, axis=1))


MakeNetwork = Callable[..., Network]


def make_feeder(
    limits_a: tuple[float, ...],
    *,
    min_pu: float = 0.9,
    max_pu: float = 1.1,
    ring: bool = False,
    km: float = 1.0,
    with_load: bool = True,
) -> Network:
    """20 kV, a PoD at each bus behind the first: bus0 - bus1 - bus2 ..., or closed to a ring."""
    count = len(limits_a) + (0 if ring else 1)
    buses = tuple(Bus(f"bus{i}", "", 20.0, min_pu, max_pu) for i in range(count))
    lines = tuple(
        Line(
            f"line{i}",
            "",
            f"bus{i}",
            f"bus{(i + 1) % count}",
            0.3 * km,
            0.25 * km,
            200.0 * km,
            limit,
        )
        for i, limit in enumerate(limits_a)
    )
    loads = (Load("other", "", buses[-1].id, 200.0, 80.0),) if with_load else ()
    points = tuple(ConnectionPoint(f"POD-{i}", f"bus{i}") for i in range(1, count))
    return check(
        Network("n", "n", "1", "", buses, (Source("S", "bus0", 1.0),), lines, (), loads, points)
    )


@pytest.fixture(scope="session")
def feeder() -> MakeNetwork:
    return make_feeder


def make_two_levels(clock: int = 0, side: str = "from", tap: int = 0) -> Network:
    """150/20 kV with a tap changer, a mesh of three lines and a line open at one end."""
    buses = (
        Bus("hv", "", 150.0, 0.9, 1.1),
        *(Bus(f"mv{i}", "", 20.0, 0.9, 1.1) for i in range(4)),
    )
    ends = [("mv0", "mv1"), ("mv1", "mv2"), ("mv0", "mv2"), ("mv2", "mv3"), ("mv3", "mv0")]
    lines = tuple(
        Line(f"line{i}", "", a, b, 1.2 + 0.3 * i, 1.0, 500.0, 200.0, to_closed=i != 4)
        for i, (a, b) in enumerate(ends)
    )
    unit = Transformer(
        "t",
        "",
        "hv",
        "mv0",
        150.0,
        20.8,
        25000.0,
        12.0,
        100.0,
        0.5,
        20.0,
        phase_shift_deg=30.0 * clock,
        tap_side="to" if side == "to" else "from",
        tap_position=tap,
        tap_step_percent=1.5,
    )
    loads = (Load("other", "", "mv1", 1000.0, 500.0),)
    points = (ConnectionPoint("POD-2", "mv2"), ConnectionPoint("POD-3", "mv3"))
    return check(
        Network("n", "n", "1", "", buses, (Source("S", "hv", 1.02),), lines, (unit,), loads, points)
    )


@pytest.fixture(scope="session")
def two_levels() -> MakeNetwork:
    return make_two_levels
