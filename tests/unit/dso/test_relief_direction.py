"""Relief is worth something where a point of delivery can move the right way, however little."""

from collections.abc import Callable
from dataclasses import replace
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


def two_pods(network: Network, kw: float, *pods: PodDay) -> Forecast:
    """Points of delivery behind one another, POD-1 nearer to the source; the last is told first."""
    names = [f"POD-{number}" for number in range(1, len(pods) + 1)]
    return Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods=dict(reversed(list(zip(names, pods, strict=True)))),
        power=ConsumerPower(np.full((96, len(pods)), kw), np.zeros((96, len(pods)))),
        has_trades=False,
    )


def movable(down_kw: float, up_kw: float = 0.0) -> PodDay:
    still = np.zeros(96)
    return PodDay("AGG", still, still, up_kw, down_kw, 0.0)


def test_the_most_effective_kilowatt_sets_the_price_of_relief(
    feeder: Callable[..., Network],
) -> None:
    """At the line before both, a kW behind the long line takes along what is lost on it."""
    network = feeder((50.0, 500.0), with_load=False, km=9.0)
    forecast = two_pods(network, 1000.0, movable(900.0), movable(900.0))
    found = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork())
    assert all(len(each.pods) == 1 for each in found.need.needs)
    (limit,) = found.limits
    assert [each.pod for each in limit.effects] == ["POD-1", "POD-2"]
    near, far = (each.effect for each in limit.effects)
    assert far > near * 1.003
    assert limit.price == pytest.approx(0.2 / far)
    only_near = two_pods(network, 1000.0, movable(900.0), movable(0.0, 900.0))
    (limit,) = limit_session(only_near, range(1), LimitOrder("DSO", 0.2), GridWork()).limits
    effects = {each.pod: each.effect for each in limit.effects}
    assert limit.price == pytest.approx(0.2 / effects["POD-1"])


def test_what_relief_is_worth_is_never_more_than_a_message_takes(
    feeder: Callable[..., Network],
) -> None:
    """A kW for 1e8 EUR is an ampere for 34.6e8; a message takes 1e9."""
    forecast = two_pods(feeder((50.0,), with_load=False), 2000.0, movable(900.0))
    (limit,) = limit_session(forecast, range(1), LimitOrder("DSO", 1e8), GridWork()).limits
    assert limit.price == 1e9


@pytest.mark.parametrize(("kw", "is_low"), [(2000.0, True), (-2000.0, False)])
def test_a_voltage_is_relieved_towards_its_limit(
    feeder: Callable[..., Network], kw: float, *, is_low: bool
) -> None:
    """A voltage that is too low has to rise, one that is too high to fall; either costs money."""
    network = feeder((900.0,), with_load=False, km=9.0, min_pu=0.99, max_pu=1.01)
    pod = movable(1500.0) if is_low else movable(0.0, 1500.0)
    (limit,) = limit_session(
        two_pods(network, kw, pod), range(1), LimitOrder("DSO", 0.2), GridWork()
    ).limits
    assert (limit.element, limit.unit) == ("bus1", "pu")
    (effect,) = limit.effects
    assert effect.effect < 0
    assert limit.price == pytest.approx(-0.2 / effect.effect)
    needed = limit.least if is_low else limit.most
    assert needed is not None
    assert (needed > 0) is is_low
    assert (limit.most if is_low else limit.least) is None


def test_a_voltage_that_is_kept_needs_no_relief(feeder: Callable[..., Network]) -> None:
    """500 kW over 2.7 ohm at 20 kV lower it by 0.0034, so that 0.0166 are left down to 0.98.

    The straight line touches the curve there, where it is steeper by some hundredths.
    """
    network = feeder((900.0,), with_load=False, km=9.0, min_pu=0.98)
    forecast = two_pods(network, 500.0, movable(0.0, 6_000.0))
    found = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork())
    (kept,) = found.limits
    assert (kept.element, kept.unit, kept.most, kept.price) == ("bus1", "pu", None, None)
    assert kept.least == pytest.approx(0.98 - (1 - 500e3 * 2.7 / 20e3**2), rel=0.08)
    assert not found.need.needs


def test_who_can_move_next_to_nothing_does_not_set_the_price(
    feeder: Callable[..., Network],
) -> None:
    forecast = two_pods(
        feeder((50.0, 500.0), with_load=False), 1000.0, movable(900.0), movable(1e-6)
    )
    (limit,) = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork()).limits
    (effect,) = limit.effects
    assert effect.pod == "POD-1"
    assert limit.price == pytest.approx(0.2 / effect.effect)


def test_who_moves_reactive_power_alone_has_no_effect_of_active_power(
    feeder: Callable[..., Network],
) -> None:
    """Only with reactive power traded does it stand among the effects at all."""
    still = np.zeros(96)
    pod = PodDay("AGG", still, still, 0.0, 0.0, 0.0, (0.0, 900.0))
    plain = two_pods(feeder((50.0, 500.0), with_load=False), 900.0, movable(900.0), pod)
    forecast = replace(plain, power=replace(plain.power, q_kvar=np.full((96, 2), 400.0)))
    order = LimitOrder("DSO", 0.2, reactive=True)
    (limit,) = limit_session(forecast, range(1), order, GridWork()).limits
    near, far = limit.effects
    assert (near.pod, near.reactive_effect) == ("POD-1", None)
    assert near.effect > 0
    assert (far.pod, far.effect) == ("POD-2", 0.0)
    assert far.reactive_effect is not None
    assert far.reactive_effect > 0
    (alone,) = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork()).limits
    assert [each.pod for each in alone.effects] == ["POD-1"]
