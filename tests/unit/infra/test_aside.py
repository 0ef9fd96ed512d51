"""Long work is done beside the event loop, short work at once."""

import asyncio
import threading

from platone.infra.aside import aside

LONG, SHORT = 1_000, 3
DEADLINE_S = 60.0
"""How long the work waits for the event loop, s: far longer than any turn takes."""


async def test_others_have_their_turn_during_long_work() -> None:
    done = threading.Event()
    asyncio.get_running_loop().call_soon(done.set)
    assert await aside(LONG, done.wait, DEADLINE_S)


async def test_short_work_is_done_at_once() -> None:
    assert await aside(SHORT, threading.get_ident) == threading.get_ident()


async def test_arguments_and_errors_pass() -> None:
    for items in (LONG, SHORT):
        assert await aside(items, sorted, [2, 1, 3], reverse=True) == [3, 2, 1]
        try:
            await aside(items, divmod, 1, 0)
        except ZeroDivisionError:
            continue
        raise AssertionError(items)
