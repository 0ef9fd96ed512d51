"""The whole platform behind one TLS address: `platone serve`."""

import asyncio
import contextlib
import logging
import socket
import sys

import uvicorn

from platone.bootstrap.platform import Platform
from platone.bootstrap.problem import ServerFailed
from platone.settings import Settings

_BACKLOG = 128


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a free port is known before anything names it.

    Raises:
        ServerFailed: The address is taken or not ours.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # accepted connections inherit it: answers do not wait for the other side's acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ServerFailed(f"{host}:{port} cannot be listened on: {error.strerror}.") from error
    listener.listen(_BACKLOG)  # whoever is early waits
    return listener


def run_server(settings: Settings) -> None:
    """Serve until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.closing(_listen(settings.host, settings.port)) as listener:
        asyncio.run(_serve(settings, listener))


async def _serve(settings: Settings, listener: socket.socket) -> None:
    host, port = settings.host, listener.getsockname()[1]
    base_url = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    platform = await Platform.open(settings, base_url)
    try:
        tls = await platform.server_certificate([host, "localhost", "127.0.0.1"])
        config = uvicorn.Config(
            platform.app,
            ssl_certfile=tls.certificate,
            ssl_keyfile=tls.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            limit_concurrency=1000,
        )
        server = uvicorn.Server(config)
        _announce(platform, base_url)
        await server.serve(sockets=[listener])
    finally:
        await platform.close()


def _announce(platform: Platform, base_url: str) -> None:
    """Say where it listens, and on a first start what was made."""
    lines = [f"Platone listens on {base_url} (documentation: {base_url}/docs)"]
    if platform.has_founded:
        lines += [
            f"  First start: made a development authority ({platform.ca_file}) and development",
            f"  parties with their secrets ({platform.credentials_file}).",
            "  They are for trying things out on this machine; give a pilot its own.",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
