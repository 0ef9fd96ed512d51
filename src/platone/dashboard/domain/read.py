"""Calls that read something, told in the words of who oversees them."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qs, unquote, urlsplit

from platone.messages.access import AccessView

_OF = ("podId", "party")
"""The parameters of a query that say whose data are read."""
_UNKNOWN = "something else"
"""The words for a call that is not in the table."""
_NAME = re.compile(r"\{(\w+)\}")
"""A part of a path that differs from call to call."""
_READING = frozenset({"GET", "HEAD"})
"""The methods that read."""


@cache
def reads() -> dict[str, str]:
    """Return the words for the data that is read, by the path of the route."""
    return tomllib.loads(files("platone.dashboard").joinpath("read.toml").read_text("utf-8"))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the paths as patterns with their words, in the order in which they are tried."""
    return tuple(
        (re.compile(_NAME.sub(r"(?P<\1>[^/]+)", path)), words) for path, words in reads().items()
    )


def read_in_words(call: str) -> str:
    """Return the words for the data that a call reads, such as `readings, of P-1`.

    Args:
        call: Its method, path and query, such as `GET /api/scd/pods/P-1`.
    """
    method, _, address = call.partition(" ")
    parts = urlsplit(address)
    for pattern, words in _patterns() if method in _READING else ():
        found = pattern.fullmatch(parts.path)
        if found is not None:
            named = {name: unquote(value) for name, value in found.groupdict().items()}
            return words.format(**named) + _whose(parts.query)
    return _UNKNOWN


def names_in(call: str) -> frozenset[str]:
    """Return all that a call names, in small letters: parts of its path and values of its query."""
    parts = urlsplit(call.partition(" ")[2])
    values = [value for each in parse_qs(parts.query).values() for value in each]
    return frozenset(name.casefold() for name in (*map(unquote, parts.path.split("/")), *values))


def naming_any(accesses: Iterable[AccessView], names: str) -> list[AccessView]:
    """Return the accesses whose call names one of some names whole, in their order.

    Args:
        accesses: The accesses.
        names: A customer or points of delivery, with spaces or commas between; in any letters.
    """
    wanted = set(names.casefold().replace(",", " ").split())
    return [each for each in accesses if wanted & names_in(each.call)]


def _whose(query: str) -> str:
    """Return the names that a query asks about as the end of a sentence; empty for none."""
    asked = parse_qs(query)
    names = [name for key in _OF for name in asked.get(key, ())]
    if not names:
        return ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f", of {names[0]}{more}"
