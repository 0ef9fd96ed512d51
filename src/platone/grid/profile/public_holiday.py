"""Public holidays of countries, from the package `holidays`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from platone.grid.problem.profile import CalendarInvalid
from platone.grid.profile.calendar import Calendar

_KEPT = 32
"""Countries whose holidays are kept: more than a server is asked for."""
"""Countries whose holidays are kept: more than a server is asked for."""


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """A choice of the public holidays that count.

    Attributes:
        country: ISO 3166-1 code.
        subdivision: Part of the country, whose own holidays count too.
        local_days: Holidays of a town, ``MM-DD``.
        eves: Whether the day before a public holiday is a pre-holiday.
    """

    country: str
    subdivision: str | None = None
    local_days: tuple[str, ...] = ()
    eves: bool = True


def national_calendar(
    country: str,
    *,
    zone: str,
    subdivision: str | None = None,
    local_days: Collection[str] = (),
    eves: bool = True,
) -> Calendar:
    """Return the calendar of a country, or of a part of it.

    Args:
        country: ISO 3166-1 code, such as ``IT``.
        zone: IANA name of the market's zone.
        subdivision: The part of the country, whose own holidays count too.
        local_days: Further holidays of every year, ``MM-DD``: the patron's day of a town.
        eves: Whether the day before a public holiday is a pre-holiday.

    Raises:
        CalendarInvalid: There is no such country, part of it, or day.
    """
    pairs = tuple(_month_day(text) for text in local_days)
    return Calendar(zone, _holidays(country, subdivision, pairs), eves)


@lru_cache(maxsize=_KEPT)  # callers name the local days
def _holidays(
    country: str, subdivision: str | None, local_days: tuple[tuple[int, int], ...]
) -> Callable[[int], Collection[date]]:
    from holidays import country_holidays  # noqa: PLC0415 - slow, and rarely needed

    try:
        country_holidays(country, subdivision, years=2000)
    except NotImplementedError as error:
        raise CalendarInvalid(
            f"There is no calendar of {' '.join(filter(None, (country, subdivision)))}."
        ) from error

    @cache
    def of_year(year: int) -> Collection[date]:
        found = set(country_holidays(country, subdivision, years=year))
        for month, day in local_days:
            if (month, day) != (2, 29) or _is_leap(year):
                found.add(date(year, month, day))
        return frozenset(found)

    return of_year


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _month_day(text: str) -> tuple[int, int]:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise CalendarInvalid(f"{text!r} is no day as MM-DD.") from error
    return day.month, day.day


@dataclass(frozen=True, slots=True)
class NationalCalendars:
    """The national calendars of one zone, by choice of country.

    Attributes:
        zone: IANA name of the market's zone.
    """

    zone: str

    def __call__(self, choice: CalendarChoice) -> Calendar:
        """Return the calendar of a choice; raises as :func:`national_calendar`."""
        return national_calendar(
            choice.country,
            zone=self.zone,
            subdivision=choice.subdivision,
            local_days=choice.local_days,
            eves=choice.eves,
        )
