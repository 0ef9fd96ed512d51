"""Baselines of an aggregator: each covers one whole market day of 92, 96 or 100 quarter-hours."""

from platone.aggregator.domain.problem import BaselineNotOfMarketDay
from platone.kernel.market_time import MarketDay
from platone.kernel.record_time import check_recordable
from platone.messages.registry import Series


def check_market_day(series: Series, zone: str) -> None:
    """Check that a series covers exactly one market day.

    Raises:
        InstantOutOfRange: It lies outside the years that are recorded.
        BaselineNotOfMarketDay: It begins at another hour, or has too few or too many values.
    """
    check_recordable(series.start_time)
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
