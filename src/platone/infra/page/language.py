"""Languages of pages: the one that a browser prefers, and catalogues of sentences by name."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

LANGUAGES = {"en": "English", "it": "Italiano", "el": "Ελληνικά", "de": "Deutsch"}
"""The languages of the demonstrations' customers, and English."""
LANGUAGE = "__Host-platone-language"
"""Cookie of the language that a person chose."""


@lru_cache(maxsize=16)
def sentences(package: str, language: str) -> Mapping[str, str]:
    """Return a package's sentences of a language by name; one that is not known is English."""
    file = resources.files(package).joinpath("language", f"{known_language(language)}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def known_language(language: str) -> str:
    """Return a language that pages are written in: the one that is named, or else English."""
    return language if language in LANGUAGES else "en"


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


def chosen(cookies: Mapping[str, str], header: str) -> str:
    """Return the language that a person chose, or else that of the browser."""
    return known_language(cookies.get(LANGUAGE) or preferred(header))
