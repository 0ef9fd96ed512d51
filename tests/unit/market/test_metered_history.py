"""Past metered days at hand, against a plain dictionary of what was read."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.market_time import MarketDay
from platone.market.service.day_at_hand import Energies
from platone.market.service.metered_history import MeteredHistory

NOW = datetime(2021, 6, 23, 12, tzinfo=UTC)
FIRST = date(2021, 6, 1)
energies = st.lists(st.none() | st.integers(-(10**16), 10**16), min_size=96, max_size=96).map(tuple)
steps = st.tuples(
    st.sampled_from(["keep", "forget", "forget_day"]), st.sampled_from("ABC"), st.integers(0, 25)
)


def day(number: int) -> MarketDay:
    return MarketDay(FIRST + timedelta(days=number))


@given(st.lists(st.tuples(steps, energies), max_size=12))
def test_what_is_found_is_what_was_read_last(
    asked: list[tuple[tuple[str, str, int], Energies]],
) -> None:
    history = MeteredHistory()
    known: dict[tuple[str, int], Energies] = {}
    for (action, pod, number), read in asked:
        if action == "keep":
            history.keep(pod, day(number), read, NOW)
            known[pod, number] = read
        elif action == "forget_day":
            history.forget_day(pod, day(number).start + timedelta(hours=12))
            around = range(number - 1, number + 2)
            known = {
                key: value
                for key, value in known.items()
                if key not in {(pod, at) for at in around}
            }
        else:
            history.forget([pod, "unknown"])
            known = {key: value for key, value in known.items() if key[0] != pod}
    for pod in "ABC":
        for number in range(26):
            # those from 21 on end less than 25 hours ago, and their first readings may yet come
            expected = known.get((pod, number)) if number < 21 else None
            assert history.find(pod, day(number).on) == expected


def test_the_longest_unused_go_first() -> None:
    history = MeteredHistory(most_days=4)
    for pod in "AB":
        for number in range(2):
            history.keep(pod, day(number), (1,) * 96, NOW)
    assert history.find("A", day(0).on)
    history.keep("C", day(0), (1,) * 96, NOW)
    assert history.find("B", day(0).on) is None
    assert history.find("A", day(1).on)
    assert history.find("C", day(0).on)


def test_news_of_another_worker_have_all_read_anew_and_own_ones_do_not() -> None:
    history = MeteredHistory()
    history.keep("A", day(0), (1,) * 96, NOW)
    history.begun.keep("B", FIRST, (1,) * 40, NOW)
    history.told(1)  # our own, the first: what it concerns is forgotten already
    history.follow(1)
    assert history.find("A", day(0).on)
    assert history.begun.find("B", FIRST, 40, NOW)
    changes = history.changes
    history.follow(2)
    assert history.begun.find("B", FIRST, 40, NOW) is None
    assert history.find("A", day(0).on) is None
    assert history.changes > changes  # what is being read now was asked for before
    history.keep("A", day(0), (1,) * 96, NOW)
    history.told(4)  # ours is the fourth, and the third is another's
    assert history.find("A", day(0).on) is None
