"""Which readings are taken, and which say something else of a time that is measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.measurement import (
    MeasuredTimes,
    check_taken,
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
        check_taken(measurement(minutes=20), ends + QUARTER)
    with pytest.raises(IntervalMisaligned):
        check_taken(measurement(MIDNIGHT + timedelta(minutes=5)), ends + QUARTER)


def intervals() -> st.SearchStrategy[tuple[int, int]]:
    """Minutes since midnight and length, as the rule of lengths takes them."""
    lengths = st.sampled_from([1, 3, 5, 15, 30, 60])
    return lengths.flatmap(
        lambda length: st.tuples(
            st.integers(0, 90 // length).map(lambda n: n * length), st.just(length)
        )
    )


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


@given(st.lists(intervals(), max_size=5, unique=True), intervals())
def test_no_minute_is_measured_twice_by_short_intervals(
    taken: list[tuple[int, int]], asked: tuple[int, int]
) -> None:
    """Against sets of minutes; what spans several quarter-hours may lie over others."""

    def minutes(interval: tuple[int, int]) -> set[int]:
        return set(range(interval[0], sum(interval)))

    times = MeasuredTimes([measurement(at(start), length) for start, length in taken])
    wanted = measurement(at(asked[0]), asked[1], energy_wh=7)
    others = [each for each in taken if each != asked and minutes(each) & minutes(asked)]
    short = [each for each in others if max(each[1], asked[1]) <= 15]
    if asked in taken:
        with pytest.raises(MeasurementDiffers):
            times.version_of(wanted)
        return
    if not short:
        assert times.version_of(wanted) == 1
        return
    with pytest.raises(MeasurementOverlaps) as refused:
        times.version_of(wanted)
    fields = refused.value.fields
    minute = (datetime.fromisoformat(str(fields["takenStartTime"])) - MIDNIGHT).seconds // 60
    assert (minute, fields["takenDurationMinutes"]) in short
    assert (fields["startTime"], fields["podId"]) == (at(asked[0]).isoformat(), "POD-1")


def test_the_same_content_comes_again_and_no_other() -> None:
    times = MeasuredTimes([measurement()])
    assert times.version_of(measurement(received_at=MIDNIGHT + QUARTER)) is None
    with pytest.raises(MeasurementDiffers) as refused:
        times.version_of(measurement(energy_wh=101))
    assert refused.value.fields == {"podId": "POD-1", "startTime": MIDNIGHT.isoformat()}
    for field in ({"device": "0x" + "1" * 40}, {"sequence": 2}, {"certification_id": "d"}):
        with pytest.raises(MeasurementDiffers):
            times.version_of(measurement(**field))


def test_versions_of_an_interval_are_counted() -> None:
    times = MeasuredTimes([measurement(quality="estimated")])
    assert times.version_of(measurement()) == 2
    times.add(measurement())
    assert times.version_of(measurement(quality="estimated")) is None  # it is known
    with pytest.raises(MeasurementDiffers):
        times.version_of(measurement(quality="estimated", energy_wh=3))
    assert times.version_of(measurement(energy_wh=3, revision=1)) == 3


def test_a_sequence_has_63_bits() -> None:
    later = MIDNIGHT + QUARTER
    check_taken(measurement(sequence=2**63 - 1), later)
    with pytest.raises(NumberTooLarge):
        check_taken(measurement(sequence=2**63), later)
