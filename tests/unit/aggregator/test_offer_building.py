from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from platone.aggregator.domain.baseline import check_market_day
from platone.aggregator.domain.offer import build_offer
from platone.aggregator.domain.problem import (
    BaselineMissing,
    BaselineNotOfMarketDay,
    NothingToOffer,
    OfferOutsideLimits,
    SessionStartInvalid,
)
from platone.aggregator.domain.window import window_of
from platone.messages.base import MarketType
from platone.messages.market import Flexibility, PowerKind, ServiceType, SessionReference
from platone.messages.registry import (
    FlexibilityPreference,
    MaxFlexibility,
    PointOfDelivery,
    PortfolioPod,
    Series,
)

ROME = "Europe/Rome"
DAY_START = datetime(2021, 6, 22, 22, tzinfo=UTC)
DAY_AHEAD = SessionReference(market_type=MarketType.DAY_AHEAD, start_time=DAY_START)


def portfolio_pod(change_kw: float = 500.0, index: int = 50, /, **pod: float) -> PortfolioPod:
    """PoD IT002E60550189 of D3.6 tables 6 and 7."""
    return PortfolioPod(
        pod=PointOfDelivery(
            pod_id="IT002E60550189",
            aggregator_id="ACEAE",
            pn_p=pod.get("pn_p", 625.0),
            inp=pod.get("inp", 0.0),
            max_flexibility=MaxFlexibility(upper_p=500.0, down_p=pod.get("down_p", 0.0)),
        ),
        preferences=(
            FlexibilityPreference(index=index, change_kw=change_kw, price_eur_per_kwh=0.07),
        ),
    )


def test_offer_of_the_deliverable() -> None:
    """D3.6 figure 41 (570.38 kW) and figure 46 (the identifier)."""
    offer = build_offer(portfolio_pod(), [70.38] * 96, DAY_AHEAD, window_of(DAY_AHEAD, ROME))
    assert offer.player_service_id == "ACEAE/IT002E60550189/dayAhead/2021-06-22T22:00:00.000Z"
    (flexibility,) = offer.flexibility
    assert flexibility.pod == ["IT002E60550189"]
    (point,) = flexibility.power
    assert (point.index, point.p_price) == (50, 0.07)
    assert point.p == pytest.approx(570.38, abs=1e-9)
    assert offer.duration == 24


@pytest.mark.parametrize(
    ("change_kw", "limits", "limit"),
    [
        (500.001, {}, "maxFlexibility.upperP"),
        (-0.001, {}, "maxFlexibility.downP"),
        (500.0, {"pn_p": 570.0}, "pnP"),
        (-100.0, {"down_p": 100.0, "inp": 29.0}, "inp"),
    ],
)
def test_each_limit_is_kept(change_kw: float, limits: dict[str, float], limit: str) -> None:
    item = portfolio_pod(change_kw, 50, **limits)
    with pytest.raises(OfferOutsideLimits) as refused:
        build_offer(item, [70.38] * 96, DAY_AHEAD, window_of(DAY_AHEAD, ROME))
    assert refused.value.fields["limit"] == limit


def test_without_baseline_or_preference_there_is_no_offer() -> None:
    window = window_of(DAY_AHEAD, ROME)
    with pytest.raises(BaselineMissing):
        build_offer(portfolio_pod(), None, DAY_AHEAD, window)
    early = SessionReference(market_type=MarketType.REAL_TIME, start_time=DAY_START)
    with pytest.raises(NothingToOffer):
        build_offer(portfolio_pod(), [70.38] * 96, early, window_of(early, ROME))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("by", ["change", "total"])
@pytest.mark.parametrize(
    ("excess_kw", "is_taken"), [(0.0, True), (1e-9, True), (1.9e-9, False), (0.5, False)]
)
def test_a_limit_of_zero_bears_rounding_and_no_more(
    sign: int, by: str, excess_kw: float, *, is_taken: bool
) -> None:
    """Where all limits are 0 the sum of a baseline and a change passes them by its rounding."""
    wide = 0.0 if by == "change" else 100.0
    bounds = MaxFlexibility(upper_p=wide, down_p=wide)
    least = 100.0 - wide
    pod = PointOfDelivery(
        pod_id="POD-1", aggregator_id="A", pn_p=least, inp=least, max_flexibility=bounds
    )
    change = FlexibilityPreference(index=3, change_kw=sign * excess_kw, price_eur_per_kwh=0.1)
    item = PortfolioPod(pod=pod, preferences=(change,))
    window = window_of(DAY_AHEAD, ROME)
    if is_taken:
        build_offer(item, [0.0] * 96, DAY_AHEAD, window)
        return
    with pytest.raises(OfferOutsideLimits) as refused:
        build_offer(item, [0.0] * 96, DAY_AHEAD, window)
    names = {"change": ("upperP", "downP"), "total": ("pnP", "inp")}[by]
    assert str(refused.value.fields["limit"]).endswith(names[0 if sign > 0 else 1])
    assert (refused.value.fields["limitKw"], refused.value.fields["index"]) == (0.0, 3)


def test_an_offer_names_what_it_is_for_and_stands_in_order_of_time() -> None:
    late = SessionReference(
        market_type=MarketType.REAL_TIME, start_time=datetime(2021, 6, 23, 10, tzinfo=UTC)
    )
    item = portfolio_pod()
    choices = [
        FlexibilityPreference(index=index, change_kw=float(index), price_eur_per_kwh=0.01)
        for index in (63, 47, 48, 50, 64)
    ]
    item = PortfolioPod(pod=item.pod, preferences=tuple(choices))
    offer = build_offer(item, list(range(96)), late, window_of(late, ROME))
    (flexibility,) = offer.flexibility
    assert [(point.index, point.p) for point in flexibility.power] == [
        (48, 96.0),
        (50, 100.0),
        (63, 126.0),
    ]
    assert (offer.player_id, offer.service_type) == ("ACEAE", ServiceType.OFFER)
    assert (offer.market_type, offer.start_time, offer.duration) == (
        MarketType.REAL_TIME,
        late.start_time,
        4,
    )
    assert offer.player_service_id == "ACEAE/IT002E60550189/realTime/2021-06-23T10:00:00.000Z"


def test_a_pod_without_contract_has_only_its_connections_limits() -> None:
    pod = PointOfDelivery(pod_id="POD-1", aggregator_id="A", pn_p=10.0, inp=5.0)

    def offered(change_kw: float) -> float | None:
        choice = FlexibilityPreference(index=0, change_kw=change_kw, price_eur_per_kwh=0.1)
        item = PortfolioPod(pod=pod, preferences=(choice,))
        offer = build_offer(item, [1.0] * 96, DAY_AHEAD, window_of(DAY_AHEAD, ROME))
        return offer.flexibility[0].power[0].p

    assert (offered(9.0), offered(-6.0)) == (10.0, -5.0)
    for beyond in (9.001, -6.001):
        with pytest.raises(OfferOutsideLimits):
            offered(beyond)


@given(
    baseline_kw=st.floats(-500, 600),
    change_kw=st.floats(-600, 600),
    upper_kw=st.floats(0, 500),
    down_kw=st.floats(0, 500),
)
def test_an_offer_that_is_made_keeps_every_limit(
    baseline_kw: float, change_kw: float, upper_kw: float, down_kw: float
) -> None:
    item = PortfolioPod(
        pod=PointOfDelivery(
            pod_id="POD-1",
            aggregator_id="A",
            pn_p=400,
            inp=200,
            max_flexibility=MaxFlexibility(upper_p=upper_kw, down_p=down_kw),
        ),
        preferences=(FlexibilityPreference(index=3, change_kw=change_kw, price_eur_per_kwh=0.1),),
    )
    inside = (
        -down_kw - 1e-9 <= change_kw <= upper_kw + 1e-9
        and -200 - 1e-9 <= baseline_kw + change_kw <= 400 + 1e-9
    )
    try:
        offer = build_offer(item, [baseline_kw] * 96, DAY_AHEAD, window_of(DAY_AHEAD, ROME))
    except OfferOutsideLimits:
        assert not inside
    else:
        assert inside
        assert offer.flexibility[0].power[0].p == baseline_kw + change_kw


@pytest.mark.parametrize("market_type", list(MarketType))
def test_a_session_starts_where_the_calendar_has_one(market_type: MarketType) -> None:
    odd = SessionReference(market_type=market_type, start_time=datetime(2021, 6, 23, 9, tzinfo=UTC))
    with pytest.raises(SessionStartInvalid):
        window_of(odd, ROME)


@pytest.mark.parametrize(
    ("start", "count"),
    [
        (datetime(2021, 6, 22, 22, tzinfo=UTC), 96),
        (datetime(2021, 3, 27, 23, tzinfo=UTC), 92),
        (datetime(2021, 10, 30, 22, tzinfo=UTC), 100),
    ],
)
def test_a_baseline_covers_its_market_day(start: datetime, count: int) -> None:
    check_market_day(Series(pod_id="POD-1", start_time=start, values=[1.0] * count), ROME)
    for wrong in (count - 4, count + 4):
        with pytest.raises(BaselineNotOfMarketDay):
            check_market_day(Series(pod_id="POD-1", start_time=start, values=[1.0] * wrong), ROME)
    with pytest.raises(BaselineNotOfMarketDay) as refused:
        check_market_day(Series(pod_id="POD-1", start_time=start, values=[1.0]), ROME)
    assert refused.value.fields == {"podId": "POD-1", "expected": count, "received": 1}
    hour_late = start.replace(hour=start.hour - 1)
    with pytest.raises(BaselineNotOfMarketDay):
        check_market_day(Series(pod_id="POD-1", start_time=hour_late, values=[1.0] * count), ROME)


def test_reactive_power_is_offered_beside_active_power_or_alone() -> None:
    """100 kW at a power factor of 0.8 have 75 kvar; 20 less are 55."""
    plain = portfolio_pod()
    pod = structs.replace(
        plain.pod,
        cos_phi=0.8,
        max_flexibility=MaxFlexibility(upper_p=500.0, down_p=500.0, upper_q=0.0, down_q=20.0),
    )

    def built(*preferences: FlexibilityPreference) -> list[Flexibility]:
        item = structs.replace(plain, pod=pod, preferences=preferences)
        return build_offer(item, [100.0] * 96, DAY_AHEAD, window_of(DAY_AHEAD, ROME)).flexibility

    def wish(change_kw: float, change_kvar: float | None) -> FlexibilityPreference:
        return FlexibilityPreference(
            index=50,
            change_kw=change_kw,
            price_eur_per_kwh=0.07,
            change_kvar=change_kvar,
            price_eur_per_kvarh=0.004,
        )

    active, reactive = built(wish(-10.0, -20.0))
    assert (active.power_kind, active.power[0].p) == (None, 90.0)
    assert reactive.power_kind is PowerKind.REACTIVE
    (point,) = reactive.power
    assert point.q == pytest.approx(55.0)
    assert point.q_price == 0.004
    (alone,) = built(wish(0.0, -20.0))
    assert alone.power_kind is PowerKind.REACTIVE
    for change_kvar, limit in ((5.0, "upperQ"), (-20.1, "downQ")):
        with pytest.raises(OfferOutsideLimits) as refused:
            built(wish(0.0, change_kvar))
        assert refused.value.fields["limit"] == f"maxFlexibility.{limit}"
    free = structs.replace(wish(0.0, -5.0), price_eur_per_kvarh=None)
    ((nothing_asked,),) = [each.power for each in built(free)]
    assert (nothing_asked.q_price, nothing_asked.p, nothing_asked.p_price) == (0.0, 0.0, 0.0)
