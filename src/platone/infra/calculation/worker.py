"""The process that calculates: one calculation after the other, from its standard input.

Whoever starts it writes calls and reads answers (:mod:`platone.infra.calculation.process`).
"""

import contextlib
import errno
import os
import pickle
import resource
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from platone.infra.calculation.channel import read_message, write_message
from platone.infra.calculation.problem import CalculationTooLarge
from platone.kernel.errors import PlatoneError

_LOOK_S = 1.0
"""Pause between two looks if the server still lives, s."""


@dataclass(frozen=True, slots=True)
class Call:
    """A calculation that a process is asked for.

    Attributes:
        do: A function or another callable that can be pickled.
        args: Its arguments.
    """

    do: Callable[..., Any]
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The value that a calculation returned."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """The documented problem that a calculation ended with."""

    problem: PlatoneError


@dataclass(frozen=True, slots=True)
class Failed:
    """The text of an error that nobody foresaw."""

    text: str


def _answer(content: bytes) -> bytes:
    """Return the answer to a call."""
    try:
        call: Call = pickle.loads(content)  # noqa: S301 - of the server that started us
        return pickle.dumps(Done(call.do(*call.args)), pickle.HIGHEST_PROTOCOL)
    except PlatoneError as problem:
        return pickle.dumps(Refused(problem))
    except MemoryError:
        text = "The calculation needs more memory than one may have."
        return pickle.dumps(Refused(CalculationTooLarge(text)))
    except OSError as error:
        if error.errno not in {errno.EFBIG, errno.ENOMEM}:
            return pickle.dumps(Failed(traceback.format_exc()))
        return pickle.dumps(Refused(CalculationTooLarge("The result passes its bound.")))
    except Exception:  # noqa: BLE001 - whatever it is, the next calculation shall be made
        return pickle.dumps(Failed(traceback.format_exc()))


def _bound(kind: int, most: int) -> None:
    """Bound a resource of this process, as far as the system lets it."""
    _, hard = resource.getrlimit(kind)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (wanted, hard))


def _end_with(server: int) -> None:
    """End this process and those that it started when the server has ended."""
    while os.getppid() == server:
        time.sleep(_LOOK_S)
    os.killpg(0, signal.SIGKILL)  # it leads its group


def main(memory_bytes: int, result_bytes: int, nice: int) -> None:
    """Calculate what is asked for, until the server closes the pipe."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between answers
    os.nice(nice)
    _bound(resource.RLIMIT_AS, memory_bytes)
    _bound(resource.RLIMIT_FSIZE, result_bytes)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        write_message(answers, b"")  # ready
        while (content := read_message(calls)) is not None:
            write_message(answers, _answer(content))
