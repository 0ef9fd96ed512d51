"""The beginning of a day at hand, against a plain dictionary of what was read."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain.metering import PodReadings
from platone.market.service.day_at_hand import DayAtHand, Energies
from platone.market.service.metered_history import MeteredHistory
from platone.messages.registry import Measurement

NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
TODAY = date(2021, 6, 23)
energies = st.lists(st.integers(-(10**16), 10**16) | st.sampled_from([0, 0, None]), max_size=5).map(
    tuple
)
steps = st.tuples(
    st.sampled_from(["keep", "keep", "forget", "wait"]),
    st.sampled_from("AB"),
    st.integers(0, 1),
    energies,
)


@given(st.lists(steps, max_size=12), st.integers(0, 6))
def test_what_is_found_is_what_was_read_last_and_nothing_lacked_in(
    asked: list[tuple[str, str, int, Energies]], count: int
) -> None:
    begun, now = DayAtHand(), NOW
    known: dict[str, tuple[date, datetime, Energies]] = {}
    for action, pod, number, read in asked:
        on = TODAY + timedelta(days=number)
        if action == "keep":
            begun.keep(pod, on, read, now)
            if None not in read:
                known[pod] = (on, now, read)
        elif action == "forget":
            begun.forget([pod, "unknown"])
            known.pop(pod, None)
        else:
            now += timedelta(minutes=4)
    for pod in "ABC":
        for on in (TODAY, TODAY + timedelta(days=1)):
            day, at, read = known.get(pod, (None, now, ()))
            fresh = day == on and now - at <= timedelta(minutes=10) and len(read) >= count
            assert begun.find(pod, on, count, now) == (read[:count] if fresh else None)
            assert not fresh or begun.read_at(pod) == at


def test_no_more_points_of_delivery_are_kept_than_allowed() -> None:
    begun = DayAtHand(most_pods=2)
    for pod in "ABC":
        begun.keep(pod, TODAY, (1,), NOW)
    found = [pod for pod in "ABC" if begun.find(pod, TODAY, 1, NOW)]
    assert len(found) <= 2
    assert "C" in found


def test_a_correction_and_an_erasure_end_what_is_at_hand() -> None:
    history = MeteredHistory()
    for pod in "AB":
        history.begun.keep(pod, TODAY, (1,), NOW)
    history.forget_day("A", NOW - timedelta(hours=3))
    assert history.begun.find("A", TODAY, 1, NOW) is None
    assert history.begun.find("B", TODAY, 1, NOW) == (1,)
    history.forget(iter(["B"]))
    assert history.begun.find("B", TODAY, 1, NOW) is None


def some(count: int) -> PodReadings:
    return PodReadings(
        Measurement(
            pod_id="A",
            start_time=NOW + timedelta(minutes=15 * number),
            duration_minutes=15,
            energy_wh=number,
            quality="measured",
            device="0x" + "ab" * 20,
            sequence=number,
            certification_id=f"reading-{number}",
            certification_hash="0" * 64,
            received_at=NOW,
        )
        for number in range(count)
    )


kinds = st.sampled_from(["keep", "keep", "keep", "forget", "clear", "go"])
moves = st.tuples(kinds, st.sampled_from("ABC"), st.integers(0, 1), st.integers(0, 4))


@given(st.lists(moves, max_size=15))
def test_readings_at_hand_are_the_newest_ones_of_one_window_and_not_too_many(
    asked: list[tuple[str, str, int, int]],
) -> None:
    """Against a list of all that was kept, of which those count that nothing ended."""
    begun = DayAtHand(most_readings=6)
    window = NOW
    kept: dict[str, PodReadings] = {}
    for action, pod, later, count in asked:
        if action == "keep":
            if NOW + timedelta(hours=later) != window:
                window, kept = NOW + timedelta(hours=later), {}
            kept.pop(pod, None)
            readings = some(count)
            if sum(map(len, kept.values())) + count <= 6:
                kept[pod] = readings
            begun.keep_readings(window, pod, readings)
        elif action == "forget":
            begun.forget([pod])
            kept.pop(pod, None)
        else:
            (begun.clear if action == "clear" else begun.let_readings_go)()
            kept = {}
    found = begun.readings(window, "ABC")
    assert found.keys() == kept.keys()
    assert all(found[pod] is kept[pod] for pod in kept)
    assert not begun.readings(window + timedelta(hours=5), "ABC")


def test_a_day_in_which_a_reading_lacks_is_not_kept() -> None:
    begun = DayAtHand()
    assert not begun.keep("A", TODAY, (1, None), NOW)
    assert begun.keep("A", TODAY, (1, 2), NOW)
