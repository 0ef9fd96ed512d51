"""Budgets keep a pace: checked against their definition by random histories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.budget import Budget

RATE, MOST = 10.0, 50
pauses = st.floats(min_value=0, max_value=100)
amounts = st.integers(min_value=1, max_value=20)


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@given(st.lists(st.tuples(pauses, amounts), min_size=1, max_size=60))
def test_who_waits_as_told_never_passes_rate_and_burst(history: list[tuple[float, int]]) -> None:
    clock = Clock()
    budget = Budget(RATE, MOST, clock)
    sent = [(0.0, 0)]
    for pause_s, amount in history:
        clock.now_s += pause_s
        sent.append((clock.now_s, amount))
        clock.now_s += budget.take(amount)
    for first in range(1, len(sent)):
        total = 0
        for at_s, amount in sent[first:]:
            total += amount
            span_s = at_s - sent[first][0]
            # the last amount may exceed what is left: it is waited for afterwards
            assert total - amount <= MOST + RATE * span_s + 1e-6


def test_a_slow_sender_never_waits() -> None:
    clock = Clock()
    budget = Budget(RATE, MOST, clock)
    for _ in range(500):
        assert budget.take(1) == 0
        clock.now_s += 0.1


def test_waiting_is_as_long_as_what_is_missing_needs() -> None:
    budget = Budget(RATE, MOST, Clock())
    assert budget.wait_s() == 0
    assert [budget.take(25) for _ in range(4)] == pytest.approx([0, 0, 2.5, 5.0])
    assert budget.wait_s() == pytest.approx(5.0)
