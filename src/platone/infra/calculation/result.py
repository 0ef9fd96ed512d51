"""Results of calculations: written to a file piece by piece, and read page by page.

A long result is a JSON object whose first member is a list of items, such as the states of the
quarter-hours. It is written as it comes, so that no process ever holds it whole, and a page of it
is cut from the file without reading the rest::

    {"results":[ item , item , item ], "alarms": … }
    └── head ──┘ └──────  items ──────┘ └── tail ──┘
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CHUNK = 256 * 1024
"""Bytes that are read and sent at once: few turns of the event loop, and short ones."""
JSON = "application/json"


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """The content of a result file, as a calculation writes it.

    Attributes:
        head: What comes before the items; the whole result where there are none.
        items: The items, without what separates them.
        tail: What comes after them.
        media_type: What it is.
        kept: What else the calculation found, for whoever asked for it.
    """

    head: bytes
    items: Iterable[bytes] = ()
    tail: bytes = b""
    media_type: str = JSON
    kept: Any = None


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A result in a file.

    Attributes:
        path: The file.
        media_type: What it holds.
        head: Length of what comes before the items, bytes.
        items: Where each item begins and ends.
        length: Length of the file, bytes.
    """

    path: Path
    media_type: str
    head: int
    items: tuple[tuple[int, int], ...]
    length: int

    def page(self, first: int = 0, count: int | None = None) -> list[tuple[int, int]]:
        """Return where the pieces of a page begin and end: head, some items, tail."""
        chosen = self.items[first:] if count is None else self.items[first : first + count]
        end = self.items[-1][1] if self.items else self.head
        middle = [(chosen[0][0], chosen[-1][1])] if chosen else []
        return [(0, self.head), *middle, (end, self.length)]

    async def read(self, pieces: Iterable[tuple[int, int]]) -> AsyncIterator[bytes]:
        """Yield the bytes of pieces of the file."""
        file = await asyncio.to_thread(self.path.open, "rb")
        with file:
            for begin, end in pieces:
                await asyncio.to_thread(file.seek, begin)
                left = end - begin
                while left > 0:
                    chunk = await asyncio.to_thread(file.read, min(left, _CHUNK))
                    if not chunk:
                        return
                    left -= len(chunk)
                    yield chunk

    def forget(self) -> None:
        """Delete the file; whoever reads it reads on."""
        self.path.unlink(missing_ok=True)


def write_result(
    path: Path, calculate: Callable[..., Written], *args: Any
) -> tuple[Any, ResultFile]:
    """Make a calculation, and write its result to a file; a part of one is not left behind."""
    try:
        return _write(path, calculate(*args))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(path: Path, result: Written) -> tuple[Any, ResultFile]:
    items: list[tuple[int, int]] = []
    with path.open("xb") as file:
        file.write(result.head)
        for item in result.items:
            if items:
                file.write(b",")
            begin = file.tell()
            file.write(item)
            items.append((begin, file.tell()))
        file.write(result.tail)
        length = file.tell()
    made = ResultFile(path, result.media_type, len(result.head), tuple(items), length)
    return result.kept, made
