"""Long work beside the event loop.

Work of many items goes to a thread, with which the event loop takes turns. Work of few is done at
once: it takes less than the way to a thread and back.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_AT_ONCE = 200
"""Items that are worked through at once: with 20 to 50 µs for each, less than 10 ms."""


async def aside(
    items: int, work: Callable[Given, Result], *args: Given.args, **named: Given.kwargs
) -> Result:
    """Do some work, which touches nothing that another changes meanwhile.

    Args:
        items: How many items it goes through.
        work: What is done.
        *args: What it is done with.
        **named: The same by name.
    """
    if items <= _AT_ONCE:
        return work(*args, **named)
    return await asyncio.to_thread(work, *args, **named)
