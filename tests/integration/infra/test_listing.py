"""Lists in parts: whoever goes on where an answer ended reads each item that stays, once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select
from tests.records import RecordsAt

from platone.infra.db import Database
from platone.infra.http.listing import read_whole, read_whole_text
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.listing import Listed, Part, PlaceUnknown, part_of, place_of, read_part, text_of
from platone.infra.whole import WholeNumber
from platone.messages.base import ListPart

T = TypeVar("T")
metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("size", WholeNumber, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
)
KINDS = (int, str)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=4)
things = st.tuples(st.integers(-2, 2), st.text("a,%", max_size=3))
changes = st.lists(st.tuples(st.booleans(), things), max_size=3)
"""Things that are added or removed between two parts."""


async def walked(
    read: Callable[[Part], Awaitable[Listed[T]]],
    limit: int,
    meanwhile: Callable[[], Awaitable[None]],
) -> list[T]:
    """All items of a list, of which others change something between two parts."""
    found: list[T] = []
    after: str | None = ""
    while after is not None:
        part = await read(Part(after, limit))
        assert len(part.items) <= limit
        found += part.items
        after = part.next
        await meanwhile()
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize("newest_first", [False, True])
async def test_what_stays_is_read_once_while_others_come_and_go(
    tmp_path: Path, records_at: RecordsAt, *, newest_first: bool
) -> None:
    database = Database(records_at(tmp_path / "things.db"), metadata)
    await database.open()
    loop = asyncio.get_running_loop()

    async def walk(
        there: set[tuple[int, str]], steps: list[list[tuple[bool, tuple[int, str]]]], limit: int
    ) -> None:
        async with database.transaction() as connection:
            await connection.execute(delete(thing))
            if there:
                await connection.execute(
                    insert(thing), [{"size": size, "name": name} for size, name in there]
                )
        now, touched = set(there), set[tuple[int, str]]()

        async def read(part: Part) -> Listed[tuple[int, str]]:
            by = [thing.c.size, thing.c.name]
            async with database.reading() as connection:
                rows = await read_part(
                    connection, select(thing), by, part, newest_first=newest_first
                )
            return rows.of(lambda row: (row.size, row.name))

        async def meanwhile() -> None:
            for is_added, each in steps.pop() if steps else ():
                touched.add(each)
                row = {"size": each[0], "name": each[1]}
                is_it = (thing.c.size == each[0]) & (thing.c.name == each[1])
                async with database.transaction() as connection:
                    await connection.execute(delete(thing).where(is_it))
                    if is_added:
                        await connection.execute(insert(thing).values(**row))
                (now.add if is_added else now.discard)(each)

        found = await walked(read, limit, meanwhile)
        assert len(found) == len(set(found))
        assert there - touched <= set(found) <= there | touched
        sizes = [size for size, _ in found]
        assert sizes == sorted(sizes, reverse=newest_first)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sets(things, max_size=9), st.lists(changes, max_size=6), st.integers(1, 4))
    def check(
        there: set[tuple[int, str]], steps: list[list[tuple[bool, tuple[int, str]]]], limit: int
    ) -> None:
        asyncio.run_coroutine_threadsafe(walk(there, steps, limit), loop).result()

    try:
        await asyncio.to_thread(check)
    finally:
        await database.close()


@given(st.lists(things, unique=True), st.integers(1, 4))
def test_what_is_in_memory_is_read_likewise(there: list[tuple[int, str]], limit: int) -> None:
    async def read(part: Part) -> Listed[tuple[int, str]]:
        return part_of(there, lambda each: each, part, KINDS)

    async def nothing() -> None:
        return None

    assert asyncio.run(walked(read, limit, nothing)) == sorted(there)


@given(st.integers(-(2**63), 2**63 - 1), texts, texts)
def test_a_place_is_read_as_it_is_told(number: int, first: str, last: str) -> None:
    key = (number, first, last)
    assert place_of(text_of(key), (int, str, str)) == key


@pytest.mark.parametrize("after", ["x", "1", "1,2,3", f"{2**63},x", "1,\0", "1.5,x", "9" * 5000])
def test_what_tells_no_place_is_refused(after: str) -> None:
    with pytest.raises(PlaceUnknown):
        place_of(after, KINDS)


class Numbers(ListPart):
    """Some numbers, with something beside them."""

    name: str
    numbers: list[int]


async def test_a_caller_of_ours_reads_all_parts() -> None:
    asked = []

    async def read(after: str) -> Numbers:
        asked.append(after)
        number = int(after or "0")
        return Numbers(name="few", numbers=[number], next=str(number + 1) if number < 3 else None)

    found = await read_whole(Numbers, read)
    assert msgspec.to_builtins(found) == {"next": None, "name": "few", "numbers": [0, 1, 2, 3]}
    assert asked == ["", "1", "2", "3"]


async def test_a_list_without_an_end_is_given_up() -> None:
    async def read(after: str) -> Numbers:
        return Numbers(name=after, numbers=[], next="again")

    with pytest.raises(PartnerUnavailable, match="no end"):
        await read_whole(Numbers, read)


async def test_the_parts_of_a_list_come_to_one_text_with_what_stands_beside_them() -> None:
    parts = {
        "": b'{"opening":"1.5","numbers":[1,2],"next":"2"}',
        "2": b'{"opening":"1.5","numbers":[3],"next":"3"}',
        "3": b'{"opening":"1.5","numbers":[4],"next":null}',
    }

    async def read(after: str) -> bytes:
        return parts[after]

    found = json.loads(await read_whole_text(read))
    assert found == {"opening": "1.5", "numbers": [1, 2, 3, 4], "next": None}


@pytest.mark.parametrize(
    "text", [b'{"numbers": [1], "next": null}', b'{"balance": 1.0}', b"[1, 2]"]
)
async def test_what_is_not_in_parts_stays_as_it_was_told(text: bytes) -> None:
    async def read(after: str) -> bytes:
        assert after == ""
        return text

    assert await read_whole_text(read) == text


async def test_a_text_without_an_end_is_given_up() -> None:
    async def read(after: str) -> bytes:
        return json.dumps({"numbers": [], "next": f"{after}x"[-5:]}).encode()

    with pytest.raises(PartnerUnavailable, match="no end"):
        await read_whole_text(read)
