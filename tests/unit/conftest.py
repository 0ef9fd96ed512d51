"""Networks for the tests of the DSO platform."""

import csv
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import spmatrix

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


@pytest.fixture
def adjoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer scipy has taken away a property that the peer needs."""
    monkeypatch.setattr(spmatrix, "H", property(lambda own: own.conj().T), raising=False)


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
    buses = tuple(
        Bus(id=f"bus{i}", nominal_kv=20.0, min_pu=min_pu, max_pu=max_pu) for i in range(count)
    )
    lines = tuple(
        Line(
            id=f"line{i}",
            from_bus=f"bus{i}",
            to_bus=f"bus{(i + 1) % count}",
            resistance_ohm=0.3 * km,
            reactance_ohm=0.25 * km,
            capacitance_nf=200.0 * km,
            limit_a=limit,
        )
        for i, limit in enumerate(limits_a)
    )
    loads = (Load(id="other", bus=buses[-1].id, p_kw=200.0, q_kvar=80.0),) if with_load else ()
    points = tuple(ConnectionPoint(pod_id=f"POD-{i}", bus=f"bus{i}") for i in range(1, count))
    return check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=(Source(id="S", bus="bus0", voltage_pu=1.0),),
            lines=lines,
            transformers=(),
            loads=loads,
            connection_points=points,
        )
    )


@pytest.fixture(scope="session")
def feeder() -> MakeNetwork:
    return make_feeder


def make_two_levels(clock: int = 0, side: str = "from", tap: int = 0) -> Network:
    """150/20 kV with a tap changer, a mesh of three lines and a line open at one end."""
    buses = (
        Bus(id="hv", nominal_kv=150.0, min_pu=0.9, max_pu=1.1),
        *(Bus(id=f"mv{i}", nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for i in range(4)),
    )
    ends = [("mv0", "mv1"), ("mv1", "mv2"), ("mv0", "mv2"), ("mv2", "mv3"), ("mv3", "mv0")]
    lines = tuple(
        Line(
            id=f"line{i}",
            from_bus=a,
            to_bus=b,
            resistance_ohm=1.2 + 0.3 * i,
            reactance_ohm=1.0,
            capacitance_nf=500.0,
            limit_a=200.0,
            to_closed=i != 4,
        )
        for i, (a, b) in enumerate(ends)
    )
    unit = Transformer(
        id="t",
        from_bus="hv",
        to_bus="mv0",
        from_kv=150.0,
        to_kv=20.8,
        rated_kva=25000.0,
        short_circuit_percent=12.0,
        copper_loss_kw=100.0,
        no_load_percent=0.5,
        iron_loss_kw=20.0,
        phase_shift_deg=30.0 * clock,
        tap_side="to" if side == "to" else "from",
        tap_position=tap,
        tap_step_percent=1.5,
    )
    loads = (Load(id="other", bus="mv1", p_kw=1000.0, q_kvar=500.0),)
    points = (
        ConnectionPoint(pod_id="POD-2", bus="mv2"),
        ConnectionPoint(pod_id="POD-3", bus="mv3"),
    )
    return check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=buses,
            sources=(Source(id="S", bus="hv", voltage_pu=1.02),),
            lines=lines,
            transformers=(unit,),
            loads=loads,
            connection_points=points,
        )
    )


@pytest.fixture(scope="session")
def two_levels() -> MakeNetwork:
    return make_two_levels
