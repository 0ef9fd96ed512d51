"""Background loops under supervision: what fails is tried again, what ends is told."""

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from platone.infra import supervision
from platone.infra.supervision import LoopHealth, LoopState, Supervisor
from platone.kernel.errors import PlatoneError


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def only(supervisor: Supervisor) -> LoopHealth:
    (health,) = supervisor.health()
    return health


async def test_a_failed_turn_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    supervisor, turns, is_broken = Supervisor("a"), [0], [True]

    async def turn() -> None:
        turns[0] += 1
        if is_broken[0]:
            raise OSError(28, "No space left on device")
        await asyncio.sleep(0.01)

    supervisor.start("loop", turn)
    await until(lambda: turns[0] >= 2)
    told = only(supervisor)
    assert (told.name, told.state) == ("a.loop", LoopState.FAILING)
    assert told.failures >= 1
    assert told.last_turn_at is None
    is_broken[0] = False
    await until(lambda: only(supervisor).state is LoopState.RUNNING)
    told = only(supervisor)
    assert told.failures == 0
    assert told.last_turn_at is not None
    await supervisor.stop()
    messages = [record.getMessage() for record in caplog.records]
    assert "No space left on device" in messages[0]
    assert messages[-1].startswith("a.loop works again")
    assert caplog.records[0].exc_info  # the first failure shows where it comes from
    assert not any(record.exc_info for record in caplog.records[1:])
    assert list(supervisor.health()) == []


async def test_one_failing_loop_holds_up_no_other() -> None:
    supervisor, good = Supervisor("a"), [0]

    async def bad_turn() -> None:
        raise PlatoneError("Not today.")

    async def good_turn() -> None:
        good[0] += 1
        await asyncio.sleep(0.01)

    supervisor.start("bad", bad_turn)
    supervisor.start("good", good_turn)
    await until(lambda: good[0] >= 5)
    states = {each.name: each.state for each in supervisor.health()}
    assert states == {"a.bad": LoopState.FAILING, "a.good": LoopState.RUNNING}
    await supervisor.stop()


async def test_a_turn_that_is_cancelled_from_within_ends_nothing() -> None:
    supervisor, turns = Supervisor("a"), [0]

    async def turn() -> None:
        turns[0] += 1
        if turns[0] == 1:
            raise asyncio.CancelledError
        await asyncio.sleep(0.01)

    supervisor.start("loop", turn)
    await until(lambda: turns[0] >= 3)
    assert only(supervisor).state is LoopState.RUNNING
    await supervisor.stop()


async def test_a_loop_that_ends_unasked_is_an_alarm(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor("a")
    loop = supervisor.start("loop", asyncio.Event().wait)
    await asyncio.sleep(0)
    loop.task.cancel()
    await until(lambda: only(supervisor).state is LoopState.STOPPED)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert "a.loop has stopped" in caplog.text
    await supervisor.stop()


async def test_a_turn_that_takes_too_long_is_told() -> None:
    supervisor, go_on = Supervisor("a"), asyncio.Event()
    loop = supervisor.start("loop", go_on.wait, stalled_s=0.05)
    await until(lambda: only(supervisor).state is LoopState.STALLED)
    loop.beat()  # it says that it gets on
    assert only(supervisor).state is LoopState.RUNNING
    await supervisor.stop()


async def test_finish_lets_the_turn_end_and_begins_no_other() -> None:
    supervisor, turns, go_on = Supervisor("a"), [0], asyncio.Event()

    async def turn() -> None:
        turns[0] += 1
        await go_on.wait()
        turns.append(turns[0])

    supervisor.start("loop", turn)
    await until(lambda: turns[0] == 1)
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    await supervisor.finish("loop", 5)
    assert turns == [1, 1]


async def test_a_turn_that_swallows_its_cancellation_is_stopped() -> None:
    supervisor, swallowed = Supervisor("a"), [0]

    async def turn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            swallowed[0] += 1
            if swallowed[0] > 1:
                raise

    supervisor.start("loop", turn)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await supervisor.stop()
    assert swallowed[0] >= 1


async def test_pauses_grow_to_their_bound(caplog: pytest.LogCaptureFixture) -> None:
    supervisor = Supervisor("a")

    async def turn() -> None:
        raise PlatoneError("Not today.")

    supervisor.start("loop", turn, longest_pause_s=0.5)
    await until(lambda: len(caplog.records) == 5)
    await supervisor.stop()
    told = [record.getMessage() for record in caplog.records]
    assert [each.split(", next turn in ")[1].split(" s")[0] for each in told] == [
        "0.1", "0.2", "0.4", "0.5", "0.5",
    ]  # fmt: skip
    assert [f"failed ({number} times in a row)" in each for number, each in enumerate(told, 1)] == [
        True
    ] * 5


async def test_a_turn_that_hangs_is_cancelled_at_the_end() -> None:
    supervisor, cancelled = Supervisor("a"), asyncio.Event()

    async def turn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    loop = supervisor.start("loop", turn)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(10):
        await supervisor.finish("loop", 0.01)
    assert cancelled.is_set()
    assert loop.task.done()
    await supervisor.finish("loop", 0.01)  # again, and of a loop that never was: nothing
    await supervisor.finish("other", 0.01)


async def test_a_turn_that_cancels_itself_is_told_and_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    supervisor, turns = Supervisor("a"), [0]

    async def turn() -> None:
        turns[0] += 1
        raise asyncio.CancelledError

    supervisor.start("loop", turn)
    await until(lambda: turns[0] >= 3)
    told = only(supervisor)
    await supervisor.stop()
    assert told.state is LoopState.FAILING
    assert told.failures >= 2
    assert "the turn was cancelled from within" in caplog.text


async def test_a_wait_ends_with_the_first_loop_that_ends() -> None:
    supervisor = Supervisor("a")
    await supervisor.wait()  # for nothing
    loops = [supervisor.start(name, asyncio.Event().wait) for name in ("one", "two")]
    waiting = asyncio.create_task(supervisor.wait())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    loops[1].task.cancel()
    async with asyncio.timeout(10):
        await waiting
    assert not loops[0].task.done()
    await supervisor.stop()


async def test_a_failure_is_forgiven_after_a_minute_of_going_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The turn after it may wait for messages for hours; the machine's clock is put forward."""
    now_s, go_on = [1000.0], asyncio.Event()
    monkeypatch.setattr(supervision, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    supervisor, turns = Supervisor("a"), [0]

    async def turn() -> None:
        turns[0] += 1
        if turns[0] == 1:
            raise PlatoneError("Not today.")
        await go_on.wait()

    supervisor.start("loop", turn)
    await until(lambda: turns[0] == 2)
    pause_s = 0.1  # the minute begins after it
    for after_s, state in (
        (0.0, LoopState.FAILING),
        (60.0 + pause_s - 0.01, LoopState.FAILING),
        (60.0 + pause_s + 0.01, LoopState.RUNNING),
    ):
        now_s[0] = 1000.0 + after_s
        told = only(supervisor)
        assert (told.state, told.failures) == (state, 1)
        assert told.age_s == pytest.approx(after_s)
    await supervisor.stop()
