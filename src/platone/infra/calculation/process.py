"""A calculating process as the server sees it: started, called, and ended by force."""

import contextlib
import errno
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from platone.infra.calculation.channel import read_message, write_message

_PROGRAM = "from platone.infra.calculation.worker import main; main"
_MIB = 1024 * 1024
_END_S = 5.0
"""How long a killed process is waited for, s."""
_THREADS = "1"
"""Threads of a process's linear algebra: the processes share the cores among themselves."""
_THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessEnded(Exception):
    """A calculating process has ended before it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessBounds:
    """The bounds of a calculating process.

    Attributes:
        memory_mib: Memory that it may have, MiB.
        result_mib: Length of the longest file that it may write, MiB.
        nice: How far it steps back when others want the processor (``nice``): by 10 it gets a
            tenth of what they get.
    """

    memory_mib: int = 4096
    result_mib: int = 2048
    nice: int = 10


class CalculatingProcess:
    """A process that makes one calculation at a time; all its methods block.

    Args:
        bounds: Its bounds.

    Raises:
        OSError: It does not start.
    """

    def __init__(self, bounds: ProcessBounds) -> None:
        self._is_killed = False
        memory, result = bounds.memory_mib * _MIB, bounds.result_mib * _MIB
        program = f"{_PROGRAM}({memory}, {result}, {bounds.nice})"
        settings = dict.fromkeys(_THREAD_SETTINGS, _THREADS)
        path = os.pathsep.join(each for each in sys.path if each)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | settings | {"PYTHONPATH": path},
            process_group=0,  # so that it ends together with what it starts
        )
        if self._read() is None:  # it says when it is ready
            self.close()
            raise ChildProcessError(errno.ECHILD, "it ends at its start")

    @property
    def pid(self) -> int:
        """Return the number by which the system knows the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Return whether the process has ended, or was told to."""
        return self._is_killed or self._process.poll() is not None

    def call(self, content: bytes) -> Any:
        """Send a pickled call and return the answer.

        Raises:
            ProcessEnded: It has ended, by itself or by force.
        """
        try:
            if self._process.stdin is not None:
                write_message(self._process.stdin, content)
            answer = self._read()
        except (OSError, ValueError) as error:  # ValueError: closed here
            raise ProcessEnded from error
        if answer is None:
            raise ProcessEnded
        return pickle.loads(answer)  # noqa: S301 - of the process that we started

    def _read(self) -> bytes | None:
        return None if self._process.stdout is None else read_message(self._process.stdout)

    def kill(self) -> None:
        """End the process, and what it started, at once."""
        self._is_killed = True
        if self._process.returncode is None:  # else its number may be another's
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process, wait until it has, and close its pipes."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not sent to it yet
                    stream.close()


class ProcessShelf:
    """Starts calculating processes, and keeps those that are left on it for the next to come.

    Args:
        most: How many it keeps; others are ended.
    """

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._kept: list[tuple[ProcessBounds, CalculatingProcess]] = []

    def take(self, bounds: ProcessBounds) -> CalculatingProcess:
        """Return a process with bounds, one that was kept or a new one; blocks.

        Raises:
            OSError: The system does not start one.
        """
        for place, (of, process) in enumerate(self._kept):
            if of == bounds and not process.has_ended:
                del self._kept[place]
                return process
        return CalculatingProcess(bounds)

    def leave(self, bounds: ProcessBounds, process: CalculatingProcess) -> None:
        """Keep a process that has nothing to do, or end it; blocks."""
        if len(self._kept) < self._most and not process.has_ended:
            self._kept.append((bounds, process))
        else:
            process.close()

    def clear(self) -> None:
        """End all processes that are kept; blocks."""
        while self._kept:
            self._kept.pop()[1].close()
