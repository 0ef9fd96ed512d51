"""Words that all pages share in each language: names of roles and places, and short times."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from platone.infra.page.language import known_language
from platone.kernel.market_time import town_of
from platone.messages.base import Role


@lru_cache(maxsize=16)
def _words(language: str) -> Mapping[str, str]:
    name = f"{known_language(language)}.toml"
    return tomllib.loads(
        resources.files("platone.infra.page").joinpath("word", name).read_text("utf-8")
    )


def roles_in_words(roles: Iterable[Role], language: str) -> str:
    """Return the names of roles as people say them, such as `auditor, market operator`."""
    told = _words(language)
    return ", ".join(sorted(told[f"role_{each.value}"] for each in roles))


def worded(name: str, language: str) -> str:
    """Return a word or sentence that all pages share, by its name."""
    return _words(language)[name]


def place_of_zone(zone: str, language: str) -> str:
    """Return the town by which people know a zone; one that is not listed has its English name."""
    return _words(language).get(f"place_{zone}", town_of(zone))


def wall_time(moment: datetime, zone: str) -> str:
    """Return the time that clocks show; where they show it twice, with the name of its time."""
    local = moment.astimezone(ZoneInfo(zone))
    is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%H:%M %Z}" if is_twice else f"{local:%H:%M}"


def short_moment(at: datetime, zone: str, language: str) -> str:
    """Return an instant as shortly as a telephone needs it, such as `2 dic 2026, 02:01`."""
    told, local = _words(language), at.astimezone(ZoneInfo(zone))
    month, time = _short_name(local, language), wall_time(at, zone)
    return told["moment_short"].format(day=local.day, month=month, year=local.year, time=time)


def short_day(on: date, language: str) -> str:
    """Return a day of a year that is known, as shortly as an axis needs it, such as `2 dic`."""
    return _words(language)["day_short"].format(day=on.day, month=_short_name(on, language))


def short_month(on: date, language: str) -> str:
    """Return a month as shortly as an axis needs it, such as `dic 2026`."""
    return _words(language)["month_short"].format(month=_short_name(on, language), year=on.year)


def _short_name(on: date, language: str) -> str:
    return _words(language)["months_short"].split()[on.month - 1]
