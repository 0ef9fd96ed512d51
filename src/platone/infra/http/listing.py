"""Lists over REST: `limit` items at most, `after` the `next` of the answer before.

A route says how many items an answer has, and gives the part that is asked for::

    @router.get("/api/thing", **documented(gives=Things))
    async def get_things(part: Annotated[Part, asked_part(usual=1000)]) -> Response:
        found = await things.listed(part)
        return answer(Things(things=found.items, next=found.next))

A caller of ours asks for parts until there is none left.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Query

from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.problem import tells
from platone.infra.listing import Part, PlaceUnknown
from platone.messages.base import ListPart

T = TypeVar("T")
P = TypeVar("P", bound=ListPart)

_LONGEST = 1000
"""Longest `after`, characters: the longest key has some hundred."""
_MOST_PARTS = 2000
"""Parts of a list that are asked for at most: a million items and more."""


def asked_part(usual: int, most: int | None = None) -> Any:
    """Return a FastAPI dependency that gives the part of a list that a caller asks for.

    Args:
        usual: Items in an answer where the caller says nothing.
        most: Items that it may ask for; none: as many as usual.
    """

    @tells(PlaceUnknown)
    async def part(
        after: Annotated[
            str,
            Query(
                max_length=_LONGEST,
                description="Where to go on: the `next` of the answer before",
            ),
        ] = "",
        limit: Annotated[
            int, Query(ge=1, le=most or usual, description="Most items in the answer")
        ] = usual,
    ) -> Part:
        return Part(after, limit)

    return Depends(part)


async def read_whole(kind: type[T], read: Callable[[str], Awaitable[T]]) -> T:
    """Return an answer; where it is a part of a list, with the items of all parts that follow.

    Args:
        kind: What the answer is.
        read: Asks for the part after a place; an empty one is the beginning.

    Raises:
        PartnerUnavailable: The list has no end.
    """
    first = await read("")
    if not isinstance(first, ListPart) or first.next is None:
        return first
    lists = {
        name: list(value)
        for name in kind.__struct_fields__  # type: ignore[attr-defined]  # a ListPart is a struct
        if isinstance(value := getattr(first, name), list | tuple)
    }
    following: str | None = first.next
    for _ in range(_MOST_PARTS):
        if following is None:
            return msgspec.structs.replace(first, next=None, **lists)
        more = await read(following)
        for name, items in lists.items():
            items.extend(getattr(more, name))
        following = more.next if isinstance(more, ListPart) else None
    raise PartnerUnavailable(f"{kind.__name__} has no end after {_MOST_PARTS} parts.")


async def read_whole_text(read: Callable[[str], Awaitable[bytes]]) -> bytes:
    """Return an answer as JSON; where it is a part of a list, with the items of all that follow.

    Args:
        read: Asks for the part after a place, as JSON; an empty one is the beginning.

    Raises:
        PartnerUnavailable: The list has no end.
    """
    first = await read("")
    whole: Any = msgspec.json.decode(first)
    following = whole.get("next") if isinstance(whole, dict) else None
    if following is None:
        return first
    for _ in range(_MOST_PARTS):
        more: Any = msgspec.json.decode(await read(following))
        for name, items in whole.items():
            if isinstance(items, list):
                items.extend(more[name])
        following = more["next"]
        if following is None:
            return msgspec.json.encode(whole | {"next": None})
    raise PartnerUnavailable(f"A list has no end after {_MOST_PARTS} parts.")
