"""A calculating process as the server sees it: started, called, and ended by force."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from typing import Any

from platone.infra.calculation.channel import read_message, write_message

_PROGRAM = "from platone.infra.calculation.worker import main; main"
_END_S = 5.0
"""How long a killed process is waited for, s."""
_THREADS = "1"
"""Threads of a process's linear algebra: the processes share the cores among themselves."""
_THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ProcessEnded(Exception):
    """A calculating process has ended before it answered."""


class CalculatingProcess:
    """A process that makes one calculation at a time; all its methods block.

    Args:
        memory_bytes: Memory that it may have.
        result_bytes: Length of the longest file that it may write.

    Raises:
        OSError: The system does not start it.
    """

    def __init__(self, memory_bytes: int, result_bytes: int) -> None:
        self._is_killed = False
        program = f"{_PROGRAM}({memory_bytes}, {result_bytes})"
        settings = dict.fromkeys(_THREAD_SETTINGS, _THREADS)
        path = os.pathsep.join(each for each in sys.path if each)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | settings | {"PYTHONPATH": path},
            process_group=0,  # so that it ends together with what it starts
        )

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
        if self._process.stdin is None or self._process.stdout is None:
            raise ProcessEnded
        try:
            write_message(self._process.stdin, content)
            answer = read_message(self._process.stdout)
        except (OSError, ValueError) as error:  # ValueError: closed here
            raise ProcessEnded from error
        if answer is None:
            raise ProcessEnded
        return pickle.loads(answer)  # noqa: S301 - of the process that we started

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
