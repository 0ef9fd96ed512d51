"""Networks and states for the pictures' tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.network.branch import (
    Line,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.check import check
from platone.grid.network.element import (
    Bus,
    ConnectionPoint,
    Generator,
    Load,
    Shunt,
    Source,
)
from platone.grid.network.model import Network
from platone.grid.picture import page
from platone.kernel.market_time import MarketDay

PAGE = Path(page.__file__).with_name("page")


@dataclass(frozen=True)
class Day:
    """A network with the states of a day."""

    network: Network
    flow: Flow
    instants: Sequence[datetime]


@pytest.fixture(scope="session")
def italian_day(italy: Network, italian_power: ConsumerPower, engine: GridModelPowerFlow) -> Day:
    instants = list(MarketDay(date(2021, 6, 23)).instants())
    return Day(italy, engine.solve(italy, italian_power), instants)


def line(name: str, a: str, b: str, *, closed: bool = True) -> Line:
    return Line(
        id=name,
        from_bus=a,
        to_bus=b,
        resistance_ohm=0.3,
        reactance_ohm=0.2,
        capacitance_nf=10.0,
        limit_a=200.0,
        to_closed=closed,
    )


def make_transformer(name: str) -> Transformer:
    return Transformer(
        id="t2",
        name=name,
        from_bus="m1",
        to_bus="lv",
        from_kv=20.0,
        to_kv=0.4,
        rated_kva=630.0,
        short_circuit_percent=6.0,
        copper_loss_kw=6.0,
        no_load_percent=0.3,
        iron_loss_kw=1.0,
    )


def make_windings() -> tuple[Winding, ...]:
    return tuple(
        Winding(
            id=f"t3/{bus}",
            bus=bus,
            rated_kv=level,
            rated_kva=25000.0,
            resistance_ohm=0.3,
            reactance_ohm=4.0,
        )
        for bus, level in (("hv", 110.0), ("mv", 20.0), ("tertiary", 10.0))
    )


def make_everything(*, name: str = "", positions: bool = False) -> Network:
    """One of each kind of element, a mesh, an island, open and closed switches."""
    place = iter([(8.0 + 0.01 * i, 48.0 + 0.004 * (i % 3)) for i in range(9)])
    ids = ["hv", "mv", "tertiary", "m1", "m2", "m3", "lv", "island1", "island2"]
    kv = [110.0, 20.0, 10.0, 20.0, 20.0, 20.0, 0.4, 20.0, 20.0]
    buses = tuple(
        Bus(
            id=each,
            name=f"{name}{each}",
            nominal_kv=level,
            min_pu=0.9,
            max_pu=1.1,
            position=next(place) if positions else None,
        )
        for each, level in zip(ids, kv, strict=True)
    )
    windings = make_windings()
    first, second, third = windings
    unit = make_transformer(name)
    return check(
        Network(
            id="everything",
            name=f"All kinds{name}",
            version="1",
            buses=buses,
            sources=(
                Source(id="grid", bus="hv", voltage_pu=1.02),
                Source(id="spare", bus="m3", voltage_pu=1.0, closed=False),
            ),
            lines=(
                line("l1", "mv", "m1"),
                line("l2", "m1", "m2"),
                line("l3", "m2", "m3"),
                line("l4", "m3", "mv"),
                line("l5", "m2", "mv", closed=False),
                line("l6", "island1", "island2"),
            ),
            transformers=(unit,),
            loads=(
                Load(id="d1", name=name, bus="lv", p_kw=300.0, q_kvar=90.0),
                Load(id="d2", bus="m2", p_kw=900.0, q_kvar=200.0),
                Load(id="pv", bus="m2", p_kw=-150.0, q_kvar=0.0),
            ),
            connection_points=(ConnectionPoint(pod_id="POD-1", bus="lv"),),
            three_winding_transformers=(
                ThreeWindingTransformer(id="t3", name=name, windings=(first, second, third)),
            ),
            switches=(
                Switch(id="s1", bus="m1", other="l2"),
                Switch(id="s2", bus="m2", other="l3", closed=True),
                Switch(id="s3", bus="m3", other="island1", closed=False),
            ),
            shunts=(
                Shunt(id="c1", bus="mv", p_kw=0.0, q_kvar=-500.0),
                Shunt(id="x1", bus="tertiary", p_kw=0.0, q_kvar=300.0),
            ),
            generators=(Generator(id="g1", bus="m3", p_kw=-400.0, voltage_pu=1.0),),
        )
    )


@pytest.fixture(scope="session")
def everything() -> Callable[..., Network]:
    return make_everything


@pytest.fixture(scope="session")
def page_folder() -> Path:
    return PAGE
