"""The DSO's request in the market's form, and what it is sized by."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from platone.dso.domain.day import PodDay
from platone.dso.domain.forecast import Forecast
from platone.dso.domain.grid_limit import LimitOrder, limit_session
from platone.dso.domain.request import (
    build_request,
    expected_power,
    flexible_pods,
    size_session,
)
from platone.grid.flexibility.request import GroupNeed
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.run.grid_work import GridWork
from platone.kernel.market_time import MarketDay
from platone.kernel.session_window import window_starting
from platone.messages.base import MarketType
from platone.messages.market import ServiceType, SessionReference

NOON = SessionReference(
    market_type=MarketType.REAL_TIME, start_time=datetime(2021, 6, 23, 10, tzinfo=UTC)
)


def need(scenario: int, pods: tuple[str, ...], baseline_kw: float, change_kw: float) -> GroupNeed:
    return GroupNeed(scenario=scenario, pods=pods, baseline_kw=baseline_kw, change_kw=change_kw)


def test_needs_of_the_same_pods_are_one_entry_in_order_of_pods() -> None:
    window = window_starting(NOON.market_type, NOON.start_time, "Europe/Rome")
    assert window is not None
    needs = [
        need(0, ("P2", "P3"), 100.0, -30.0),
        need(1, ("P1",), 20.0, 5.0),
        need(15, ("P2", "P3"), 90.0, -10.0),
    ]
    found = build_request("DSO", NOON, window, needs, 0.25)
    assert found is not None
    assert (found.player_id, found.service_type) == ("DSO", ServiceType.DSO_REQUEST)
    assert found.player_service_id == "DSO:::realTime:::2021-06-23T10:00:00.000Z"
    assert (found.market_type, found.start_time) == (NOON.market_type, NOON.start_time)
    assert found.duration == 4
    told = [
        (entry.pod, [(each.index, each.p, each.p_price, each.q_price) for each in entry.power])
        for entry in found.flexibility
    ]
    assert told == [
        (["P1"], [(49, 25.0, 0.25, 0.25)]),
        (["P2", "P3"], [(48, 70.0, 0.25, 0.25), (63, 80.0, 0.25, 0.25)]),
    ]
    assert build_request("DSO", NOON, window, [], 0.25) is None


@pytest.fixture
def forecast(feeder: Callable[..., Network]) -> Forecast:
    network = feeder((100.0,))
    p_kw = np.arange(96.0)[:, None] * np.array([[1.0, 10.0]])
    still = np.zeros(96)
    return Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods={"POD-1": PodDay("AGG", still, still, 30.0, 20.0, 0.5)},
        power=ConsumerPower(p_kw, -p_kw),
        has_trades=False,
    )


def test_a_session_has_its_own_quarter_hours(forecast: Forecast) -> None:
    power = expected_power(forecast, range(48, 50))
    assert power.p_kw.tolist() == [[48.0, 480.0], [49.0, 490.0]]
    assert power.q_kvar.tolist() == [[-48.0, -480.0], [-49.0, -490.0]]


def test_points_of_delivery_move_as_far_as_they_are_contracted(forecast: Forecast) -> None:
    (found,) = flexible_pods(forecast)
    assert (found.pod_id, found.max_up_kw, found.max_down_kw) == ("POD-1", 30.0, 20.0)
    assert (found.kvar_per_kw, found.cost_eur_per_kwh) == (0.5, None)


def overloaded(
    feeder: Callable[..., Network], down_kw: float, up_kw: float, kw: float = 2000.0
) -> Forecast:
    """A line of 50 A before one PoD, which withdraws at a power factor of one."""
    network = feeder((50.0,), with_load=False)
    p_kw = np.full((96, 1), kw)
    still = np.zeros(96)
    return Forecast(
        network=network,
        limits=Limits(network),
        day=MarketDay(date(2021, 6, 23)),
        pods={"POD-1": PodDay("AGG", still, still, up_kw, down_kw, 0.0)},
        power=ConsumerPower(p_kw, np.zeros((96, 1))),
        has_trades=False,
    )


LIMIT_KW = 50.0 * 20.0 * 3**0.5
"""What 50 A carry at 20 kV."""


def test_what_is_asked_brings_the_line_to_its_limit(feeder: Callable[..., Network]) -> None:
    found = size_session(overloaded(feeder, 1000.0, 0.0), range(48, 50), GridWork())
    assert [(each.scenario, each.pods) for each in found.needs] == [
        (0, ("POD-1",)),
        (1, ("POD-1",)),
    ]
    for each in found.needs:
        assert each.total_kw == pytest.approx(LIMIT_KW, rel=0.01)


def test_a_session_keeps_a_line_by_its_effect_and_pays_for_relief(
    feeder: Callable[..., Network],
) -> None:
    """A kW at 20 kV is 0.0289 A; 2000 kW are 57.7 A, so that about 7.7 A have to go."""
    forecast = overloaded(feeder, 1000.0, 500.0)
    found = limit_session(forecast, range(48, 50), LimitOrder("DSO", 0.2), GridWork())
    assert [(each.element, each.index, each.unit) for each in found.limits] == [
        ("line0", 48, "A"),
        ("line0", 49, "A"),
    ]
    for each in found.limits:
        (effect,) = each.effects
        assert effect.pod == "POD-1"
        assert effect.effect == pytest.approx(1 / (20 * 3**0.5), rel=0.02)
        assert each.least is None
        assert each.most == pytest.approx(50.0 - 2000.0 / (20 * 3**0.5), rel=0.05)
        assert each.price == pytest.approx(0.2 / effect.effect)
        assert each.player_id == "DSO"
    assert len(found.need.needs) == 2


def test_where_no_one_can_help_relief_is_worth_nothing(feeder: Callable[..., Network]) -> None:
    found = limit_session(
        overloaded(feeder, 0.0, 500.0), range(1), LimitOrder("DSO", 0.2), GridWork()
    )
    (only,) = found.limits
    assert only.most is not None
    assert only.most < 0
    assert only.price == 0.0


def test_a_limit_that_is_kept_needs_no_relief(feeder: Callable[..., Network]) -> None:
    spared = overloaded(feeder, 0.0, 500.0, kw=1500.0)
    (only,) = limit_session(spared, range(1), LimitOrder("DSO", 0.2), GridWork()).limits
    assert only.price is None
    assert only.most == pytest.approx(50.0 - 1500.0 / (20 * 3**0.5), rel=0.05)


def test_limits_tell_what_reactive_power_does_where_it_is_traded(
    feeder: Callable[..., Network],
) -> None:
    """Beside a line's own formula: i = |P + jQ| / (sqrt(3) U), in the state where it is touched."""
    plain = overloaded(feeder, 1000.0, 500.0)
    pod = replace(plain.pods["POD-1"], reactive_kvar=(600.0, 0.0))
    kvar = np.full((96, 1), 900.0)
    forecast = replace(plain, pods={"POD-1": pod}, power=replace(plain.power, q_kvar=kvar))
    (told,) = limit_session(
        forecast, range(1), LimitOrder("DSO", 0.2, reactive=True), GridWork()
    ).limits
    (effect,) = told.effects
    assert effect.reactive_effect is not None
    kw, apparent = (LIMIT_KW**2 - 900.0**2) ** 0.5, LIMIT_KW
    assert effect.effect == pytest.approx(kw / apparent / (20 * 3**0.5), rel=0.02)
    assert effect.reactive_effect == pytest.approx(900.0 / apparent / (20 * 3**0.5), rel=0.02)
    (alone,) = limit_session(forecast, range(1), LimitOrder("DSO", 0.2), GridWork()).limits
    assert alone.effects[0].reactive_effect is None
    assert alone.effects[0].effect == pytest.approx(effect.effect)
