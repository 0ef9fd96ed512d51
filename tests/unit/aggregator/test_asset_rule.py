"""What can be kept of assets and preferences, and which quarter-hours a preference leaves."""

from datetime import UTC, date, datetime

import pytest

from platone.aggregator.domain.asset import check_asset
from platone.aggregator.domain.preference import (
    check_preference,
    day_named,
    default_preference,
    is_available,
    market_day_on,
    without_kept_hours,
)
from platone.aggregator.domain.problem import AssetInvalid, MarketDayInvalid, PreferenceInvalid
from platone.kernel.record_time import InstantOutOfRange
from platone.messages.asset import Asset, AvailableSpan, Battery, DayPreference, Plant
from platone.messages.registry import FlexibilityPreference, PointOfDelivery, PortfolioPod

ROME = "Europe/Rome"
ON = date(2021, 6, 23)
PLANT = Plant(peak_kw=3.0)
BATTERY = Battery(
    capacity_kwh=10.0,
    charge_kw=5.0,
    discharge_kw=5.0,
    state_of_charge=0.5,
    state_at=datetime(2021, 6, 23, tzinfo=UTC),
)


def plant(name: str) -> Asset:
    return Asset(asset_id=name, pod_id="POD-1", plant=PLANT)


def wish(*spans: tuple[int, int], on: date = ON, available: bool = True) -> DayPreference:
    hours = tuple(AvailableSpan(first_index=first, end_index=end) for first, end in spans)
    return DayPreference(pod_id="POD-1", day=on, hours=hours, available=available)


def test_an_asset_is_of_one_kind() -> None:
    check_asset(plant("roof"), [])
    check_asset(Asset(asset_id="cell", pod_id="POD-1", battery=BATTERY), [plant("roof")])
    for asset, count in (
        (Asset(asset_id="none", pod_id="POD-1"), 0),
        (Asset(asset_id="both", pod_id="POD-1", plant=PLANT, battery=BATTERY), 2),
    ):
        with pytest.raises(AssetInvalid, match=f"is {count} of battery") as refused:
            check_asset(asset, [])
        assert refused.value.fields == {"podId": "POD-1", "assetId": asset.asset_id}


def test_twenty_assets_are_kept_of_a_point_of_delivery() -> None:
    known = [plant(f"roof-{number}") for number in range(20)]
    check_asset(plant("roof-20"), known[:19])
    check_asset(plant("roof-3"), known)  # a new version of one of them
    with pytest.raises(AssetInvalid, match="has 20 assets already; 20 are kept"):
        check_asset(plant("roof-20"), known)


@pytest.mark.parametrize(
    ("on", "last"), [(ON, 96), (date(2021, 3, 28), 92), (date(2021, 10, 31), 100)]
)
def test_spans_lie_in_their_day(on: date, last: int) -> None:
    check_preference(wish((0, last), (last - 1, last), on=on), ROME)
    for number, spans in enumerate(([(0, last + 1)], [(0, 1), (5, 5)], [(0, 1), (1, 2), (7, 5)])):
        if spans[-1][1] <= 100:  # more is no message
            with pytest.raises(PreferenceInvalid, match=f"has {last}\\.$") as refused:
                check_preference(wish(*spans, on=on), ROME)
            assert refused.value.fields == {"podId": "POD-1", "span": number}


def test_years_that_are_not_recorded_are_no_market_days() -> None:
    assert market_day_on(ON, ROME).start == datetime(2021, 6, 22, 22, tzinfo=UTC)
    for on in (date(1999, 6, 1), date(2100, 6, 1)):
        with pytest.raises(InstantOutOfRange):
            market_day_on(on, ROME)
        with pytest.raises(InstantOutOfRange):
            check_preference(wish(on=on), ROME)


def test_a_day_is_named_as_calendars_do() -> None:
    assert day_named("2021-06-23") == ON
    with pytest.raises(MarketDayInvalid, match="'23/6/21' is no day"):
        day_named("23/6/21")


def left(said: DayPreference | None) -> list[int]:
    return [index for index in range(10) if is_available(said, index)]


def test_a_preference_leaves_the_hours_that_it_names() -> None:
    assert left(None) == left(wish()) == left(default_preference("POD-1", ON)) == list(range(10))
    assert left(wish((2, 4), (7, 8))) == [2, 3, 7]
    assert left(wish((2, 4), available=False)) == left(wish(available=False)) == []
    assert default_preference("POD-1", ON) == DayPreference(pod_id="POD-1", day=ON)


def test_what_was_to_be_offered_in_kept_hours_is_not() -> None:
    item = PortfolioPod(
        pod=PointOfDelivery(pod_id="POD-1", aggregator_id="A", pn_p=40, inp=40),
        preferences=tuple(
            FlexibilityPreference(index=index, change_kw=-1.0, price_eur_per_kwh=0.1)
            for index in (1, 2, 3, 4)
        ),
    )
    kept = without_kept_hours(item, wish((2, 4)))
    assert [each.index for each in kept.preferences] == [2, 3]
    assert without_kept_hours(item, None) == item
