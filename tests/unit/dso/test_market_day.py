from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from platone.dso.domain.day import PodDay, day_power
from platone.grid.flow.power_factor import kvar_per_kw
from platone.grid.network.element import Profile
from platone.grid.network.model import Network
from platone.grid.profile.day_curve import Expectation
from platone.kernel.market_time import MarketDay
from platone.kernel.power_factor import tan_phi


@pytest.mark.parametrize(
    ("on", "count", "at_three"),
    [(date(2021, 6, 23), 96, 12), (date(2021, 3, 28), 92, 8), (date(2021, 10, 31), 100, 16)],
)
def test_profiles_follow_the_clocks(
    feeder: Callable[..., Network], on: date, count: int, at_three: int
) -> None:
    plain = feeder((100.0,))
    network = replace(
        plain,
        loads=(replace(plain.loads[0], profile="p"),),
        profiles=(Profile(id="p", factors=tuple(float(i) for i in range(96))),),
    )
    day = MarketDay(on)
    pod = PodDay("A", np.arange(float(count)), np.arange(count) / 2, 0.0, 0.0, 0.5)
    power = day_power(network, day, {"POD-1": pod})
    assert power.p_kw.shape == (count, 2)
    # 03:00 on the clocks is the profile's 12th factor, wherever it lies in the day
    assert power.p_kw[at_three, 0] == 200.0 * 12
    assert power.q_kvar[at_three, 0] == 80.0 * 12
    assert power.p_kw[-1, 0] == 200.0 * 95
    assert power.p_kw[at_three, 1] == at_three
    assert power.q_kvar[at_three, 1] == at_three / 2


def test_power_factor_gives_reactive_power() -> None:
    assert tan_phi(1.0) == 0.0
    assert tan_phi(0.9) == pytest.approx(0.4843221)
    assert tan_phi(0.5) == pytest.approx(3**0.5)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_power_factor_of_a_course_is_that_of_least_squares(turn: float) -> None:
    rng = np.random.default_rng(3)
    p_kw = turn * rng.uniform(0.0, 100.0, 200)
    q_kvar = 0.4 * p_kw + rng.normal(0.0, 3.0, 200)
    right = np.linalg.lstsq(p_kw[:, None], q_kvar, rcond=None)[0][0]
    assert kvar_per_kw(p_kw, q_kvar) == pytest.approx(right, rel=1e-9)
    # what stands still, and what is reactive alone, has none
    nothing = np.zeros(200)
    assert kvar_per_kw(nothing, q_kvar) == 0.0
    assert kvar_per_kw(nothing + 1e-9, q_kvar) == 0.0
    assert kvar_per_kw(p_kw, nothing) == 0.0


def test_loads_follow_their_typical_days(feeder: Callable[..., Network]) -> None:
    plain, day = feeder((100.0,)), MarketDay(date(2021, 6, 23))
    zero = PodDay("A", np.zeros(96), np.zeros(96), 0.0, 0.0, 0.5)
    mean_kw, sigma = np.arange(96.0), np.ones(96)

    def power(said: Expectation, **change: Any) -> tuple[float, float]:
        network = replace(plain, loads=(replace(plain.loads[0], **change),))
        found = day_power(network, day, {"POD-1": zero}, {"other": said})
        return float(found.p_kw[10, 0]), float(found.q_kvar[10, 0])

    said = Expectation(mean_kw, sigma)
    assert power(said) == pytest.approx((10.0, 10.0 * 80 / 200))  # at the file's power factor
    assert power(said, p_kw=0.0) == (10.0, 80.0)  # the file gives none: its kvar stay
    assert power(Expectation(mean_kw, sigma, 2 * mean_kw, sigma)) == (10.0, 20.0)
    assert power(said, closed=False) == (0.0, 0.0)


def test_a_network_without_consumers_has_a_day_of_no_power(feeder: Callable[..., Network]) -> None:
    bare = replace(feeder((100.0,), with_load=False), connection_points=())
    power = day_power(bare, MarketDay(date(2021, 3, 28)), {})
    assert power.p_kw.shape == power.q_kvar.shape == (92, 0)
