"""Ends with a deadline: neither what hangs nor what fails holds up the stop of the rest."""

import asyncio
import contextlib
import logging
import subprocess
import sys

import pytest

from platone.infra.ending import end_part, end_tasks, end_undisturbed


async def deaf(heard: list[int], until: asyncio.Event) -> None:
    """Hear cancellations, and go on until told."""
    while not until.is_set():
        with contextlib.suppress(asyncio.CancelledError):
            await until.wait()
            return
        heard.append(1)


async def test_a_task_that_hears_once_is_ended_and_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    task = asyncio.create_task(asyncio.sleep(3600))
    await end_tasks([task])
    assert task.cancelled()
    assert not caplog.records


async def test_a_task_that_forgets_a_cancellation_is_cancelled_again() -> None:
    forgotten: list[int] = []

    async def forgetful() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            forgotten.append(1)
        await asyncio.sleep(3600)

    task = asyncio.create_task(forgetful())
    await asyncio.sleep(0)
    await end_tasks([task])
    assert task.cancelled()
    assert forgotten == [1]


async def test_a_task_that_never_ends_is_told_and_left(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[int] = []
    until = asyncio.Event()
    task = asyncio.create_task(deaf(heard, until), name="deaf one")
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await end_tasks([task], within_s=0.2)
    assert heard
    assert not task.done()
    assert "deaf one did not end within 0.2 s" in caplog.text
    until.set()
    await task


@pytest.mark.parametrize("does", ["well", "fails", "hangs"])
async def test_the_stop_of_a_part_ends_whatever_it_does(
    does: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def stop() -> None:
        if does == "fails":
            raise OSError("no such database")
        if does == "hangs":
            await asyncio.Event().wait()

    async with asyncio.timeout(20):
        await end_part("a part", stop(), within_s=0.1)
    said = [(it.levelno, it.getMessage()) for it in caplog.records]
    assert (
        said
        == {
            "well": [],
            "fails": [(logging.ERROR, "the stop of a part failed")],
            "hangs": [
                (logging.ERROR, "the stop of a part took longer than 0.1 s, and was given up")
            ],
        }[does]
    )


async def test_who_waits_for_a_stop_may_be_cancelled() -> None:
    waiting = asyncio.create_task(end_part("a part", asyncio.sleep(3600)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize("cancellations", [0, 1, 3])
async def test_a_stop_in_order_is_not_broken_off(cancellations: int) -> None:
    steps: list[str] = []

    async def stop() -> None:
        for name in ("loops", "contexts", "broker"):
            await asyncio.sleep(0.05)
            steps.append(name)

    waiting = asyncio.create_task(end_undisturbed(stop()))
    for _ in range(cancellations):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.wait([waiting])
    assert steps == ["loops", "contexts", "broker"]
    assert waiting.cancelled() is bool(cancellations)


@pytest.mark.parametrize("hangs", [True, False])
def test_a_process_that_hangs_at_its_end_is_ended(*, hangs: bool) -> None:
    wait = "threading.Event().wait()" if hangs else "pass"
    code = f"import threading, platone.infra.ending as e; e.exit_within(0.2); {wait}"
    process = [sys.executable, "-c", code]
    done = subprocess.run(process, capture_output=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == int(hangs)
    assert (b"ends by force" in done.stderr) is hangs
