"""A real node of an Ethereum network for the tests: anvil, a process in a folder of its own."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.component import program_or_skip

from platone.infra.free_port import free_port

CHAIN_ID = 864300
_STARTED_S = 60
"""How long it may take to start, s: on a busy machine."""
_ETHER = 10**18


class Anvil:
    """A node that is alone on its network; it makes a block of each transaction at once.

    Attributes:
        url: Where its JSON-RPC is.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = program_or_skip("anvil")
        self._folder, self._options = folder, options
        folder.mkdir(parents=True, exist_ok=True)
        self._port = free_port("127.0.0.1")
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the component of these tests
                [
                    self._program,
                    *("--port", str(self._port), "--chain-id", str(CHAIN_ID), "--quiet"),
                    *("--state", str(self._folder / "state.json"), "--threads", "1"),
                    *self._options,
                ],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        until_s = time.monotonic() + _STARTED_S
        while time.monotonic() < until_s:
            with contextlib.suppress(httpx.HTTPError):
                self.call("eth_chainId")
                return
            time.sleep(0.05)
        pytest.fail((self._folder / "log").read_text()[-1500:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it; interrupted, it writes its state down, and killed, it does not."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def call(self, method: str, *params: object) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.url, json=request, timeout=20, trust_env=False).json()
        assert "error" not in answer, answer
        return answer["result"]

    def endow(self, address: str) -> None:
        """Give an account ether for fees."""
        self.call("anvil_setBalance", address, hex(100 * _ETHER))


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Anvil]:
    """Start a node, and end it."""
    node = Anvil(folder, *options)
    try:
        yield node
    finally:
        node.stop(signal.SIGKILL)


async def pause_mining(node: Anvil, *, may_go_on: bool = False) -> None:
    """Have no block made of what comes, or have blocks made again; the event loop goes on."""
    await asyncio.to_thread(node.call, "evm_setAutomine", may_go_on)
