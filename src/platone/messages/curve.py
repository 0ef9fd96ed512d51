"""Curves of measured power over any span, thinned to as many steps as a picture can show."""

from platone.messages.base import Instant, Message, PodId


class PowerCurve(Message):
    """The measured power of a point of delivery in equal steps, load convention.

    A step holds the least and the most of the readings in it, so that thinning loses no extreme.
    What was not measured is null.

    Attributes:
        pod_id: Where it was measured.
        start_time: Start of the first step.
        step_minutes: Length of a step.
        least_kw: Least mean power of a reading.
        most_kw: Most mean power of a reading.
        mean_kw: Mean power of what was measured.
        drawn_kwh: Energy of readings that drew from the grid.
        fed_kwh: Energy of readings that fed in, without a sign.
    """

    pod_id: PodId
    start_time: Instant
    step_minutes: int
    least_kw: list[float | None]
    most_kw: list[float | None]
    mean_kw: list[float | None]
    drawn_kwh: list[float | None]
    fed_kwh: list[float | None]


class PowerCurves(Message):
    """The curves of the points of delivery that were asked for, and of which something is known."""

    curves: list[PowerCurve]
