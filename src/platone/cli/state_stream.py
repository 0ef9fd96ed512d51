"""States of a study as JSON, written one after the other: a year of them fills no memory."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from platone import grid
from platone.grid.result.unwatched import to_unwatched
from platone.messages.grid import GridRun, GridState


def write_states(
    flow: grid.Flow | grid.PhaseFlow,
    look: Callable[[GridState], None],
    output: Path | None,
    *,
    is_run: bool,
    json: bool,
) -> None:
    """Write states as JSON to a file or, on request, to stdout, one after the other.

    Args:
        flow: The states.
        look: Called with each of them.
        output: The file.
        is_run: Whether powers of several instants were asked for, or the file's own state.
        json: Whether they are written to stdout where there is no file.
    """
    with _target(output, json=json) as write_bytes:
        if not is_run:
            (state,) = flow.states()
            look(state)
            write_bytes(msgspec.json.encode(state) + b"\n")
            return
        whole = msgspec.json.encode(
            GridRun(
                results=[],
                alarms=flow.alarms().message(),
                unwatched=to_unwatched(flow.network),
            )
        )
        before, after = whole.split(b"[]", 1)  # the first field is that of the states
        write_bytes(before + b"[")
        for place, state in enumerate(flow.states()):
            look(state)
            write_bytes((b"," if place else b"") + msgspec.json.encode(state))
        write_bytes(b"]" + after + b"\n")


@contextmanager
def _target(output: Path | None, *, json: bool) -> Iterator[Callable[[bytes], object]]:
    if output is not None:
        with output.open("wb") as file:
            yield file.write
    else:
        yield sys.stdout.buffer.write if json else len
