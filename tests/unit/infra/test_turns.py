"""Long bodies are decoded in turns: the same message, the same errors, and others run meanwhile."""

import asyncio
import itertools
import json
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.infra.http.turns import PART, TURN_BYTES, decode_in_turns, take_in_parts
from platone.messages.base import Instant, Message


class Thing(Message):
    """An item."""

    pod_id: Annotated[str, msgspec.Meta(max_length=4)]
    at: Instant | None = None
    value_kw: float = 1.5


class Crate(Message):
    """A message of items, in a list and in a tuple."""

    name: str
    many_things: Annotated[list[Thing], msgspec.Meta(min_length=1, max_length=5)]
    others: tuple[Thing, ...] = ()
    plain: list[int] = msgspec.field(default_factory=list)


class Heap(Message):
    """As many as one likes."""

    things: list[Thing]


THING = st.fixed_dictionaries(
    {"podId": st.text(max_size=5)},
    optional={
        "at": st.sampled_from(["2021-06-23T10:00:00Z", "2021-06-23T10:00:00", "noon", None]),
        "valueKw": st.floats(allow_nan=False, allow_infinity=False) | st.just("1"),
        "surplus": st.just(1),
    },
)
CRATE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": st.text(max_size=3) | st.just(3), "manyThings": st.lists(THING, max_size=6)},
    optional={
        "others": st.lists(THING, max_size=3) | st.just("none"),
        "plain": st.lists(st.integers()),
        "more": st.just({}),
    },
)


def overlook(_message: object) -> None:
    """Look at nothing."""


@given(CRATE)
def test_it_is_what_msgspec_makes_of_it_at_once(content: dict[str, Any]) -> None:
    raw = json.dumps(content).encode()
    try:
        wanted = msgspec.json.decode(raw, type=Crate)
    except msgspec.ValidationError:
        with pytest.raises(msgspec.ValidationError):  # of several faults perhaps another
            asyncio.run(decode_in_turns(raw, Crate, overlook))
    else:
        assert asyncio.run(decode_in_turns(raw, Crate, overlook)) == wanted


@pytest.mark.parametrize(
    "content",
    [
        {"name": "n", "manyThings": [{"podId": "A"}, {"podId": "ABCDE"}]},
        {"name": "n", "manyThings": [{"podId": "A"}, {"podId": 7}]},
        {"name": "n", "manyThings": [{"podId": "A"}, 7]},
        {"name": "n", "manyThings": [{"podId": "A"}, {}]},
        {"name": "n", "manyThings": [{"podId": "A", "surplus": 1}]},
        {"name": "n", "manyThings": [{"podId": "A"}], "others": [{"podId": "A", "at": "noon"}]},
        {"name": "n", "manyThings": []},
        {"name": "n", "manyThings": [{"podId": "A"}] * 6},
        {"name": "n", "manyThings": {}},
        {"manyThings": [{"podId": "A"}]},
        {"name": "n", "manyThings": [{"podId": "A"}], "more": 1},
    ],
)
def test_its_errors_are_those_of_msgspec(content: dict[str, Any]) -> None:
    raw = json.dumps(content).encode()
    with pytest.raises(msgspec.ValidationError) as wanted:
        msgspec.json.decode(raw, type=Crate)
    with pytest.raises(msgspec.ValidationError) as told:
        asyncio.run(decode_in_turns(raw, Crate, overlook))
    assert str(told.value) == str(wanted.value)


async def test_others_have_a_turn_for_every_part_of_a_long_body() -> None:
    """Counted in turns of the loop: the longest stretch of work without one is a part's."""
    item = {"podId": "POD1", "valueKw": 0.1}
    raw, length = json.dumps({"things": [item] * 100_000}).encode(), len(json.dumps(item))
    seen: list[int] = []
    looked = 0

    def look(_item: object) -> None:
        nonlocal looked
        looked += 1

    async def health() -> None:
        while True:
            seen.append(looked)
            await asyncio.sleep(0)

    asked = asyncio.create_task(health())
    heap = await decode_in_turns(raw, Heap, look)
    asked.cancel()
    assert len(heap.things) == 100_000
    stretches = [after - before for before, after in itertools.pairwise(seen)]
    assert max(stretches) * length <= TURN_BYTES + length
    assert sum(stretches) > 90_000


async def test_many_items_are_taken_part_by_part_in_their_order() -> None:
    sizes: list[int] = []

    async def take(items: Any, add: int) -> list[int]:
        sizes.append(len(items))
        return [item + add for item in items]

    items = list(range(2 * PART + 7))
    assert await take_in_parts(take, items, 3) == [item + 3 for item in items]
    assert sizes == [PART, PART, 7]
    assert await take_in_parts(take, [], 3) == []
