"""Which readings are taken, and which say something else of a time that is measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.instant import instant_at
from platone.customers.domain.measurement import (
    MeasuredTimes,
    check_same,
    check_taken,
    content_of,
)
from platone.customers.domain.problem import (
    MeasurementDiffers,
    MeasurementOverlaps,
    NumberTooLarge,
)
from platone.kernel.reading_interval import DurationNotTaken, IntervalInFuture, IntervalMisaligned
from platone.messages.registry import Measurement

MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def measurement(start: datetime = MIDNIGHT, minutes: int = 15, **more: Any) -> Measurement:
    values: dict[str, Any] = {
        "energy_wh": 100,
        "quality": "measured",
        "device": "0x" + "0" * 40,
        "sequence": 1,
        "certification_id": "c",
        "certification_hash": "0" * 64,
        "received_at": MIDNIGHT,
    } | more
    return Measurement(pod_id="POD-1", start_time=start, duration_minutes=minutes, **values)


def test_an_interval_is_taken_when_it_is_over_by_a_clock_a_quarter_hour_late() -> None:
    ends = MIDNIGHT + QUARTER
    check_taken(measurement(), ends)
    check_taken(measurement(), ends - QUARTER)
    with pytest.raises(IntervalInFuture):
        check_taken(measurement(), ends - QUARTER - timedelta(microseconds=1))
    with pytest.raises(DurationNotTaken):
        check_taken(measurement(minutes=30), ends + QUARTER)
    with pytest.raises(IntervalMisaligned):
        check_taken(measurement(MIDNIGHT + timedelta(minutes=5)), ends + QUARTER)


intervals = st.tuples(st.integers(0, 30), st.sampled_from([1, 3, 5, 15, 60]))


@given(st.lists(intervals, max_size=5), intervals)
def test_no_minute_is_measured_twice(taken: list[tuple[int, int]], asked: tuple[int, int]) -> None:
    """Against sets of minutes; older records may last an hour, and lie anywhere."""
    start_s = int(MIDNIGHT.timestamp())

    def minutes(interval: tuple[int, int]) -> set[int]:
        return set(range(interval[0], sum(interval)))

    times = MeasuredTimes(
        [(("A", start_s + 60 * at), length) for at, length in taken]
        + [(("B", start_s + 60 * asked[0]), asked[1])]
    )
    overlapping = [each for each in taken if minutes(each) & minutes(asked)]
    key = ("A", start_s + 60 * asked[0])
    if not overlapping:
        times.check_free(key, asked[1])
        return
    with pytest.raises(MeasurementOverlaps) as refused:
        times.check_free(key, asked[1])
    fields = refused.value.fields
    at = datetime.fromisoformat(str(fields["takenStartTime"]))
    minute = (at - MIDNIGHT) // timedelta(minutes=1)
    assert (minute, fields["takenDurationMinutes"]) in overlapping
    assert (fields["startTime"], fields["podId"]) == (instant_at(key[1]).isoformat(), "A")


def test_the_same_content_comes_again_and_no_other() -> None:
    stored = content_of(measurement())
    assert stored == (15, 100, "measured", "0x" + "0" * 40, 1, "c", "0" * 64)
    again = measurement(received_at=MIDNIGHT + QUARTER)
    check_same(again, content_of(again), stored)
    other = measurement(energy_wh=101)
    with pytest.raises(MeasurementDiffers) as refused:
        check_same(other, content_of(other), stored)
    assert refused.value.fields == {"podId": "POD-1", "startTime": MIDNIGHT.isoformat()}


def test_a_sequence_has_63_bits() -> None:
    assert content_of(measurement(sequence=2**63 - 1))[4] == 2**63 - 1
    with pytest.raises(NumberTooLarge):
        content_of(measurement(sequence=2**63))
