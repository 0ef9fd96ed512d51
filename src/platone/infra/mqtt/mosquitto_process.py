"""Mosquitto's process: started, listened to, and ended with this one."""

import asyncio
import contextlib
import shutil
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

from platone.infra.mqtt.device_broker import BrokerFailed

_PLACES = ("/usr/sbin", "/usr/local/sbin")
"""Folders of system programs, which a user's PATH may lack."""
_START_S = 30.0
"""How long it may take until it listens, s: it takes some tens of milliseconds."""
_LAST_WORDS = 5
"""Lines of its log that are told where it fails: the cause is in the last ones."""
_LAUNCH = """\
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: it shall not outlive the server
os.execv(sys.argv[1], sys.argv[1:])
"""


def found_program(name: str) -> str:
    """Return the path of Mosquitto's program.

    Raises:
        BrokerFailed: There is none.
    """
    found = next(filter(None, (shutil.which(name, path=each) for each in (None, *_PLACES))), None)
    if found is None:
        raise BrokerFailed(
            f"There is no program {name}: install Mosquitto 2.0 (apt-get install mosquitto), or "
            "name the program by the setting mosquitto."
        )
    return found


class MosquittoProcess:
    """A running Mosquitto; made by :meth:`launch`.

    Args:
        process: The process.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._words: deque[str] = deque(maxlen=_LAST_WORDS)

    @classmethod
    async def launch(cls, program: str, configuration: Path) -> "MosquittoProcess":
        """Start Mosquitto, and wait until it listens.

        Raises:
            BrokerFailed: It does not; the detail has its last words.
        """
        command = [sys.executable, "-I", "-S", "-c", _LAUNCH]
        process = await asyncio.create_subprocess_exec(
            *command,
            found_program(program),
            "-c",
            str(configuration),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        started = cls(process)
        try:
            async with asyncio.timeout(_START_S):
                async for line in started.lines():
                    if line.startswith("mosquitto version") and line.endswith("running"):
                        return started
        except BaseException:
            await started.end()
            raise
        raise started.failure()

    @property
    def pid(self) -> int:
        """Return the number by which the system knows the process."""
        return self._process.pid

    def failure(self) -> BrokerFailed:
        """Return the problem of a process that has ended, with its last words."""
        return BrokerFailed(f"Mosquitto has ended: {' / '.join(self._words) or 'without a word'}.")

    async def lines(self) -> AsyncIterator[str]:
        """Yield what it says, line by line, until it ends."""
        stream = self._process.stderr
        while stream is not None and (line := await stream.readline()):
            said = line.decode(errors="replace").strip()
            self._words.append(said)
            yield said
        await self._process.wait()

    def read_rules_again(self) -> None:
        """Tell the process to read its lists and certificates again."""
        self._signal(signal.SIGHUP)

    async def end(self) -> None:
        """End the process by force: it keeps nothing, and misses a wish to end at its start."""
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
