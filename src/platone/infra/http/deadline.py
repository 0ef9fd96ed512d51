"""HTTP connections with deadlines: whoever is slow to ask loses the connection, not the others.

uvicorn ends connections that are idle between requests, but waits for ever for a first request, for
the rest of a header, and for the rest of a body. Here each of these phases has a deadline that
bytes in dribs and drabs do not put off. ::

    connected ─► head (10 s) ─► body (60 s) ─► answer (as long as the application takes) ─► idle
                  ▲                                                                          │
                  └────────────────────── first byte of the next request ◄───────────────────┘
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Longest time from a connection, or a request's first byte, to the end of its header, s."""
BODY_S = 60.0
"""Longest time for a body, s: 32 MiB, the largest, at 4.5 Mbit/s."""


class DeadlineProtocol(H11Protocol):
    """uvicorn's protocol, which hangs up on a request that does not come in time."""

    head_s = HEAD_S
    body_s = BODY_S
    _phase = ""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, for a bounded time."""
        super().connection_made(transport)
        self._enter("head")

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request; a deadline is set anew only where they begin another phase."""
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self._enter("head")
        else:
            self._enter("body" if cycle.more_body else "")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline of a connection that has ended."""
        self._enter("")
        super().connection_lost(exc)

    def _enter(self, phase: str) -> None:
        if phase == self._phase:
            return
        self._phase = phase
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if phase:
            after_s = self.head_s if phase == "head" else self.body_s
            self._deadline = self.loop.call_later(after_s, self._hang_up)

    def _hang_up(self) -> None:
        self._deadline = None
        self.transport.abort()
