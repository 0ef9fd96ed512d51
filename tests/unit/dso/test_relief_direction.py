"""Relief is worth something where a point of delivery can move the right way, however little."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from platone.dso.domain.day import PodDay
from platone.dso.domain.forecast import Forecast
from platone.dso.domain.grid_limit import LimitOrder, limit_session
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.run.grid_work import GridWork
from platone.kernel.market_time import MarketDay


@pytest.mark.parametrize(
    ("kw", "down_kw", "up_kw", "helps"),
    [
        (2000.0, 0.5, 0.0, True),  # too much is drawn: less of it helps
        (2000.0, 0.0, 900.0, False),
        (-2000.0, 0.0, 0.5, True),  # too much is fed in: more consumption helps
        (-2000.0, 0.0, 900.0, True),
        (-2000.0, 900.0, 0.0, False),
    ],
)
def test_relief_has_a_direction(
    feeder: Callable[..., Network], kw: float, down_kw: float, up_kw: float, *, helps: bool
) -> None:
    """50 A at 20 kV are 1732 kW; a kW is 0.0289 A, so that relief of an ampere costs 34.6 kW."""
    network = feeder((50.0,), with_load=False)
    still = np.zeros(96)
    forecast = Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods={"POD-1": PodDay("AGG", still, still, up_kw, down_kw, 0.0)},
        power=ConsumerPower(np.full((96, 1), kw), np.zeros((96, 1))),
        has_trades=False,
    )
    found = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork())
    (limit,) = found.limits
    assert limit.most is not None
    assert limit.most < 0
    price = 0.2 * 20 * 3**0.5 if helps else 0.0
    assert limit.price == pytest.approx(price, rel=0.05)
