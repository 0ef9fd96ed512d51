"""From validated trades and readings to exact quantities."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from platone.kernel.market_time import MarketDay
from platone.market.domain.delivery import DeliveryLine, LineState, lines_of, quantify_all
from platone.market.domain.metering import Metered, meter
from platone.messages.base import MarketType
from platone.messages.clearing import BaselineMethod
from platone.messages.ledger import PaidLine
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.registry import Measurement
from platone.messages.settlement import BaselineUsed

DAY = MarketDay(date(2021, 10, 31))  # 100 quarter-hours
AT = DAY.instant(50)


def outcome(*changes_kw: float, index: int = 50) -> ValidatedOutcome:
    return ValidatedOutcome(
        market_outcome="outcome",
        market_type=MarketType.DAY_AHEAD,
        start_time=DAY.start,
        duration=25,
        interval=15,
        output_hash="0" * 64,
        flexibility=[
            ValidatedPod(
                pod="POD0",
                power=[
                    ValidatedPower(
                        index=index,
                        accepted_p_value=100 + sum(changes_kw),
                        accepted_p_change=change_kw,
                        accepted_p_price=0.03,
                        player_service_id="offer",
                        player_request_id="DSO",
                        player_offer_id="AGG",
                    )
                    for change_kw in changes_kw
                ],
            )
        ],
    )


def lines(*changes_kw: float) -> list[DeliveryLine]:
    return lines_of(outcome(*changes_kw), {"POD0": [100.0] * 100}, "Europe/Rome")


def reading(minute: int, length: int, energy_wh: int, *, received: int = 20) -> Measurement:
    return Measurement(
        pod_id="POD0",
        start_time=AT + timedelta(minutes=minute),
        duration_minutes=length,
        energy_wh=energy_wh,
        quality="measured",
        device="0x" + "ab" * 20,
        sequence=received,
        certification_id=f"reading-{minute}-{received}",
        certification_hash="0" * 64,
        received_at=AT + timedelta(minutes=received),
    )


def test_a_line_knows_its_instant_on_the_longest_day() -> None:
    (line,) = lines(-10)

    assert line.starts == datetime(
        2021, 10, 31, 10, 30, tzinfo=UTC
    )  # 11:30 in Rome, as 2 h came twice
    assert line.window_start == datetime(2021, 10, 31, 7, tzinfo=UTC)  # 8:00 in Rome


@pytest.mark.parametrize(
    ("readings", "energy_wh"),
    [
        ([reading(0, 15, 22_500)], 22_500),
        ([reading(0, 5, 1), reading(5, 5, 2), reading(10, 5, 4)], 7),
        ([reading(0, 5, 1), reading(10, 5, 4)], None),
        ([reading(0, 30, 45_002)], 22_501),
        ([reading(15, 15, 22_500)], None),
        ([reading(0, 15, 2, received=30), reading(0, 15, 1, received=20)], 2),
    ],
)
def test_a_quarter_hour_is_measured_if_it_is_covered(
    readings: list[Measurement], energy_wh: int | None
) -> None:
    found = meter(readings, lines(-10))

    wanted = None if energy_wh is None else energy_wh * 1000
    assert (found["POD0", 50].energy if found else None) == wanted


def test_quantities_of_two_trades_add_up_exactly() -> None:
    third = 100 / 3
    both = lines(-third, -third)

    found = quantify_all(both, meter([reading(0, 15, 8_333)], both))

    one, two = (found[line.line_id] for line in both)
    assert one.baseline == 25_000_000  # 100 kW for a quarter-hour, in 1e-6 kWh
    assert two.baseline == one.baseline + one.ordered
    assert one.ordered + two.ordered == -16_666_667
    assert one.measured == two.measured == 8_333_000
    assert one.price == 30_000


def test_without_a_reading_there_is_nothing_to_pay() -> None:
    assert quantify_all(lines(-10), {}) == {}


def test_a_price_and_a_total_of_zero_stay_zero() -> None:
    """Nothing is nothing: a free trade costs nothing, and who switches off has 0 kW left."""
    free = outcome(-100)
    (power,) = free.flexibility[0].power
    power = msgspec.structs.replace(power, accepted_p_price=0.0)
    free = msgspec.structs.replace(free, flexibility=[ValidatedPod(pod="POD0", power=[power])])
    (line,) = lines_of(free, {"POD0": [100.0] * 100}, "Europe/Rome")
    assert (line.total_kw, line.change_kw, line.price) == (0.0, -100.0, 0.0)
    (quantity,) = quantify_all([line], meter([reading(0, 15, 0)], [line])).values()
    assert (quantity.price, quantity.ordered, quantity.measured) == (0, -25_000_000, 0)


def test_a_line_says_whose_it_is() -> None:
    """Who asked and who offered may read it; its index finds its baseline."""
    two = lines_of(outcome(-10, 4), {"POD0": [float(kw) for kw in range(100)]}, "Europe/Rome")
    assert [
        (each.line_id, each.outcome_id, each.pod, each.index, each.rank, each.baseline_kw)
        for each in two
    ] == [
        ("outcome.POD0.50.0", "outcome", "POD0", 50, 0, 50.0),
        ("outcome.POD0.50.1", "outcome", "POD0", 50, 1, 50.0),
    ]
    assert [(each.request_player_id, each.offer_player_id) for each in two] == [("DSO", "AGG")] * 2
    assert [(each.total_kw, each.change_kw, each.price) for each in two] == [
        (94.0, -10.0, 0.03),
        (94.0, 4.0, 0.03),
    ]


def test_of_two_readings_received_at_once_the_later_numbered_counts() -> None:
    first, second = reading(0, 15, 1, received=20), reading(0, 15, 2, received=20)
    second = msgspec.structs.replace(second, sequence=21)
    for readings in ([first, second], [second, first]):
        found = meter(readings, lines(-10))
        assert found["POD0", 50].energy == 2_000


def test_readings_that_run_over_the_end_do_not_cover() -> None:
    parts = [reading(0, 5, 1), reading(5, 5, 2), reading(10, 15, 4)]
    assert meter(parts, lines(-10)) == {}


def test_an_hour_is_spread_and_a_measured_quarter_hour_comes_before_it() -> None:
    hour = reading(-30, 60, 90_001)  # 11:00 to 12:00 in Rome; the trade is at 11:30
    (spread,) = meter([hour], lines(-10)).values()
    assert (spread.energy, spread.quality) == (22_500_250, "estimated")
    (found,) = meter([hour, reading(0, 15, 7)], lines(-10)).values()
    assert (found.energy, found.quality) == (7_000, "measured")


def test_a_payment_rests_on_the_last_of_its_readings() -> None:
    parts = [reading(10, 5, 4), reading(0, 5, 1), reading(5, 5, 2)]
    found = meter(parts, lines(-10))["POD0", 50]
    assert found.certification_id == "reading-10-20"
    assert [each.energy_wh for each in found.readings] == [1, 2, 4]


def test_reactive_energy_is_told_where_all_parts_have_it() -> None:
    parts = [
        msgspec.structs.replace(reading(minute, 5, 1), reactive_energy_varh=varh)
        for minute, varh in ((0, 100), (5, 200), (10, -50))
    ]
    (found,) = meter(parts, lines(-10)).values()
    assert found.reactive_energy == 250_000
    parts[1] = msgspec.structs.replace(parts[1], reactive_energy_varh=None)
    (found,) = meter(parts, lines(-10)).values()
    assert found.reactive_energy is None


@pytest.mark.parametrize(
    ("quality", "is_interpolated"),
    [("interpolated", True), ("measured", False), ("estimated", False)],
)
def test_a_payment_says_what_was_interpolated(quality: str, is_interpolated: bool) -> None:  # noqa: FBT001
    (line,) = lines(-10)
    known = {line.spot: Metered(25_000_000, "reading", quality=quality)}
    assert quantify_all([line], known)[line.line_id].interpolated is is_interpolated


def test_a_delivery_is_counted_from_the_baseline_that_was_used() -> None:
    """25 kWh were declared; 24 counted: so the first of two trades starts from 24."""
    used = BaselineUsed(method=BaselineMethod.TEN_OF_TEN, energy=24_000_000, declared_p=100.0)
    both = lines(-4, -8)
    found = quantify_all(both, {both[0].spot: Metered(20_000_000, "reading", baseline=used)})
    one, two = (found[each.line_id] for each in both)
    assert (one.ordered, two.ordered) == (-1_000_000, -2_000_000)
    assert (one.baseline, two.baseline) == (24_000_000, 23_000_000)


def test_the_ledgers_answer_is_a_payment_or_a_refusal() -> None:
    paid = PaidLine(
        line_id="x",
        delivered=1,
        paid=1,
        customer_tokens=1,
    )
    assert LineState.of_answer(paid) is LineState.PAID
    refused = msgspec.structs.replace(paid, problem="pod-has-no-wallet")
    assert LineState.of_answer(refused) is LineState.REFUSED
