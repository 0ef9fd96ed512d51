"""Arrival of connections: each address's (of IPv6 each subnet's) new ones wait for their turn.

::

    accept ──► of this address more than its rate? ──wait──► TLS handshake ──► the broker
                          └── longer than a client waits ──► close
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from platone.infra.bounded_listener import BoundedListener
from platone.infra.budget import Budget
from platone.infra.ending import end_tasks
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.peer import peer_of

_SHUTDOWN_S = 1.0
"""Longest time of a TLS farewell, s."""
_LONGEST_WAIT_S = 8.0
"""Longest wait for a turn, s: clients give up after ten seconds or more."""
_REMEMBERED = 10_000
"""Addresses of which new connections are counted, before all of them are forgotten."""

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Arrivals:
    """The connections that arrive at a listener, each served when its address has a turn.

    Args:
        listener: Where they arrive; it bounds how many there are.
        context: How TLS is spoken with them.
        bounds: How many of one address come to their handshake in a second, and how long it is.
        serve: Serves a connection.
    """

    def __init__(
        self, listener: BoundedListener, context: ssl.SSLContext, bounds: BrokerBounds, serve: Serve
    ) -> None:
        listener.setblocking(False)  # noqa: FBT003 - as the library has it
        self._listener, self._context, self._bounds = listener, context, bounds
        self._serve = serve
        self._budgets: dict[str, Budget] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def refused(self) -> int:
        """Return the number of connections that were over the listener's bounds."""
        return self._listener.refused

    async def take_one(self) -> None:
        """Wait for a connection, and let it go its way.

        Raises:
            OSError: None can be accepted now.
        """
        loop = asyncio.get_running_loop()
        connection, address = await loop.sock_accept(self._listener)
        budget = self._budget(peer_of(str(address[0])))
        if budget.wait_s() > _LONGEST_WAIT_S:
            connection.close()
            return
        task = asyncio.create_task(self._welcome(connection, budget.take(1)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Take no more connections, and end those that are here."""
        self._listener.close()
        await end_tasks(self._tasks)

    def _budget(self, address: str) -> Budget:
        if len(self._budgets) >= _REMEMBERED:
            self._budgets.clear()
        found = self._budgets.get(address)
        if found is None:
            found = Budget(self._bounds.new_by_address, self._bounds.new_at_once)
            self._budgets[address] = found
        return found

    async def _welcome(self, connection: socket.socket, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            connection.close()
            raise
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._bounds.handshake_s,
                ssl_shutdown_timeout=_SHUTDOWN_S,
            )
        except OSError:  # it went away, is silent, or has no certificate of ours
            return
        await self._serve(reader, asyncio.StreamWriter(transport, protocol, reader, loop))
