"""The HTTP server: uvicorn's, whose TLS handshakes have a deadline, too."""

import asyncio
import socket
from functools import partial
from typing import Any

import uvicorn

from platone.infra.bounded_listener import HANDSHAKE_S


class DeadlineServer(uvicorn.Server):
    """uvicorn's server, which hangs up on a TLS handshake that is not done in time."""

    handshake_s = HANDSHAKE_S

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve on sockets that listen already."""
        await self.lifespan.startup()
        config, loop = self.config, asyncio.get_running_loop()
        made: Any = config.http_protocol_class
        protocol = partial(
            made, config=config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self.servers = [
            await loop.create_server(
                protocol,
                sock=each,
                ssl=config.ssl,
                backlog=config.backlog,
                ssl_handshake_timeout=self.handshake_s if config.ssl else None,
            )
            for each in sockets or ()
        ]
        self.started = True
