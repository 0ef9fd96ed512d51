"""Steps of curves: how long they are, and what they tell, worked by hand."""

from datetime import UTC, datetime

import pytest

from platone.customers.domain.curve import Step, curve_of, lengthened_s, step_length_s

MINUTE, HOUR, DAY = 60, 3600, 86_400
START = datetime(2021, 6, 23, tzinfo=UTC)
START_S = int(START.timestamp())


@pytest.mark.parametrize("step_s", [900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400])
def test_the_shortest_step_that_fits_is_taken(step_s: int) -> None:
    longer = {900: 1800, 1800: 3600, 3600: 7200, 7200: 10_800, 10_800: 21_600, 21_600: 43_200}
    longer |= {43_200: 86_400, 86_400: 2 * 86_400}
    assert step_length_s(100 * step_s, 100) == step_s
    assert step_length_s(100 * step_s - 99, 100) == step_s
    assert step_length_s(100 * step_s + 1, 100) == longer[step_s]


@pytest.mark.parametrize(
    ("span_s", "most", "step_s"),
    [(1, 1000, 900), (7 * DAY, 672, 900), (7 * DAY, 671, 1800), (9 * DAY, 4, 3 * DAY)],
)
def test_long_spans_have_steps_of_whole_days(span_s: int, most: int, step_s: int) -> None:
    assert step_length_s(span_s, most) == step_s
    assert -(-span_s // step_s) <= most


def step(at_s: int, minutes: int = 60, longest: int = 15, **more: float) -> Step:
    told: dict[str, float] = {"least_w": -500.0, "most_w": 2500.0, "drawn_wh": 900, "fed_wh": 150}
    return Step(
        pod_id="P",
        start_s=START_S + at_s,
        minutes=minutes,
        longest_minutes=longest,
        **told | more,  # type: ignore[arg-type]
    )


def test_a_step_holds_its_longest_reading() -> None:
    assert lengthened_s(900, [step(0), step(900)]) == 900
    assert lengthened_s(900, [step(0), step(900, longest=60), step(1800, longest=30)]) == 3600
    assert lengthened_s(7200, [step(0, longest=60)]) == 7200
    assert lengthened_s(900, []) == 900


def test_a_curve_tells_kilowatts_and_leaves_gaps() -> None:
    """750 Wh net are 0.75 kW over an hour, 1.5 kW over half of one."""
    curve = curve_of("P", HOUR, [step(0), step(2 * HOUR, 30), step(3 * HOUR, drawn_wh=50)])
    assert (curve.pod_id, curve.start_time, curve.step_minutes) == ("P", START, 60)
    assert curve.least_kw == [-0.5, None, -0.5, -0.5]
    assert curve.most_kw == [2.5, None, 2.5, 2.5]
    assert curve.mean_kw == [0.75, None, 1.5, -0.1]
    assert curve.drawn_kwh == [0.9, None, 0.9, 0.05]
    assert curve.fed_kwh == [0.15, None, 0.15, 0.15]
    assert curve_of("P", 900, [step(0)]).mean_kw == [0.75]
