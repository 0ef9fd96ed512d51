"""A network between validators that can be cut in two: each is reached through a relay of its own.

A relay knows who calls by the caller's socket, which the kernel names in /proc, so that it lets
calls of one side through and drops those of the other.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Collection
from pathlib import Path

_LOCAL = "127.0.0.1"
_PART_BYTES = 65_536
"""Bytes that are passed on at once."""


class Relay:
    """Passes what callers send on to one validator, for those that may reach it.

    Args:
        target: The validator's own port.
        may_pass: Tells of a caller's process whether it reaches the validator now.

    Attributes:
        port: Where the relay listens.
    """

    def __init__(self, target: int, may_pass: Callable[[int], bool]) -> None:
        self._target, self._may_pass = target, may_pass
        self._server = socket.create_server((_LOCAL, 0))
        self.port: int = self._server.getsockname()[1]
        self._open: dict[socket.socket, tuple[socket.socket, int]] = {}
        self._changing = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self) -> None:
        """End the calls of those that do not reach the validator any more."""
        with self._changing:
            calls = list(self._open.items())
        for caller, (called, process) in calls:
            if not self._may_pass(process):
                _end(caller, called)

    def close(self) -> None:
        """End all calls, and take no more."""
        _end(self._server)
        with self._changing:
            calls = list(self._open.items())
        for caller, (called, _) in calls:
            _end(caller, called)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, (_, port) = self._server.accept()
                self._begin(caller, port)

    def _begin(self, caller: socket.socket, port: int) -> None:
        process = process_of(port)
        try:
            if process is None or not self._may_pass(process):
                raise ConnectionRefusedError
            called = socket.create_connection((_LOCAL, self._target), timeout=5)
            called.settimeout(None)
        except OSError:
            caller.close()
            return
        with self._changing:
            self._open[caller] = called, process
        for one, other in ((caller, called), (called, caller)):
            threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := one.recv(_PART_BYTES):
                other.sendall(part)
        _end(one, other)
        with self._changing:
            self._open.pop(one, None)


def process_of(port: int) -> int | None:
    """Return the process whose connection begins at a port of this machine, if there is one."""
    wanted = f"{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    inodes = {row[9] for row in rows if row[1].endswith(f":{wanted}") and row[3] == "01"}
    links = {f"socket:[{inode}]" for inode in inodes}
    for each in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(each.readlink()) in links:
                return int(each.parts[2])
    return None


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


class Cable:
    """All relays between validators: whole, or cut between sides.

    Args:
        processes: Returns the processes of each validator, in their order.
    """

    def __init__(self, processes: Callable[[], list[Collection[int]]]) -> None:
        self._processes = processes
        self._side: dict[int, int] = {}
        self.relays: list[Relay] = []

    def join(self, target: int) -> int:
        """Make a relay for the next validator, and return its port."""
        place = len(self.relays)
        self.relays.append(Relay(target, lambda process: self._reaches(process, place)))
        return self.relays[-1].port

    def cut(self, *sides: Collection[int]) -> None:
        """Let only validators of one side reach each other; without sides, all of them."""
        self._side = {place: number for number, side in enumerate(sides) for place in side}
        for relay in self.relays:
            relay.drop()

    def close(self) -> None:
        """Close all relays."""
        for relay in self.relays:
            relay.close()

    def _reaches(self, process: int, place: int) -> bool:
        if not self._side:
            return True
        for other, known in enumerate(self._processes()):
            if process in known:
                return self._side[other] == self._side[place]
        return False
