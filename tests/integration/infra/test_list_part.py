"""The part of a list that a caller asks for, and the edges of what it may ask."""

from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Column, MetaData, String, Table, insert, select

from platone.infra.db import Database, sqlite_url
from platone.infra.http.listing import asked_part, read_whole
from platone.infra.http.problem import install_problems
from platone.infra.listing import (
    Listed,
    Part,
    PlaceUnknown,
    cut_after,
    each_of,
    part_of,
    place_of,
    read_part,
)
from platone.infra.whole import WholeNumber
from platone.messages.base import ListPart, Message

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("size", WholeNumber, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
)


async def test_a_part_is_cut_as_if_fewer_had_been_asked_for(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "things.db"), metadata)
    await database.open()
    by = [thing.c.size, thing.c.name]
    async with database.transaction() as connection:
        rows: list[dict[str, object]] = [{"size": size, "name": "a,%"} for size in range(5)]
        await connection.execute(insert(thing), rows)
        for limit in (3, 5, 6):
            found = await read_part(connection, select(thing), by, Part("", limit))
            for most in range(1, 8):
                fewer = Part("", min(most, limit))
                wanted = await read_part(connection, select(thing), by, fewer)
                assert cut_after(found, most, len(by)) == wanted
    await database.close()


@pytest.mark.parametrize(("count", "places"), [(0, [""]), (6, ["", "2"]), (7, ["", "2", "5"])])
async def test_each_item_of_all_parts_is_read_and_nothing_after_the_last(
    count: int, places: list[str]
) -> None:
    asked = []

    async def read(part: Part) -> Listed[int]:
        asked.append(part)
        return part_of(range(count), lambda each: (each,), part, (int,))

    assert [each async for each in each_of(read, 3)] == list(range(count))
    assert asked == [Part(place, 3) for place in places]


@pytest.mark.parametrize("number", [-(2**63) - 1, 2**63])
def test_a_number_that_no_database_has_is_no_place(number: int) -> None:
    def part(after: int) -> Listed[int]:
        return part_of([0], lambda each: (each,), Part(str(after), 1), (int,))

    with pytest.raises(PlaceUnknown, match="is no place of this list"):
        part(number)
    assert part(-(2**63)).items == [0]
    assert part(2**63 - 1).items == []


def test_of_a_long_text_that_is_no_place_the_beginning_is_told() -> None:
    """A hundred characters are told back: a place that answers tell is shorter."""
    with pytest.raises(PlaceUnknown) as refused:
        place_of("x" * 1000, (int,))
    assert refused.value.detail == f"after: {'x' * 100!r} is no place of this list."


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/things", ["", 10]),
        ("/things?after=x,1&limit=50", ["x,1", 50]),
        ("/things?limit=1", ["", 1]),
        (f"/things?after={'x' * 1000}", ["x" * 1000, 10]),
        ("/things?limit=51", None),
        ("/things?limit=0", None),
        (f"/things?after={'x' * 1001}", None),
        ("/few?limit=10", ["", 10]),
        ("/few?limit=11", None),  # no more than usual
    ],
)
async def test_a_caller_asks_for_as_much_as_a_route_gives(path: str, part: Any) -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/things")
    async def things(part: Annotated[Part, asked_part(usual=10, most=50)]) -> list[str | int]:
        return [part.after, part.limit]

    @app.get("/few")
    async def few(part: Annotated[Part, asked_part(usual=10)]) -> list[str | int]:
        return [part.after, part.limit]

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        answer = await http.get(path)
    assert (answer.json() if answer.is_success else None) == part
    assert answer.is_success or answer.json()["type"] == "/problems/malformed-message"


class Name(Message):
    """Something that is no list."""

    name: str


class Numbers(ListPart):
    """Some numbers."""

    numbers: list[int]


@pytest.mark.parametrize("answer", [Name(name="x"), Numbers(numbers=[1, 2])])
async def test_what_has_no_further_part_is_asked_for_once(answer: Message) -> None:
    asked = []

    async def read(after: str) -> Message:
        asked.append(after)
        return answer

    assert await read_whole(type(answer), read) == answer
    assert asked == [""]
