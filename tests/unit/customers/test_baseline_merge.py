"""Merging of received against a model that writes one quarter-hour after the other."""

from itertools import pairwise

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
