"""A baseline covers one whole market day, whatever the calendar makes of it."""

from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.registry import Series


class PodNotInPortfolio(PlatoneError):
    """The PoD is not in the caller's portfolio. Add it with POST /api/aggregator/pods first."""

    slug = "pod-not-in-portfolio"
    title = "The PoD is not in the portfolio"
    kind = Kind.NOT_FOUND


class BaselineNotOfMarketDay(PlatoneError):
    """A baseline has one value for each quarter-hour of one market day.

    It begins at local midnight of the market's zone and has 92, 96 or 100 values, as the
    calendar of the zone has it: 92 on the day on which summer time begins, 100 when it ends.
    """

    slug = "baseline-not-of-market-day"
    title = "The baseline does not cover a market day"


def check_market_day(series: Series, zone: str) -> None:
    """Make sure that a series covers exactly one market day.

    Raises:
        BaselineNotOfMarketDay: It begins at another hour, or has too few or too many values.
    """
    day = MarketDay.holding(series.start_time, zone)
    if day.start == series.start_time and day.quarter_hours == len(series.values):
        return
    raise BaselineNotOfMarketDay(
        f"{series.pod_id}: {day.on} in {zone} begins at {day.start.isoformat()} and has "
        f"{day.quarter_hours} quarter-hours; this begins at {series.start_time.isoformat()} and "
        f"has {len(series.values)}.",
        podId=series.pod_id,
        expected=day.quarter_hours,
        received=len(series.values),
    )
