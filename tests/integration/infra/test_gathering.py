"""What comes meanwhile is taken together; each has its own result, whatever befalls the others."""

import asyncio
from collections.abc import Sequence

import pytest

from platone.infra.gathering import MOST_TOGETHER, Gathering
from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import DuplicateIdentifier


class _Taker:
    """Doubles numbers; a group with 13 in it fails, and 7 is refused. It waits to be let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int | BaseException]:
        self.groups.append(list(items))
        await self.gate.wait()
        if 13 in items:
            raise ValueError("13")
        if 99 in items:
            raise StorageUnavailable("full")
        return [DuplicateIdentifier("7") if item == 7 else 2 * item for item in items]


async def _all(
    gathering: Gathering[int, int], taker: _Taker, items: Sequence[int]
) -> list[int | BaseException]:
    tasks = [asyncio.create_task(gathering(item)) for item in items]
    for _ in range(3):
        await asyncio.sleep(0)
    taker.gate.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_waits_is_taken_together_in_order() -> None:
    taker = _Taker()
    assert await _all(Gathering(taker), taker, range(100, 200)) == list(range(200, 400, 2))
    assert [each for group in taker.groups for each in group] == list(range(100, 200))
    assert max(map(len, taker.groups)) <= MOST_TOGETHER
    assert len(taker.groups) <= 3


async def test_one_that_fails_or_is_refused_harms_no_other() -> None:
    taker = _Taker()
    told = await _all(Gathering(taker), taker, [1, 2, 13, 7, 5])
    assert [told[0], told[1], told[4]] == [2, 4, 10]
    assert isinstance(told[2], ValueError)
    assert isinstance(told[3], DuplicateIdentifier)


async def test_what_befalls_all_is_told_to_all_and_not_tried_again() -> None:
    taker = _Taker()
    told = await _all(Gathering(taker), taker, [1, 99, 2])
    assert [type(each) for each in told] == [StorageUnavailable] * 3
    assert sorted(each for group in taker.groups for each in group) == [1, 2, 99]


async def test_what_shares_a_name_goes_apart_and_in_order() -> None:
    taker = _Taker()
    gathering = Gathering[int, int](taker, lambda item: {item % 10})
    told = await _all(gathering, taker, [1, 2, 11, 21, 12, 3])
    assert told == [2, 4, 22, 42, 24, 6]
    for group in taker.groups:
        assert len({item % 10 for item in group}) == len(group)
    order = [each for group in taker.groups for each in group]
    assert [each for each in order if each % 10 == 1] == [1, 11, 21]
    assert [each for each in order if each % 10 == 2] == [2, 12]


async def test_who_goes_away_before_its_turn_is_not_taken() -> None:
    taker = _Taker()
    gathering = Gathering[int, int](taker)
    first = asyncio.create_task(gathering(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone, stays = asyncio.create_task(gathering(2)), asyncio.create_task(gathering(3))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    taker.gate.set()
    assert (await first, await stays) == (2, 6)
    assert 2 not in [each for group in taker.groups for each in group]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_it_takes_again_after_it_was_idle() -> None:
    taker = _Taker()
    taker.gate.set()
    gathering = Gathering[int, int](taker)
    assert [await gathering(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert taker.groups == [[1], [2], [3]]
