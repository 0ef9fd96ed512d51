"""A listening socket that a crowd cannot block: connections are bounded, in all and by address.

Bounds are checked at the accept, before anything is read and before TLS: a connection over a bound
is closed at once and costs no more than that. ::

    accept ──► over the bound in all, or of this address? ──yes──► close, look at the next
                        │ no
                        ▼
               count it ──► TLS, protocol … ──► close: count it no longer
"""

import contextlib
import os
import resource
import socket
from collections import Counter
from typing import Any

from platone.infra.peer import family_of, peer_of
from platone.kernel.errors import Kind, PlatoneError

MOST_CONNECTIONS = 2000
"""Connections of one listener at once: a market of some hundred parties needs a tenth."""
MOST_BY_ADDRESS = 400
"""Connections of one address at once, of IPv6 its /64: a portfolio of devices behind one router."""
HANDSHAKE_S = 10.0
"""Longest TLS handshake of an accepted connection, s: a slow mobile line takes some seconds."""
_REFUSED_A_TURN = 64
"""Connections refused in one turn of the event loop, so that a flood does not hold it up."""
_RESERVED = 256
"""Descriptors kept for databases, logs, worker processes and outgoing connections."""


class TooFewDescriptors(PlatoneError):
    """The system lets this process open too few files for the connections it must bear.

    Raise the limit of open files (`ulimit -n`, or `LimitNOFILE=` of the service) to the number
    that `detail` names, or lower the setting `connections`.
    """

    slug = "too-few-descriptors"
    title = "The limit of open files is too low"
    kind = Kind.UNAVAILABLE


class _Counted(socket.socket):
    """An accepted connection, which is no longer counted once it is closed."""

    listener: "BoundedListener | None" = None
    address = ""

    def close(self) -> None:
        """Close the connection."""
        super().close()
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.forget(self.address)


class BoundedListener(socket.socket):
    """A listening TCP socket with bounds on its connections; asyncio takes it as any other.

    Args:
        family: ``AF_INET`` or ``AF_INET6``.
        most: Connections at once.
        most_by_address: Connections of one address at once; of IPv6 of one subnet.

    Attributes:
        refused: Number of connections that were refused so far.
    """

    def __init__(
        self,
        family: int = socket.AF_INET,
        most: int = MOST_CONNECTIONS,
        most_by_address: int = MOST_BY_ADDRESS,
    ) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._most, self._most_by_address = most, most_by_address
        self._by_address: Counter[str] = Counter()
        self.refused = 0

    @property
    def connections(self) -> int:
        """Return the number of connections that are open now."""
        return self._by_address.total()

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection within the bounds; close those before it that are not.

        Raises:
            BlockingIOError: None waits, or so many were refused that others shall have a turn.
        """
        for _ in range(_REFUSED_A_TURN):
            descriptor, address = self._accept()  # type: ignore[attr-defined]  # as socket.accept does
            host = peer_of(str(address[0]))
            is_full = self._by_address.total() >= self._most
            if is_full or self._by_address[host] >= self._most_by_address:
                os.close(descriptor)
                self.refused += 1
                continue
            self._by_address[host] += 1
            connection = _Counted(self.family, self.type, self.proto, fileno=descriptor)
            connection.listener, connection.address = self, host
            return connection, address
        raise BlockingIOError

    def forget(self, address: str) -> None:
        """Count a connection of an address no longer."""
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]


def listen(
    host: str,
    port: int,
    *,
    most: int = MOST_CONNECTIONS,
    most_by_address: int = MOST_BY_ADDRESS,
    backlog: int = 128,
) -> BoundedListener:
    """Return a listening socket, so that a free port is known before anything names it.

    Raises:
        OSError: The address is taken or not ours.
    """
    listener = BoundedListener(family_of(host), most, most_by_address)
    with contextlib.ExitStack() as failing:
        failing.callback(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # accepted connections inherit it: answers do not wait for the other side's acknowledgement
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(backlog)  # whoever is early waits
        failing.pop_all()
    return listener


def reserve_descriptors(connections: int) -> None:
    """Raise the limit of open files as far as some connections and all else need it.

    Raises:
        TooFewDescriptors: The system does not allow as many.
    """
    wanted = connections + _RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise TooFewDescriptors(
            f"{connections} connections need {wanted} open files, and the system allows {hard}.",
            wanted=wanted,
            allowed=hard,
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
