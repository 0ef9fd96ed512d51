"""The beginning of a day at hand, against a plain dictionary of what was read."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platone.market.service.day_at_hand import DayAtHand, Energies
from platone.market.service.metered_history import MeteredHistory

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
