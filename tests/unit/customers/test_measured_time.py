"""Which readings are taken, as which version of their interval, and which contradict others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.measurement import (
    MeasuredTimes,
    check_taken,
    content_of,
    interval_of,
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
        "pod_id": "POD-1",
        "energy_wh": 100,
        "quality": "measured",
        "device": "0x" + "0" * 40,
        "sequence": 1,
        "certification_id": "c",
        "certification_hash": "0" * 64,
        "received_at": MIDNIGHT,
    } | more
    return Measurement(start_time=start, duration_minutes=minutes, **values)


def test_an_interval_is_taken_when_it_is_over_by_a_clock_a_quarter_hour_late() -> None:
    ends = MIDNIGHT + QUARTER
    check_taken(measurement(), ends)
    check_taken(measurement(), ends - QUARTER)
    with pytest.raises(IntervalInFuture):
        check_taken(measurement(), ends - QUARTER - timedelta(microseconds=1))
    with pytest.raises(DurationNotTaken):
        check_taken(measurement(minutes=10), ends + QUARTER)
    check_taken(measurement(minutes=7, meter_id="A-1"), ends)
    with pytest.raises(IntervalMisaligned):
        check_taken(measurement(MIDNIGHT + timedelta(minutes=5)), ends + QUARTER)


def test_a_sequence_has_63_bits() -> None:
    check_taken(measurement(sequence=2**63 - 1), MIDNIGHT + QUARTER)
    with pytest.raises(NumberTooLarge):
        check_taken(measurement(sequence=2**63), MIDNIGHT + QUARTER)


def readings(*pods: str) -> st.SearchStrategy[Measurement]:
    """Readings of two hours, each at a multiple of its length."""
    return st.sampled_from([1, 3, 5, 15, 30, 60]).flatmap(
        lambda minutes: st.builds(
            lambda number, pod, quality, revision, energy: measurement(
                MIDNIGHT + timedelta(minutes=minutes * number),
                minutes,
                pod_id=pod,
                quality=quality,
                revision=revision,
                energy_wh=energy,
            ),
            st.integers(0, 120 // minutes - 1),
            st.sampled_from(pods),
            st.sampled_from(["measured", "estimated"]),
            st.integers(0, 2),
            st.integers(1, 2),
        )
    )


def minutes_of(item: Measurement) -> set[int]:
    first = (item.start_time - MIDNIGHT) // timedelta(minutes=1)
    return set(range(first, first + item.duration_minutes))


def rank(item: Measurement) -> tuple[int, bool]:
    """A later revision counts; of one revision what was measured, before what was estimated."""
    return item.revision, item.quality == "measured"


def judged(item: Measurement, taken: list[Measurement]) -> int | type[Exception] | None:
    """The version of a reading, none for a known one, or the problem; by sets of minutes."""
    own = [each for each in taken if each.pod_id == item.pod_id]
    same = [each for each in own if minutes_of(each) == minutes_of(item)]
    if item in same:
        return None
    if same and rank(item) <= rank(same[-1]):
        return MeasurementDiffers
    newest = {frozenset(minutes_of(each)): each for each in own}
    for span, other in newest.items():
        is_other = span != minutes_of(item) and span & minutes_of(item)
        longest = max(item.duration_minutes, other.duration_minutes)
        if is_other and longest <= 15 and rank(item) <= rank(other):
            return MeasurementOverlaps
    return len(same) + 1


@given(st.lists(readings("POD-1", "POD-2"), max_size=12))
def test_readings_are_versions_of_their_interval_or_contradict(sent: list[Measurement]) -> None:
    times, taken = MeasuredTimes([]), list[Measurement]()
    for item in sent:
        wanted = judged(item, taken)
        if isinstance(wanted, type):
            with pytest.raises(wanted):
                times.version_of(item)
            continue
        assert times.version_of(item) == wanted
        if wanted is not None:
            times.add(item)
            taken.append(item)
    again = MeasuredTimes(taken)
    assert all(again.version_of(item) is None for item in taken)


def test_a_refusal_names_both_intervals() -> None:
    five = measurement(MIDNIGHT + timedelta(minutes=5), 5)
    times = MeasuredTimes([measurement()])
    with pytest.raises(MeasurementOverlaps) as refused:
        times.version_of(five)
    assert refused.value.fields == {
        "podId": "POD-1",
        "startTime": "2021-06-22T22:05:00+00:00",
        "takenStartTime": "2021-06-22T22:00:00+00:00",
        "takenDurationMinutes": 15,
    }
    with pytest.raises(MeasurementDiffers, match="measured, revision 0") as differs:
        times.version_of(measurement(energy_wh=1))
    assert differs.value.fields == {"podId": "POD-1", "startTime": MIDNIGHT.isoformat()}


def test_two_sendings_differ_in_receipt_and_zone_alone() -> None:
    rome = datetime.fromisoformat("2021-06-23T00:00:00+02:00")
    first = measurement()
    later = measurement(rome, received_at=MIDNIGHT + QUARTER, version=2)
    assert content_of(first) == content_of(later)
    assert interval_of(first) == interval_of(later) == ("POD-1", int(MIDNIGHT.timestamp()), 15)
    for other in ({"energy_wh": 101}, {"sequence": 2}, {"certification_id": "d"}):
        assert content_of(measurement(**other)) != content_of(first)
