"""Ends of tasks and parts, with a deadline: what hangs holds up no stop."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Coroutine, Iterable
from typing import Any

ENDED_WITHIN_S = 10.0
"""Longest wait for an end, s: a server that was asked to stop is killed after 20."""
_CANCEL_S = 0.5
"""How long a cancelled task may take before it is cancelled once more, s."""
_log = logging.getLogger(__name__)


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], within_s: float = ENDED_WITHIN_S) -> None:
    """Cancel tasks, and wait for their end; those that do not end are told in the log, and left.

    Args:
        tasks: The tasks.
        within_s: Longest wait for them all, s.
    """
    pending = {task for task in tasks if not task.done()}
    deadline_s = time.monotonic() + within_s
    while pending and time.monotonic() < deadline_s:
        # Python 3.11's wait_for forgets a cancellation that meets its result: say it again.
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=min(_CANCEL_S, within_s))
    for task in pending:
        _log.error("%s did not end within %g s, and is left", task.get_name(), within_s)


async def end_part(
    what: str, stop: Coroutine[Any, Any, None], within_s: float = ENDED_WITHIN_S
) -> None:
    """Stop a part of the server, so that neither its failure nor its delay holds up the others.

    Args:
        what: Its name, for the log.
        stop: Stops it.
        within_s: Longest wait for it, s.
    """
    task = asyncio.create_task(stop, name=f"stop of {what}")
    try:
        await asyncio.wait([task], timeout=within_s)
    finally:
        await end_tasks([task], _CANCEL_S)
    if task.done() and not task.cancelled() and (error := task.exception()) is not None:
        _log.error("the stop of %s failed", what, exc_info=error)
    elif task.cancelled():
        _log.error("the stop of %s took longer than %g s, and was given up", what, within_s)


async def end_undisturbed(stop: Coroutine[Any, Any, None]) -> None:
    """Stop in order although the waiting task is cancelled: that is raised when all has ended.

    An interruption (Ctrl-C) cancels the main task, whose next wait is that for the stop.

    Args:
        stop: Stops; it bounds its own waits.
    """
    task, is_cancelled = asyncio.create_task(stop), False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            is_cancelled = True
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError


def exit_within(within_s: float) -> None:
    """Let this process live for so long at most: whatever hangs, it ends, with status 1.

    All that was acknowledged is durable before, so that nothing is lost by it.

    Args:
        within_s: Time for an end in order, s.
    """

    def end() -> None:
        _log.critical("the stop took longer than %g s: the process ends by force", within_s)
        os._exit(1)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()
