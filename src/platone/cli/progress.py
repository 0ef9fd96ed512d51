"""Progress of a long calculation, on standard error where somebody looks at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

_LONG = 96
"""Shorter runs are done before a bar is read."""


@contextmanager
def progress(label: str, *, long: int = _LONG) -> Iterator[Callable[[int], None]]:
    """Give a function that a calculation calls with the number of parts left, all first.

    Args:
        label: What stands before the bar.
        long: Parts up to which no bar is shown.
    """
    bars: list[Any] = []

    def left(count: int) -> None:
        if not bars and count > long and sys.stderr.isatty():
            bar = typer.progressbar(length=count, label=label, file=sys.stderr)
            bars.append(bar.__enter__())
        elif bars:
            bars[0].update(bars[0].length - count - bars[0].pos)

    try:
        yield left
    finally:
        for bar in bars:
            bar.render_finish()
