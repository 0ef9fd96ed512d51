"""The difference between two versions of a network: elements added, removed and changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from platone.grid.network.model import FIELD_OF_KIND, Network

_UNITS = {
    "_kv": "kV",
    "_pu": "pu",
    "_ohm": "Ω",
    "_nf": "nF",
    "_a": "A",
    "_us": "µS",
    "_kva": "kVA",
    "_percent": "%",
    "_kw": "kW",
    "_kvar": "kvar",
    "_deg": "°",
    "_hz": "Hz",
}
"""Units by the ends of names."""
_OWN_FIELDS = ("name", "description", "frequency_hz")
"""The fields that are of a network and of no element; its version differs in any case."""
_MOST_PARTS = 3
"""Parts of a value that are told one by one: phases, coordinates; a profile has 96."""


class Fate(Enum):
    """The ways in which an element differs."""

    ADDED = "added"
    """It was not there before."""
    REMOVED = "removed"
    """It is there no more."""
    CHANGED = "changed"
    """Some of its values differ."""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A value of an element that differs.

    Attributes:
        name: What it is, in words.
        unit: Its unit; empty where it has none.
        before: What it was, numbers with all their digits; empty where it was not set.
        after: What it is.
    """

    name: str
    unit: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ElementDifference:
    """An element that differs.

    Attributes:
        kind: Its kind in words, such as "line".
        element: Its identifier.
        name: What people call it.
        fate: What has become of it.
        fields: The values that differ, where it is changed.
    """

    kind: str
    element: str
    name: str
    fate: Fate
    fields: tuple[FieldDifference, ...] = ()


def network_difference(before: Network, after: Network) -> list[ElementDifference]:
    """Return the differences between two versions, kind by kind: removed, added, changed.

    The order of elements says nothing, and neither do the remarks on reading a file and the
    solved state that it may hold.
    """
    found = list(_own(before, after))
    for name in (*FIELD_OF_KIND.values(), "windings"):
        kind = name.removesuffix("es" if name in {"buses", "switches"} else "s")
        found += _of_kind(kind.replace("_", " "), getattr(before, name), getattr(after, name))
    return found


def _own(before: Network, after: Network) -> Iterator[ElementDifference]:
    told = tuple(_fields(before, after, _OWN_FIELDS))
    if told:
        yield ElementDifference("network", after.id, after.name, Fate.CHANGED, told)


def _of_kind(kind: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[ElementDifference]:
    old = {_identifier(each): each for each in before}
    new = {_identifier(each): each for each in after}
    for fate, these, others in ((Fate.REMOVED, old, new), (Fate.ADDED, new, old)):
        for name, each in these.items():
            if name not in others:
                yield ElementDifference(kind, name, getattr(each, "name", ""), fate)
    for name, each in new.items():
        was = old.get(name)
        if was is None or was == each:
            continue
        names = [field.name for field in fields(each) if field.name != "windings"]
        told = tuple(_fields(was, each, names))
        if told:  # windings are elements of their own
            yield ElementDifference(kind, name, getattr(each, "name", ""), Fate.CHANGED, told)


def _identifier(element: Any) -> str:
    found: str = element.pod_id if hasattr(element, "pod_id") else element.id
    return found


def _fields(before: object, after: object, names: Sequence[str]) -> Iterator[FieldDifference]:
    for name in names:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            words, unit = _named(name)
            yield FieldDifference(words, unit, *_told(was, now))


def _named(name: str) -> tuple[str, str]:
    """Return the words of a field's name, and its unit."""
    for end, unit in _UNITS.items():
        if name.endswith(end):
            return name.removesuffix(end).replace("_", " "), unit
    return name.replace("_", " "), ""


def _told(was: object, now: object) -> tuple[str, str]:
    """Return two values as text; of long lists the first place where they differ."""
    if not isinstance(was, tuple) or not isinstance(now, tuple):
        return _text(was), _text(now)
    if max(len(was), len(now)) <= _MOST_PARTS:
        return _text(was), _text(now)
    if len(was) != len(now):
        return f"{len(was)} values", f"{len(now)} values"
    places = [place for place, pair in enumerate(zip(was, now, strict=True)) if pair[0] != pair[1]]
    first = places[0]
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return f"{_text(was[first])} at {first}{more}", f"{_text(now[first])} at {first}{more}"


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(_text(each) for each in value)
        case _:
            return str(value)
