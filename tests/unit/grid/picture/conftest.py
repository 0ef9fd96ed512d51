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
    return Line(name, "", a, b, 0.3, 0.2, 10.0, 200.0, to_closed=closed)


def make_everything(*, name: str = "", positions: bool = False) -> Network:
    """One of each kind of element, a mesh, an island, open and closed switches."""
    place = iter([(8.0 + 0.01 * i, 48.0 + 0.004 * (i % 3)) for i in range(9)])
    ids = ["hv", "mv", "tertiary", "m1", "m2", "m3", "lv", "island1", "island2"]
    kv = [110.0, 20.0, 10.0, 20.0, 20.0, 20.0, 0.4, 20.0, 20.0]
    buses = tuple(
        Bus(each, f"{name}{each}", level, 0.9, 1.1, next(place) if positions else None)
        for each, level in zip(ids, kv, strict=True)
    )
    windings = tuple(
        Winding(f"t3/{bus}", bus, level, 25000.0, 0.3, 4.0)
        for bus, level in (("hv", 110.0), ("mv", 20.0), ("tertiary", 10.0))
    )
    first, second, third = windings
    unit = Transformer("t2", name, "m1", "lv", 20.0, 0.4, 630.0, 6.0, 6.0, 0.3, 1.0)
    return check(
        Network(
            "everything",
            f"All kinds{name}",
            "1",
            buses=buses,
            sources=(Source("grid", "hv", 1.02), Source("spare", "m3", 1.0, closed=False)),
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
                Load("d1", name, "lv", 300.0, 90.0),
                Load("d2", "", "m2", 900.0, 200.0),
                Load("pv", "", "m2", -150.0, 0.0),
            ),
            connection_points=(ConnectionPoint("POD-1", "lv"),),
            three_winding_transformers=(
                ThreeWindingTransformer("t3", name, (first, second, third)),
            ),
            switches=(
                Switch("s1", "", "m1", "l2"),
                Switch("s2", "", "m2", "l3", closed=True),
                Switch("s3", "", "m3", "island1", closed=False),
            ),
            shunts=(
                Shunt("c1", "", "mv", 0.0, -500.0),
                Shunt("x1", "", "tertiary", 0.0, 300.0),
            ),
            generators=(Generator("g1", "", "m3", -400.0, 1.0),),
        )
    )


@pytest.fixture(scope="session")
def everything() -> Callable[..., Network]:
    return make_everything


@pytest.fixture(scope="session")
def page_folder() -> Path:
    return PAGE
