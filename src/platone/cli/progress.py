"""Progress of a long calculation, on standard error where somebody looks at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

_LONG = 96
"""Shorter runs are done before a bar is read."""


@contextmanager
def progress(label: str) -> Iterator[Callable[[int], None]]:
    """Give a function that a calculation calls with the number of instants left, all first."""
    bars: list[Any] = []

    def left(count: int) -> None:
        if not bars and count > _LONG and sys.stderr.isatty():
            bar = typer.progressbar(length=count, label=label, file=sys.stderr)
            bars.append(bar.__enter__())
        elif bars:
            bars[0].update(bars[0].length - count - bars[0].pos)

    try:
        yield left
    finally:
        for bar in bars:
            bar.render_finish()
