"""The customer's pages in the customer's language: catalogues of sentences, one a language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources

LANGUAGES = {"en": "English", "it": "Italiano", "el": "Ελληνικά", "de": "Deutsch"}
"""The languages of the demonstrations' customers, and English."""


@lru_cache(maxsize=8)
def _catalogue(language: str) -> Mapping[str, str]:
    file = resources.files("platone.dashboard").joinpath("language", f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def sentences(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by name; a language that is not known is English."""
    return _catalogue(language if language in LANGUAGES else "en")


def preferred(header: str) -> str:
    """Return the language that a browser prefers (RFC 9110 section 12.5.4), of those known."""
    wanted = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.partition(";")
        weight = quality.strip().removeprefix("q=") or "1"
        is_weight = weight.replace(".", "", 1).isdecimal()
        wanted.append((-float(weight) if is_weight else 0.0, place, tag.strip().lower()[:2]))
    known = [tag for weight, _, tag in sorted(wanted) if tag in LANGUAGES and weight < 0]
    return known[0] if known else "en"


def day_in_words(on: date, language: str) -> str:
    """Return a day as a household reads it, such as `mercoledì 23 giugno 2021`."""
    told = sentences(language)
    weekday = told["weekdays"].split()[on.weekday()]
    month = told["months"].split()[on.month - 1]
    return told["day"].format(weekday=weekday, day=on.day, month=month, year=on.year)
