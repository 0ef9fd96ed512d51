"""Quantities and payments at their edges: large ones, single thresholds, reactive power."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone.kernel.market_time import MarketDay
from platone.market.domain.delivery import (
    LONGEST_WAIT_FOR_READINGS,
    LONGEST_WAIT_FOR_VALIDATION,
    DeliveryLine,
    Stack,
    lines_of,
    quantify_all,
)
from platone.market.domain.metering import Metered, Readings, meter
from platone.market.domain.settlement_column import settle_columns
from platone.messages.base import MarketType
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.registry import Measurement

DAY = MarketDay(date(2021, 6, 23))
AT = DAY.instant(50)
ERASURE = Path(__file__).parents[3] / "docs" / "explanation" / "erasure.md"


def column(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


def test_a_penalty_beyond_sixty_four_bits_is_exact() -> None:
    """From -1e15 to +1e15 where 1e15 less was ordered: 3e15 are missing, at 4,000 each."""
    found = settle_columns(
        reference=column(-(10**15)),
        ordered=column(-(10**15)),
        measured=column(10**15),
        price=column(1),
        penalty_price=column(4_000),
        least_delivery_ppm=column(0),
        full_delivery_ppm=column(0),
    )
    assert found.deficiency.tolist() == [3 * 10**15]
    assert found.penalty.tolist() == [12 * 10**18]  # 64 bits hold 9.2e18


@pytest.mark.parametrize(("least_ppm", "paid"), [(0, 40), (400_000, 40), (400_001, 0)])
def test_a_least_delivery_counts_where_no_full_one_is_agreed(least_ppm: int, paid: int) -> None:
    """4 of 10 are delivered, at 10 each."""
    found = settle_columns(
        reference=column(10),
        ordered=column(-10),
        measured=column(6),
        price=column(10),
        penalty_price=column(0),
        least_delivery_ppm=column(least_ppm),
        full_delivery_ppm=column(0),
    )
    assert found.paid.tolist() == [paid]


def power(index: int, **told: Any) -> ValidatedPower:
    who = {"player_service_id": "o", "player_request_id": "DSO", "player_offer_id": "A"}
    return ValidatedPower(index=index, **{"accepted_p_value": None, **who, **told})


def lines(*trades: ValidatedPower) -> list[DeliveryLine]:
    outcome = ValidatedOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=DAY.start,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod="P1", power=list(trades))],
    )
    return lines_of(outcome, {"P1": [100.0] * 96}, DAY.zone)


def kvar(value: float, change: float, price: float = 0.25) -> ValidatedPower:
    return power(50, accepted_q_value=value, accepted_q_change=change, accepted_q_price=price)


def test_reactive_power_counts_from_its_total_less_its_changes() -> None:
    (one,) = lines(kvar(8.0, -2.0))
    assert (one.baseline_kw, one.total_kw, one.change_kw, one.price) == (10.0, 8.0, -2.0, 0.25)
    assert (one.reactive, one.rank, one.stack) == (True, 0, (("P1", 50), True))
    two = lines(kvar(0.0, -3.0), kvar(0.0, 1.0))
    assert [each.baseline_kw for each in two] == [2.0, 2.0]
    assert [each.rank for each in two] == [0, 1]


def test_lines_of_both_kinds_have_their_own_names() -> None:
    active = power(50, accepted_p_value=90.0, accepted_p_change=-10.0, accepted_p_price=0.03)
    both = lines(active, kvar(8.0, -2.0), power(51, accepted_q_value=None, rejection_type_q="x"))
    assert len({each.line_id for each in both}) == 2
    assert [(each.reactive, each.baseline_kw) for each in both] == [(False, 100.0), (True, 10.0)]


def reading(minute: int, minutes: int, energy_wh: int, **more: Any) -> Measurement:
    told: dict[str, Any] = {
        "pod_id": "P1",
        "start_time": AT + timedelta(minutes=minute),
        "duration_minutes": minutes,
        "energy_wh": energy_wh,
        "quality": "measured",
        "device": "0x" + "ab" * 20,
        "sequence": 1,
        "certification_id": f"reading{minute}",
        "certification_hash": "0" * 64,
        "received_at": AT,
    }
    return Measurement(**told | more)


def test_the_first_quarter_hours_of_a_day_are_told_in_order() -> None:
    start = DAY.start - AT
    minute = int(start.total_seconds() // 60)
    known = Readings([reading(minute, 15, 7), reading(minute + 30, 15, 9), reading(0, 15, 5)])
    starts = list(DAY.instants())
    assert known.of("P1").energies(starts[:4]) == (7_000, None, 9_000, None)
    assert known.of("P1").energies(starts)[50] == 5_000
    assert known.of("P2").energies(starts[:2]) == (None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (-15, 15),
        (-60, 15),  # gaps of an hour: their ends lie in the hours before and after
        (-15, 60),
        (-30, 45),
    ],
)
def test_a_gap_of_up_to_an_hour_lies_on_the_line_between_its_ends(before: int, after: int) -> None:
    """100 Wh before and 300 Wh after: as far along as the quarter-hour lies between them."""
    (line,) = lines(power(50, accepted_p_value=90.0, accepted_p_change=-10.0))
    ends = [reading(before, 15, 100), reading(after, 15, 300)]
    assert meter(ends, [line]) == {}
    (found,) = meter(ends, [line], {line.spot}).values()
    share = -before / (after - before)
    assert found.energy == pytest.approx(100_000 + 200_000 * share)
    assert (found.quality, found.certification_id) == ("interpolated", f"reading{after}")


def test_a_longer_gap_is_not_interpolated() -> None:
    (line,) = lines(power(50, accepted_p_value=90.0, accepted_p_change=-10.0))
    ends = [reading(-45, 15, 100), reading(45, 15, 300)]
    assert meter(ends, [line], {line.spot}) == {}


def test_a_reading_that_began_within_the_hour_is_found() -> None:
    """One of an hour, at a moment that has seconds: 12:30 to 13:30 is told by whole hours."""
    start = datetime(2021, 6, 23, 10, tzinfo=UTC)
    (line,) = lines(power(50, accepted_p_value=90.0, accepted_p_change=-10.0))
    (found,) = meter([reading(-30, 60, 8, start_time=start)], [line]).values()
    assert (found.energy, found.quality) == (2_000, "estimated")


def test_what_is_not_metered_of_a_kind_of_power_is_not_settled() -> None:
    active = power(50, accepted_p_value=90.0, accepted_p_change=-10.0, accepted_p_price=0.03)
    first, second = lines(active, kvar(8.0, -2.0))
    plain, both = Metered(22_500_000, "r"), Metered(22_500_000, "r", reactive_energy=2_000_000)
    assert Stack.of([first], None) is Stack.of([second], plain) is None
    known = Stack.of([second], both)
    assert known is not None
    assert (known.measured, known.baseline) == (2_000_000, None)
    assert quantify_all([first, second], {first.spot: plain}).keys() == {first.line_id}


def test_a_sliding_payment_beyond_sixty_four_bits_is_exact() -> None:
    """999 of 1,000 are delivered; the payment slides from a millionth to the whole, at 1e13 each.

    The part that is paid is (999/1000 - 1e-6) / (1 - 1e-6) of the price of all, rounded down.
    """
    found = settle_columns(
        reference=column(1_000),
        ordered=column(-1_000),
        measured=column(1),
        price=column(10**13),
        penalty_price=column(0),
        least_delivery_ppm=column(1),
        full_delivery_ppm=column(10**6),
    )
    part = (Fraction(999, 1000) - Fraction(1, 10**6)) / (1 - Fraction(1, 10**6))
    assert found.paid.tolist() == [floor(part * 1_000 * 10**13)]


def test_an_erasure_waits_as_long_as_its_page_says() -> None:
    page = ERASURE.read_text("utf-8")
    assert "sessions that may yet trade its offers (24 h after their end at most)" in page
    assert timedelta(hours=24) == LONGEST_WAIT_FOR_VALIDATION
    assert "trades that are not settled (45 days after delivery at most" in page
    assert timedelta(days=45) == LONGEST_WAIT_FOR_READINGS
