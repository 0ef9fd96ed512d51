"""Reactive power on a line whose end voltage is known in closed form: accepted up to the limit."""

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest

from platone.dso.domain.day import PodDay
from platone.dso.domain.forecast import (
    Forecast,
    KnownDay,
    pod_day,
    traded_reactive,
    traded_totals,
)
from platone.dso.domain.technical_outcome import judge
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Source
from platone.grid.network.model import Network
from platone.grid.run.grid_work import GridWork
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.outcome import (
    AcceptedPower,
    MarketOutcome,
    PodOutcome,
    TechnicalOutcome,
    TechnicalPower,
)
from platone.messages.registry import PointOfDelivery

R_OHM, X_OHM, KV = 2.0, 4.0, 20.0
P_KW, Q_KVAR = 2_000.0, 500.0
LEAST_PU = 0.95
DAY = MarketDay(date(2021, 6, 23))
INDEX = 50


def end_pu(p_kw: float, q_kvar: float) -> float:
    """The voltage at the end of a line without capacitance: the larger root of its quadratic."""
    p, q, v = p_kw / 1e3, q_kvar / 1e3, KV
    b = 2 * (p * R_OHM + q * X_OHM) - v**2
    c = (p**2 + q**2) * (R_OHM**2 + X_OHM**2)
    return math.sqrt((-b + math.sqrt(b * b - 4 * c)) / 2) / KV


def most_kvar(p_kw: float) -> float:
    """The reactive power at which the voltage is at its limit, by halving."""
    low, high = 0.0, 20_000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if end_pu(p_kw, middle) > LEAST_PU else (low, middle)
    return low


def line_forecast() -> Forecast:
    network = check(
        Network(
            id="n",
            name="n",
            version="1",
            buses=(
                Bus(id="a", nominal_kv=KV, min_pu=0.9, max_pu=1.1),
                Bus(id="b", nominal_kv=KV, min_pu=LEAST_PU, max_pu=1.1),
            ),
            sources=(Source(id="S", bus="a", voltage_pu=1.0),),
            lines=(
                Line(
                    id="l",
                    from_bus="a",
                    to_bus="b",
                    resistance_ohm=R_OHM,
                    reactance_ohm=X_OHM,
                    capacitance_nf=0.0,
                    limit_a=2_000.0,
                ),
            ),
            connection_points=(ConnectionPoint(pod_id="POD-1", bus="b"),),
        )
    )
    kw, kvar = np.full(96, P_KW), np.full(96, Q_KVAR)
    return Forecast(
        network=network,
        limits=Limits(network),
        day=DAY,
        pods={"POD-1": PodDay("AGG", kw, kvar, 0.0, 0.0, Q_KVAR / P_KW)},
        power=ConsumerPower(kw[:, None], kvar[:, None]),
        has_trades=False,
    )


def reactive(change_kvar: float) -> AcceptedPower:
    return AcceptedPower(
        index=INDEX,
        accepted_p_value=None,
        accepted_q_value=Q_KVAR + change_kvar,
        accepted_q_price=0.01,
        accepted_q_change=change_kvar,
        player_service_id="q",
        player_request_id="DSO",
        player_offer_id="AGG",
    )


def active(change_kw: float) -> AcceptedPower:
    return AcceptedPower(
        index=INDEX,
        accepted_p_value=P_KW + change_kw,
        accepted_p_price=0.1,
        accepted_p_change=change_kw,
        player_service_id="p",
        player_request_id="DSO",
        player_offer_id="AGG",
    )


def technical(*lines: AcceptedPower) -> TechnicalOutcome:
    outcome = MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=datetime(2021, 6, 22, 22, tzinfo=UTC),
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[PodOutcome(pod="POD-1", power=list(lines))],
    )
    return judge(line_forecast(), outcome, GridWork()).technical


def answer(*lines: AcceptedPower) -> TechnicalPower:
    (pod,) = technical(*lines).flexibility
    (power,) = pod.power
    return power


def test_reactive_power_that_the_voltage_allows_is_taken_whole() -> None:
    room_kvar = most_kvar(P_KW) - Q_KVAR
    assert 500 < room_kvar < 5_000
    power = answer(reactive(room_kvar - 5.0))
    assert (power.accepted_q, power.accepted_q_value) == ("OK", Q_KVAR + room_kvar - 5.0)
    assert (power.accepted_p, power.accepted_p_value, power.cuts) == (None, P_KW, ())


def test_reactive_power_beyond_it_is_cut_to_the_limit() -> None:
    power = answer(reactive(6_000.0))
    assert power.accepted_q == "OK"
    assert power.accepted_q_value is not None
    assert end_pu(P_KW, power.accepted_q_value) == pytest.approx(LEAST_PU, abs=2e-6)
    (cut,) = power.cuts
    assert (cut.element, cut.kind) == ("b", "voltage")
    assert cut.value == pytest.approx(end_pu(P_KW, Q_KVAR + 6_000.0), abs=1e-6)


def test_where_reactive_power_is_sold_it_follows_no_active_power() -> None:
    """A megawatt less would take 250 kvar with it; as it is sold, it is held."""
    lines = active(-1_000.0), reactive(500.0)
    power = answer(*lines)
    assert (power.accepted_p_value, power.accepted_q_value) == (P_KW - 1_000, Q_KVAR + 500)
    room_kvar = most_kvar(P_KW - 1_000.0) - Q_KVAR
    dear = active(-1_000.0)
    tight = answer(dear, reactive(room_kvar + 400.0))
    assert tight.accepted_p == "OK"
    assert tight.accepted_q_value == pytest.approx(Q_KVAR + room_kvar, rel=1e-3)


def test_later_sessions_expect_the_reactive_power_that_was_sold() -> None:
    sold = technical(reactive(100.0))
    totals_kvar = traded_reactive(DAY, [sold])
    assert np.isnan(traded_totals(DAY, [sold])["POD-1"]).all()
    registered = {"POD-1": PointOfDelivery(pod_id="POD-1", aggregator_id="AGG", cos_phi=0.8)}
    known = KnownDay(registered, {"POD-1": np.full(96, 100.0)}, traded_kvar=totals_kvar)
    found = pod_day(known, "POD-1")
    assert found.schedule_kw.tolist() == [100.0] * 96
    assert found.schedule_kvar[INDEX] == 600.0
    assert found.schedule_kvar[INDEX - 1] == pytest.approx(75.0)
