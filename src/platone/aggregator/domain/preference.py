"""Customers' wishes for a market day, and the quarter-hours that they leave to the aggregator."""

from datetime import date

from msgspec import structs

from platone.aggregator.domain.problem import MarketDayInvalid, PreferenceInvalid
from platone.kernel.market_time import MarketDay
from platone.kernel.record_time import check_recordable
from platone.messages.asset import DayPreference
from platone.messages.registry import PortfolioPod


def default_preference(pod_id: str, day: date) -> DayPreference:
    """Return the default preference: available all day, no energy kept."""
    return DayPreference(pod_id=pod_id, day=day)


def check_preference(preference: DayPreference, zone: str) -> None:
    """Check that a preference's spans lie in its day.

    Raises:
        InstantOutOfRange: The day is not in the years 2000 to 2099.
        PreferenceInvalid: A span is empty or goes beyond the day.
    """
    market_day = market_day_on(preference.day, zone)
    for number, span in enumerate(preference.hours):
        if not span.first_index < span.end_index <= market_day.quarter_hours:
            raise PreferenceInvalid(
                f"{preference.pod_id}: span {number} goes from quarter-hour {span.first_index} to "
                f"before {span.end_index}; {preference.day} has {market_day.quarter_hours}.",
                podId=preference.pod_id,
                span=number,
            )


def day_named(text: str) -> date:
    """Return the calendar date that a text names.

    Raises:
        MarketDayInvalid: It names none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise MarketDayInvalid(f"{text!r} is no day; one is 2021-06-23.", day=text) from error


def market_day_on(day: date, zone: str) -> MarketDay:
    """Return the market day of a calendar date.

    Raises:
        InstantOutOfRange: It is not in the years 2000 to 2099.
    """
    market_day = MarketDay(day, zone)
    check_recordable(market_day.start)
    return market_day


def is_available(preference: DayPreference | None, index: int) -> bool:
    """Return whether a quarter-hour may be offered; without a preference, it may."""
    if preference is None:
        return True
    inside = any(span.first_index <= index < span.end_index for span in preference.hours)
    return preference.available and (inside or not preference.hours)


def without_kept_hours(item: PortfolioPod, said: DayPreference | None) -> PortfolioPod:
    """Return a PoD's registration without the preferences that its customer keeps for a day."""
    left = tuple(each for each in item.preferences if is_available(said, each.index))
    return structs.replace(item, preferences=left)
