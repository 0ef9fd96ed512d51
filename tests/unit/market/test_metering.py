"""Readings found by the hour, against the kernel's rule asked of all readings at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.market_time import MarketDay
from platone.kernel.reading_choice import fill_quarter
from platone.market.domain.metering import Readings
from platone.messages.registry import Measurement

DAY = MarketDay.holding(datetime(2021, 6, 22, 22, tzinfo=UTC), "Asia/Kathmandu")
"""A day of a zone whose midnight is no whole hour, UTC."""
QUARTERS = 12
LENGTHS = (5, 15, 15, 15, 15, 30, 60)


@st.composite
def readings(draw: st.DrawFn) -> Measurement:
    length = draw(st.sampled_from(LENGTHS))
    # aligned to its own length within the hour, as all that customers takes are
    place = draw(st.integers(0, QUARTERS * 15 // length - 1))
    hour = DAY.start.replace(minute=0)
    return Measurement(
        pod_id=draw(st.sampled_from("AB")),
        start_time=hour + timedelta(minutes=place * length),
        duration_minutes=length,
        energy_wh=draw(st.integers(-5, 5)),
        reactive_energy_varh=draw(st.none() | st.integers(-5, 5)),
        quality=draw(
            st.sampled_from(["measured", "measured", "measured", "estimated", "simulated"])
        ),
        device="0x" + "ab" * 20,
        sequence=draw(st.integers(0, 9)),
        revision=draw(st.integers(0, 1)),
        certification_id=f"reading-{draw(st.integers(0, 10**6))}",
        certification_hash="0" * 64,
        received_at=DAY.start + timedelta(minutes=draw(st.integers(0, 9))),
    )


@given(st.lists(readings(), max_size=40))
def test_each_quarter_hour_is_filled_as_the_rule_fills_it(found: list[Measurement]) -> None:
    known = Readings(found)
    ordered = sorted(found, key=lambda each: (each.received_at, each.sequence))
    starts = list(DAY.instants())[: QUARTERS + 4]
    for pod in "ABC":
        its = [each for each in ordered if each.pod_id == pod]
        wanted = [fill_quarter(start, its) for start in starts]
        assert [known.of(pod).fill(start) for start in starts] == wanted
        energies = tuple(None if each is None else each.energy for each in wanted)
        assert known.of(pod).energies(starts) == energies


@given(st.lists(readings(), max_size=40), st.integers(0, QUARTERS), st.integers(0, QUARTERS))
def test_readings_between_two_instants_begin_at_the_first_and_before_the_second(
    found: list[Measurement], first: int, end: int
) -> None:
    hour, quarter = DAY.start.replace(minute=0), timedelta(minutes=15)
    start, until = hour + first * quarter, hour + end * quarter
    some = Readings(found).of("A").between(start, until)
    its = [each for each in found if each.pod_id == "A"]
    wanted = Readings(each for each in its if each.start_time.timestamp() in _seconds(start, until))
    starts = list(DAY.instants())[: QUARTERS + 4]
    assert [some.fill(each) for each in starts] == [wanted.of("A").fill(each) for each in starts]


def _seconds(start: datetime, until: datetime) -> range:
    return range(int(start.timestamp()), int(until.timestamp()))
