"""The customer's pages in the customer's language: catalogues of sentences, one a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from platone.infra.page.language import sentences as language_sentences
from platone.infra.page.word import short_moment, wall_time


def sentences(language: str) -> Mapping[str, str]:
    """Return the dashboard's sentences of a language by name."""
    return language_sentences("platone.dashboard", language)


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of a household's pages: its language, and the zone in which it lives.

    Attributes:
        language: Its language, one of those known.
        zone: IANA name of the site's zone.
    """

    language: str
    zone: str

    @property
    def told(self) -> Mapping[str, str]:
        """Return the sentences of its language by name."""
        return sentences(self.language)

    def sentence(self, name: str, **values: str) -> str:
        """Return a sentence with its values, beginning as sentences do."""
        text = self.told[name].format(**values)
        return text[:1].upper() + text[1:]

    def day(self, on: date | datetime) -> str:
        """Return a day, or that of an instant, such as `mercoledì 23 giugno 2021`."""
        local = on.astimezone(ZoneInfo(self.zone)).date() if isinstance(on, datetime) else on
        weekday = self.told["weekdays"].split()[local.weekday()]
        month = self.told["months"].split()[local.month - 1]
        return self.told["day"].format(weekday=weekday, day=local.day, month=month, year=local.year)

    def month(self, on: date) -> str:
        """Return a month with its year, such as `giugno 2021`."""
        name = self.told["months_alone"].split()[on.month - 1]
        return f"{name} {on.year}"

    def wall(self, moment: datetime) -> str:
        """Return the time that clocks show; where they show it twice, with the name of its time."""
        return wall_time(moment, self.zone)

    def moment(self, at: datetime) -> str:
        """Return an instant, such as `mercoledì 23 giugno 2021, 12:30`."""
        return f"{self.day(at)}, {self.wall(at)}"

    def short(self, at: datetime) -> str:
        """Return an instant as shortly as a telephone needs it, such as `23 giu 2021, 12:30`."""
        return short_moment(at, self.zone, self.language)

    def month_named(self, month: str) -> str:
        """Return a month of the wire, such as `2021-06`, in words."""
        return self.month(date.fromisoformat(f"{month}-01"))

    def span(self, first: datetime, end: datetime) -> str:
        """Return a span of a day, such as `12:30 to 12:45`."""
        return self.told["span_of"].format(start=self.wall(first), end=self.wall(end))
