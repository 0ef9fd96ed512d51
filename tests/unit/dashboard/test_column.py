"""The columns of files hold what their names say: each is read from a row of known values."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from platone.dashboard.domain import money_file, record_file, session_file, version_file
from platone.dashboard.domain.day_picture import DayCurves
from platone.dashboard.domain.table_file import Columns, table_file
from platone.dashboard.domain.trade import PointRow, ServiceRow
from platone.kernel.market_time import MarketDay
from platone.messages.delivery import DispatchedQuarter, DispatchState
from platone.messages.ledger import Agreement
from platone.messages.market import Flexibility, PowerPoint, RecordedService, ServiceType
from platone.messages.plan import AssetShare
from platone.messages.registry import MaxFlexibility, PointOfDelivery
from platone.messages.stored_network import ElementChange, ElementFate, FieldChange

DAY = MarketDay(date(2021, 6, 23), "Europe/Rome")
HALF_PAST = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


def read(columns: Columns[Any], rows: Sequence[object]) -> list[dict[str, str]]:
    text = table_file(columns, rows, "Europe/Rome")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_points_of_delivery_with_and_without_bounds() -> None:
    bounded = PointOfDelivery(
        pod_id="A",
        aggregator_id="G",
        pn_p=6.0,
        inp=4.5,
        max_flexibility=MaxFlexibility(upper_p=2.0, down_p=1.5),
    )
    plain = PointOfDelivery(pod_id="B", aggregator_id="G")
    first, second = read(record_file.PODS, [bounded, plain])
    assert (first["contracted_kw"], first["contracted_feed_in_kw"]) == ("6.0", "4.5")
    assert (first["may_rise_by_kw"], first["may_fall_by_kw"]) == ("2.0", "1.5")
    assert (second["may_rise_by_kw"], second["may_fall_by_kw"]) == ("", "")


def test_a_day_holds_each_curve_under_its_name() -> None:
    curves = DayCurves(
        DAY,
        baseline_kw=[1.0, 2.0],
        measured_kw=[3.0, 4.0],
        agreed_kw=[5.0, 6.0],
        offered_kw=[7.0, 8.0],
        bounds_kw=[(-1.0, 9.0), (-2.0, 10.0)],
    )
    assert list(read(record_file.DAY, [(curves, 1)])[0].values()) == [
        "2021-06-23T00:15:00+02:00",
        "2.0",
        "-2.0",
        "10.0",
        "8.0",
        "6.0",
        "4.0",
    ]


def share(asset: str, change_kw: float) -> AssetShare:
    return AssetShare(asset_id=asset, change_kw=change_kw, cost_eur_per_kwh=0.1)


def test_a_sold_quarter_hour_and_what_its_assets_do() -> None:
    quarter = DispatchedQuarter(
        index=50,
        state=DispatchState.DELIVERED,
        ordered_kw=120.0,
        change_kw=-15.0,
        shares=(share("battery", -10.0), share("pump", -4.5)),
        uncovered_kw=-0.5,
        measured_kw=121.5,
    )
    (row,) = read(record_file.DISPATCH, [(DAY, "POD", quarter)])
    assert row["start_time"] == "2021-06-23T12:30:00+02:00"
    assert row["point_of_delivery"] == "POD"
    assert (row["sold_change_kw"], row["ordered_total_kw"]) == ("-15.0", "120.0")
    assert (row["measured_kw"], row["off_by_kw"]) == ("121.5", "1.5")
    assert row["assets"] == "battery -10 kW; pump -4.5 kW"
    assert row["covered_by_no_asset_kw"] == "-0.5"


def offer(*, is_reactive: bool) -> session_file.Point:
    point = PowerPoint(index=50, p=0.0, p_price=0.0)
    service = RecordedService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id="offer-1",
        flexibility=[Flexibility(power=[point])],
        revision=3,
        submitted_at=HALF_PAST,
    )
    row = ServiceRow(service, "POD", (PointRow(HALF_PAST, 12.5, 0.75),), is_reactive)
    (found,) = session_file.points_of([row])
    return found


def test_power_stands_under_its_own_kind_and_unit() -> None:
    active, reactive = read(
        session_file.POINTS, [offer(is_reactive=False), offer(is_reactive=True)]
    )
    for row in (active, reactive):
        assert row["start_time"] == "2021-06-23T12:30:00+02:00"
        assert (row["party"], row["identifier"], row["revision"]) == ("ACEAE", "offer-1", "3")
        assert (row["for"], row["submitted_at"]) == ("POD", "2021-06-23T12:30:00+02:00")
        assert row["kind"] == ServiceType.OFFER.value
    told = ("total_kw", "price_eur_per_kwh", "total_kvar", "price_eur_per_kvarh")
    assert [active[name] for name in told] == ["12.5", "0.75", "", ""]
    assert [reactive[name] for name in told] == ["", "", "12.5", "0.75"]


def test_terms_are_told_in_percent_and_euros() -> None:
    agreed = Agreement(
        agreement_id="0x1",
        pod="POD",
        aggregator_id="ACEAE",
        customer_share_ppm=800_000,
        penalty_price=1_500_000,
        least_delivery_ppm=500_000,
        full_delivery_ppm=950_000,
        wallet="0x2",
        address="0x3",
        owner="0x4",
        transaction_hash="0x5",
        active=True,
        since=HALF_PAST,
    )
    (row,) = read(money_file.AGREEMENTS, [agreed])
    assert row["customer_share_percent"] == "80.0"
    assert row["penalty_eur_per_kwh"] == "1.5"
    assert row["nothing_paid_below_percent"] == "50.0"
    assert row["all_paid_from_percent"] == "95.0"
    assert (row["in_force"], row["wallet"]) == ("yes", "0x2")


def test_a_changed_element_has_a_line_for_each_value_and_a_new_one_has_one() -> None:
    length = FieldChange(field="length", unit="km", before="1.0", after="1.5")
    changed = ElementChange(
        kind="line", element="L1", name="Old road", fate=ElementFate.CHANGED, fields=[length]
    )
    added = ElementChange(
        kind="load", element="D9", name="Kiosk", fate=ElementFate.ADDED, fields=[]
    )
    first, second = read(version_file.CHANGES, version_file.change_rows([changed, added]))
    assert list(first.values()) == [
        "line",
        "L1",
        "Old road",
        "changed",
        "length",
        "km",
        "1.0",
        "1.5",
    ]
    assert list(second.values()) == ["load", "D9", "Kiosk", "added", "", "", "", ""]
