"""Clearing against independent oracles: a linear programme, and a plain walk in fractions."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from tests.unit.market.plain_clearing import plain_clear, plain_requests

from platone.market.domain.clearing import clear
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.outcome import AcceptedPower

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
PODS = [f"POD{number}" for number in range(8)]
INDEX = 7

_kw = st.integers(-4000, 4000).map(lambda number: number / 8)
_price = st.integers(0, 12).map(lambda number: number / 100)


@st.composite
def sessions(draw: st.DrawFn) -> RecordedSession:
    baselines = {pod: draw(_kw) for pod in PODS}
    offered = draw(st.lists(st.sampled_from(PODS), unique=True, max_size=8))
    services = [
        RecordedService(
            player_id="AGG",
            service_type=ServiceType.OFFER,
            player_service_id=f"offer-{pod}",
            flexibility=[
                Flexibility(
                    pod=[pod],
                    power=[
                        PowerPoint(index=INDEX, p=baselines[pod] + draw(_kw), p_price=draw(_price))
                    ],
                )
            ],
            submitted_at=START + timedelta(minutes=draw(st.integers(0, 3))),
        )
        for pod in offered
    ]
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from([ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST]))
        group = draw(st.lists(st.sampled_from(PODS), unique=True, min_size=1))
        total_kw = sum(baselines[pod] for pod in group) + draw(_kw)
        services.append(
            RecordedService(
                player_id=kind.value[:3],
                service_type=kind,
                player_service_id=f"request-{number}",
                flexibility=[
                    Flexibility(
                        pod=group,
                        power=[PowerPoint(index=INDEX, p=total_kw, p_price=draw(_price))],
                    )
                ],
                submitted_at=START + timedelta(minutes=draw(st.integers(0, 2))),
            )
        )
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="AGG", power_baseline=[baselines[pod]] * 96)
            for pod in PODS
        ],
        flexibility_services=draw(st.permutations(services)),
    )


def _requests(recorded: RecordedSession) -> list[RecordedService]:
    """The requests in the order in which they are served."""
    by_name = {service.player_service_id: service for service in recorded.flexibility_services}
    return [by_name[request.name] for request in plain_requests(recorded)]


def _trades(recorded: RecordedSession) -> dict[tuple[str, str], AcceptedPower]:
    return {
        (power.request_service_id or "", pod.pod): power
        for pod in clear(recorded).flexibility
        for power in pod.power
        if power.accepted_p_value is not None
    }


@settings(max_examples=150, deadline=None)
@given(sessions())
def test_clearing_equals_the_naive_walk(recorded: RecordedSession) -> None:
    found, expected = _trades(recorded), plain_clear(recorded)

    assert set(found) == {(name, pod) for name, pod, _ in expected}
    for (name, pod, _), (change, price) in expected.items():
        assert math.isclose(found[name, pod].accepted_p_change or 0, change, abs_tol=1e-9)
        assert found[name, pod].accepted_p_price == float(price)


@settings(max_examples=60, deadline=None)
@given(sessions())
def test_volumes_and_prices_stay_within_what_was_said(recorded: RecordedSession) -> None:
    baselines = {pod.pod_id: pod.power_baseline[INDEX] for pod in recorded.pods}
    offers = {
        (s.flexibility[0].pod or [""])[0]: s.flexibility[0].power[0]
        for s in recorded.flexibility_services
        if s.service_type is ServiceType.OFFER
    }
    requests = {s.player_service_id: s.flexibility[0] for s in _requests(recorded)}
    sold = dict.fromkeys(offers, 0.0)
    bought = dict.fromkeys(requests, 0.0)
    for (request, pod), power in _trades(recorded).items():
        change_kw, price = power.accepted_p_change or 0.0, power.accepted_p_price or 0.0
        sold[pod] += change_kw
        bought[request] += change_kw
        assert offers[pod].p_price <= price <= requests[request].power[0].p_price
        assert pod in (requests[request].pod or [])
    for pod, sold_kw in sold.items():
        offered_kw = offers[pod].p - baselines[pod]
        assert abs(sold_kw) <= abs(offered_kw) + 1e-9
        assert sold_kw * offered_kw >= 0
    for name, request_entry in requests.items():
        need_kw = request_entry.power[0].p - sum(baselines[p] for p in request_entry.pod or [])
        assert abs(bought[name]) <= abs(need_kw) + 1e-9
        assert bought[name] * need_kw >= 0
    assert math.isclose(sum(sold.values()), sum(bought.values()), abs_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(sessions())
def test_each_request_is_met_as_far_and_as_cheaply_as_possible(recorded: RecordedSession) -> None:
    """HiGHS, given what earlier requests left: the largest volume, then the least cost."""
    baselines = {pod.pod_id: pod.power_baseline[INDEX] for pod in recorded.pods}
    left = {
        (s.flexibility[0].pod or [""])[0]: s.flexibility[0].power[0].p
        - baselines[(s.flexibility[0].pod or [""])[0]]
        for s in recorded.flexibility_services
        if s.service_type is ServiceType.OFFER
    }
    price = {
        (s.flexibility[0].pod or [""])[0]: s.flexibility[0].power[0].p_price
        for s in recorded.flexibility_services
        if s.service_type is ServiceType.OFFER
    }
    trades = _trades(recorded)
    for request in _requests(recorded):
        entry = request.flexibility[0]
        need_kw = entry.power[0].p - sum(baselines[pod] for pod in entry.pod or [])
        able = [
            pod
            for pod in entry.pod or []
            if left.get(pod, 0) * need_kw > 0 and price[pod] <= entry.power[0].p_price
        ]
        mine = {
            pod: power.accepted_p_change or 0.0
            for (name, pod), power in trades.items()
            if name == request.player_service_id
        }
        if able:
            worth = 10.0  # far above any price: volume comes first
            best = linprog(
                [price[pod] - worth for pod in able],
                A_ub=np.ones((1, len(able))),
                b_ub=[abs(need_kw)],
                bounds=[(0, abs(left[pod])) for pod in able],
                method="highs",
            )
            ours = sum((price[pod] - worth) * abs(kw) for pod, kw in mine.items())
            assert math.isclose(ours, best.fun, rel_tol=1e-9, abs_tol=1e-6)
        else:
            assert mine == {}
        for pod, kw in mine.items():
            left[pod] -= kw


@settings(max_examples=50, deadline=None)
@given(sessions(), st.randoms(use_true_random=False))
def test_the_order_of_the_lists_does_not_matter(recorded: RecordedSession, random: object) -> None:
    services, pods = list(recorded.flexibility_services), list(recorded.pods)
    random.shuffle(services)  # type: ignore[attr-defined]
    random.shuffle(pods)  # type: ignore[attr-defined]
    shuffled = RecordedSession(session=recorded.session, pods=pods, flexibility_services=services)

    assert clear(shuffled) == clear(recorded)
