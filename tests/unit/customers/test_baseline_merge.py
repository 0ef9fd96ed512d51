"""Merging of received against a model that writes one quarter-hour after the other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.customers.domain.baseline import PowerSeries, differs, merge_series

QUARTER_S = 900

received = st.lists(
    st.builds(
        lambda slot, values: PowerSeries(slot * QUARTER_S, values),
        st.integers(0, 40),
        st.lists(st.floats(-10, 10), min_size=1, max_size=12),
    ),
    max_size=8,
)
spans = st.tuples(st.integers(-900, 60 * QUARTER_S), st.integers(1, 60 * QUARTER_S))


def _model(received: list[PowerSeries], from_s: int, to_s: int) -> dict[int, float]:
    power: dict[int, float] = {}
    for series in received:
        for number, value in enumerate(series.values):
            power[series.start_s + number * QUARTER_S] = value
    return {start_s: value for start_s, value in power.items() if from_s <= start_s < to_s}


@given(received, spans)
def test_merging_is_as_writing_one_after_the_other(
    received: list[PowerSeries], span: tuple[int, int]
) -> None:
    from_s, to_s = span[0], span[0] + span[1]
    parts = merge_series(received, from_s, to_s)
    assert _model(parts, from_s, to_s) == _model(received, from_s, to_s)
    assert sum(len(part.values) for part in parts) == len(_model(received, from_s, to_s))
    for before, after in pairwise(parts):
        assert before.end_s < after.start_s  # what touches is one series


@given(received, received.filter(bool))
def test_a_series_changes_something_or_nothing(
    received: list[PowerSeries], more: list[PowerSeries]
) -> None:
    power = more[0]
    before = _model(received, -1, 10**9)
    after = _model([*received, power], -1, 10**9)
    assert differs(power, received) == (before != after)
    assert not differs(power, [*received, power])


def at(slot: int, *values: float) -> PowerSeries:
    return PowerSeries(slot * QUARTER_S, list(values))


@pytest.mark.parametrize(
    ("received", "merged"),
    [
        # a long one, and after it in time two short ones within it, received before or after
        ([at(0, 1, 1, 1, 1, 1, 1), at(1, 2), at(4, 3)], [at(0, 1, 2, 1, 1, 3, 1)]),
        ([at(4, 3), at(1, 2), at(0, 1, 1, 1, 1, 1, 1)], [at(0, 1, 1, 1, 1, 1, 1)]),
        ([at(1, 2), at(0, 1, 1, 1, 1, 1, 1), at(4, 3)], [at(0, 1, 1, 1, 1, 3, 1)]),
        # one that ends where the next begins, in either order
        ([at(0, 1, 1), at(2, 2, 2)], [at(0, 1, 1, 2, 2)]),
        ([at(2, 2, 2), at(0, 1, 1)], [at(0, 1, 1, 2, 2)]),
        # a quarter-hour between them, or within a long one's end
        ([at(0, 1, 1), at(3, 2, 2)], [at(0, 1, 1), at(3, 2, 2)]),
        ([at(0, 1, 1, 1, 1), at(1, 2), at(4, 3), at(6, 4)], [at(0, 1, 2, 1, 1, 3), at(6, 4)]),
        # two groups whose members were received in turn
        ([at(10, 1, 1), at(0, 2, 2), at(11, 3, 3), at(1, 4, 4)], [at(0, 2, 4, 4), at(10, 1, 3, 3)]),
        # three of the same start
        ([at(5, 1, 1, 1), at(5, 2), at(5, 3, 3)], [at(5, 3, 3, 1)]),
        ([], []),
    ],
)
def test_series_that_touch_overlap_or_lie_within_one_another(
    received: list[PowerSeries], merged: list[PowerSeries]
) -> None:
    found = merge_series(received, -1000 * QUARTER_S, 1000 * QUARTER_S)
    assert [(each.start_s, list(each.values)) for each in found] == [
        (each.start_s, each.values) for each in merged
    ]


@pytest.mark.parametrize(
    ("from_s", "to_s", "slots"),
    [
        (0, 1, [0]),
        (0, QUARTER_S, [0]),
        (0, QUARTER_S + 1, [0, 1]),
        (1, QUARTER_S, []),
        (1, QUARTER_S + 1, [1]),
        (-5, 2 * QUARTER_S, [0, 1]),
        (2 * QUARTER_S, 99 * QUARTER_S, [2]),
        (3 * QUARTER_S, 99 * QUARTER_S, []),
        (-9 * QUARTER_S, 0, []),
    ],
)
def test_only_quarter_hours_that_begin_in_the_span_are_told(
    from_s: int, to_s: int, slots: list[int]
) -> None:
    found = merge_series([at(0, 0, 1, 2)], from_s, to_s)
    assert [value for part in found for value in part.values] == slots
    assert [part.start_s for part in found] == [slot * QUARTER_S for slot in slots[:1]]
