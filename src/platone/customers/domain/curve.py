"""Curves of measured power, thinned: the least and the most of each step, so that none is lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from platone.customers.domain.instant import MINUTE_S, QUARTER_HOUR_S, instant_at
from platone.messages.curve import PowerCurve

_DAY_S = 86_400
_STEPS_S = (QUARTER_HOUR_S, 1800, 3600, 7200, 10_800, 21_600, 43_200, _DAY_S)
"""Lengths of steps up to a day, s: each holds the shorter ones, and readings of every length."""
_HOUR_S = 3600
_WH_A_KWH = 1000.0
"""Watt-hours of a kilowatt-hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The measured power and energy of a point of delivery in one step.

    Attributes:
        pod_id: The point of delivery.
        start_s: Start of the step.
        least_w: Least mean power of a reading, W.
        most_w: Most mean power of a reading, W.
        drawn_wh: Energy of readings that drew from the grid, Wh.
        fed_wh: Energy of readings that fed in, Wh, without a sign.
        minutes: How much of the step was measured.
        longest_minutes: The longest reading in it.
    """

    pod_id: str
    start_s: int
    least_w: float
    most_w: float
    drawn_wh: int
    fed_wh: int
    minutes: int
    longest_minutes: int


def step_length_s(span_s: int, most_steps: int) -> int:
    """Return the shortest length of steps of which a span has no more than so many, s.

    Args:
        span_s: The span.
        most_steps: The most steps.
    """
    wanted_s = -(-span_s // most_steps)
    fitting = (each for each in _STEPS_S if each >= wanted_s)
    return next(fitting, -(-wanted_s // _DAY_S) * _DAY_S)


def lengthened_s(step_s: int, steps: Iterable[Step]) -> int:
    """Return the length that steps need to hold the longest reading in them, s."""
    return max([step_s, *(each.longest_minutes * MINUTE_S for each in steps)])


def curve_of(pod_id: str, step_s: int, steps: Sequence[Step]) -> PowerCurve:
    """Return a curve of one point of delivery's steps, which are in order; gaps are none."""
    first_s, last_s = steps[0].start_s, steps[-1].start_s
    known = {each.start_s: each for each in steps}
    all_steps = [known.get(at) for at in range(first_s, last_s + step_s, step_s)]
    return PowerCurve(
        pod_id=pod_id,
        start_time=instant_at(first_s),
        step_minutes=step_s // MINUTE_S,
        least_kw=[None if each is None else each.least_w / _WH_A_KWH for each in all_steps],
        most_kw=[None if each is None else each.most_w / _WH_A_KWH for each in all_steps],
        mean_kw=[None if each is None else _mean_kw(each) for each in all_steps],
        drawn_kwh=[None if each is None else each.drawn_wh / _WH_A_KWH for each in all_steps],
        fed_kwh=[None if each is None else each.fed_wh / _WH_A_KWH for each in all_steps],
    )


def _mean_kw(step: Step) -> float:
    hours = step.minutes * MINUTE_S / _HOUR_S
    return (step.drawn_wh - step.fed_wh) / _WH_A_KWH / hours
