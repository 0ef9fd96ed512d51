"""Lists that are read part by part, each from where the one before ended.

A list has one order, by a key that no two items share. A part ends with the key of its last item,
told as text, and the next one begins after it: so what is added or removed meanwhile neither
doubles nor hides another item, and the database reads no more than it gives.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.kernel.errors import PlatoneError

T = TypeVar("T")
U = TypeVar("U")

Key = tuple[int | str, ...]
"""The key of an item in its list: whole numbers and texts."""

_BETWEEN = ","
_MARKED = {"%": "%25", ",": "%2C"}
"""Marks for the signs in a key's text that would end it."""
_LEAST, _GREATEST = -(2**63), 2**63 - 1
"""The bounds of a whole number in a database."""


class PlaceUnknown(PlatoneError):
    """The list has no such place: `after` is not as an answer told it.

    Ask with the `next` of the answer before, as it stands there; without `after` for the first
    items. Where the list was made anew meanwhile, begin with its first items again.
    """

    slug = "place-unknown"
    title = "The list has no such place"


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a list that is asked for.

    Attributes:
        after: Where the part before ended, as it was told; empty for the first one.
        limit: Most items in it.
    """

    after: str
    limit: int


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A part of a list.

    Attributes:
        items: Its items.
        next: Where the next part begins; none where this is the last.
    """

    items: list[T]
    next: str | None = None

    def of(self, kind: Callable[[T], U]) -> "Listed[U]":
        """Return the same part with something made of each item."""
        return Listed([kind(each) for each in self.items], self.next)


def place_of(after: str, kinds: Sequence[type]) -> Key | None:
    """Return the key that a text tells; None for an empty one.

    Args:
        after: The text.
        kinds: The kinds of the key's parts, whole numbers or texts.

    Raises:
        PlaceUnknown: It tells no key of these kinds.
    """
    if not after:
        return None
    parts = after.split(_BETWEEN)
    try:
        return tuple(_read(text, kind) for text, kind in zip(parts, kinds, strict=True))
    except ValueError as error:
        shown = after[:100]
        raise PlaceUnknown(f"after: {shown!r} is no place of this list.", after=shown) from error


def text_of(key: Sequence[int | str]) -> str:
    """Return a key as text, which :func:`place_of` reads."""
    return _BETWEEN.join(_marked(str(each)) for each in key)


def part_of(
    items: Iterable[T], key: Callable[[T], Key], part: Part, kinds: Sequence[type]
) -> Listed[T]:
    """Return a part of a list that is in memory, in the order of a key."""
    place = place_of(part.after, kinds)
    ordered = sorted(items, key=key)
    return cut([each for each in ordered if place is None or key(each) > place], key, part)


def cut(items: Sequence[T], key: Callable[[T], Key], part: Part) -> Listed[T]:
    """Return the first items of what is left of a list, and the last one's key if more are left."""
    told = list(items[: part.limit])
    return Listed(told, text_of(key(told[-1])) if len(items) > part.limit else None)


async def each_of(read: Callable[[Part], Awaitable[Listed[T]]], limit: int) -> AsyncIterator[T]:
    """Yield all items of a list, which is read part by part.

    Args:
        read: Reads a part.
        limit: Most items in a part.
    """
    after: str | None = ""
    while after is not None:
        found = await read(Part(after, limit))
        for each in found.items:
            yield each
        after = found.next


async def read_part(
    connection: AsyncConnection,
    query: Select[Any],
    by: Sequence[ColumnElement[Any]],
    part: Part,
    *,
    newest_first: bool = False,
) -> Listed[Row[Any]]:
    """Return the rows of a part of a list that a query selects.

    Args:
        connection: The transaction.
        query: Selects the whole list; its order is made here.
        by: The columns that order the list; no two rows have the same in all of them.
        part: Which part.
        newest_first: Whether the greatest key comes first.
    """
    names = [f"key_{number}" for number in range(len(by))]
    query = query.add_columns(*(each.label(name) for each, name in zip(by, names, strict=True)))
    place = place_of(part.after, [each.type.python_type for each in by])
    if place is not None:
        key = tuple_(*by)
        query = query.where(key < place if newest_first else key > place)
    query = query.order_by(*(each.desc() if newest_first else each.asc() for each in by))
    rows = (await connection.execute(query.limit(part.limit + 1))).all()
    told = list(rows[: part.limit])
    if len(rows) <= part.limit:
        return Listed(told)
    return Listed(told, text_of([getattr(told[-1], name) for name in names]))


def cut_after(found: Listed[Row[Any]], most: int, parts: int) -> Listed[Row[Any]]:
    """Return the first rows of a part that was read, as where it had been asked for that many.

    Args:
        found: What :func:`read_part` gave.
        most: How many rows, at least one.
        parts: How many columns order the list.
    """
    if len(found.items) <= most:
        return found
    told = found.items[:most]
    return Listed(told, text_of(tuple(told[-1])[-parts:]))


def _marked(text: str) -> str:
    return "".join(_MARKED.get(each, each) for each in text)


def _read(text: str, kind: type) -> int | str:
    """Return a key's part; raises ValueError where it is none."""
    if kind is int:
        number = int(text)
        if not _LEAST <= number <= _GREATEST:
            raise ValueError(text)
        return number
    if "\0" in text:  # which no database takes in a text
        raise ValueError(text)
    return text.replace("%2C", ",").replace("%25", "%")
