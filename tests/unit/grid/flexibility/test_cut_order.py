"""Which trades are cut first, by their prices: free ones, almost free ones, and dear ones."""

from collections.abc import Callable

import numpy as np
import pytest

from platone.grid.flexibility.acceptance import Changes, accept
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

MakeNetwork = Callable[..., Network]


def accepted(
    feeder: MakeNetwork,
    engine: GridModelPowerFlow,
    *prices: float,
    kw: float = 300.0,
    base_kw: float = 1400.0,
) -> list[float]:
    """Trades of one consumer behind one line that is full, all of one size."""
    network = feeder((60.0,))
    power = ConsumerPower(np.array([[0.0, base_kw]]), np.zeros((1, 2)))
    count = len(prices)
    changes = Changes(
        np.zeros(count, np.int64),
        np.ones(count, np.int64),
        np.full(count, kw),
        np.array(prices),
        np.zeros(count),
    )
    found = accept(Limits(network), engine, power, changes)
    assert sorted(found.against) == [
        place for place, each in enumerate(found.accepted_kw) if each != kw
    ]
    return [float(each) for each in found.accepted_kw]


def test_a_free_trade_counts_a_thousandth_of_the_dearest(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """Of 0.01 € a thousandth is 0.00001 €: less than 0.00002 €, more than 0.000005 €."""
    free, small, dear = accepted(feeder, engine, 0.0, 2e-5, 0.01)
    assert (small, dear) == (300.0, 300.0)
    assert 0 < free < 300.0
    free, small, dear = accepted(feeder, engine, 0.0, 5e-6, 0.01)
    assert dear == 300.0
    assert free == pytest.approx(small, rel=1e-3)  # both count a thousandth
    free, small, dear = accepted(feeder, engine, 0.0, 5e-4, 1.0)
    assert dear == 300.0
    assert free == pytest.approx(small, rel=1e-3)


def test_a_price_below_zero_counts_as_none(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    negative, free, dear = accepted(feeder, engine, -0.5, 0.0, 0.1)
    assert dear == 300.0
    assert negative == pytest.approx(free, rel=1e-3)


def test_where_all_are_free_all_are_cut_alike(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    one, two = accepted(feeder, engine, 0.0, 0.0, kw=500.0)
    assert 0 < one < 500.0
    assert one == pytest.approx(two, rel=1e-5)


def test_feeding_in_is_cut_towards_nothing_too(
    feeder: MakeNetwork, engine: GridModelPowerFlow
) -> None:
    """Moves of the other sign: 3,000 kW fed in are too much for 60 A, some 2,078 kW at 20 kV."""
    cheap, dear = accepted(feeder, engine, 0.01, 0.05, kw=-1500.0, base_kw=0.0)
    assert dear == -1500.0
    assert -1500.0 < cheap < 0.0
    assert cheap + dear == pytest.approx(-np.sqrt(3) * 20 * 60, rel=0.02)


def test_what_does_not_move_is_not_cut(feeder: MakeNetwork, engine: GridModelPowerFlow) -> None:
    """Trades below a milliwatt stay as they are, whatever is broken."""
    network = feeder((60.0,))
    power = ConsumerPower(np.array([[0.0, 2500.0]]), np.zeros((1, 2)))
    kw = np.array([0.9e-6, -0.9e-6, 0.0, 10.0, 1.5e-6])
    changes = Changes(np.zeros(5, np.int64), np.ones(5, np.int64), kw, np.full(5, 0.1), np.zeros(5))
    found = accept(Limits(network), engine, power, changes)
    assert found.accepted_kw[:3].tolist() == kw[:3].tolist()
    assert list(found.against) == [3, 4]
    assert found.accepted_kw[3] == pytest.approx(0.0, abs=1e-3)
    assert found.accepted_kw[4] < 1e-6
