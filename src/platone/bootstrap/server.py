"""The whole platform behind one TLS address: `platone serve`."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from platone.bootstrap.certificate_keeper import CertificateKeeper
from platone.bootstrap.platform import Platform, server_hosts
from platone.bootstrap.problem import ServerFailed
from platone.infra.bounded_listener import listen, reserve_descriptors
from platone.infra.collector import spare_long_looks
from platone.infra.ending import end_undisturbed, exit_within
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.http.server import DeadlineServer
from platone.infra.log import write_log
from platone.infra.mqtt.tls import TlsFiles, reload_context
from platone.infra.peer import written_both_ways
from platone.settings import Settings

_LISTENERS = 2
"""Listeners of a server that bear as many connections each: HTTPS and MQTT."""
_STOP_S = 60.0
"""Longest time of a stop, s: less than the 90 s after which systemd kills a service."""


def _listen(settings: Settings) -> socket.socket:
    """Return the listening socket of HTTPS.

    Raises:
        ServerFailed: The address is taken or not ours.
    """
    host, port = settings.host, settings.port
    try:
        return listen(
            host,
            port,
            most=settings.connections,
            most_by_address=settings.connections_by_address,
        )
    except OSError as error:
        raise ServerFailed(f"{host}:{port} cannot be listened on: {error.strerror}.") from error


class Served(Protocol):
    """A platform as a server serves it.

    Attributes:
        app: The ASGI application.
        certificates: Renews its certificate.
    """

    app: FastAPI
    certificates: CertificateKeeper

    async def server_certificate(self, hosts: list[str]) -> TlsFiles:
        """Return key and certificate of the server, for these names."""
        ...

    async def close(self) -> None:
        """Stop all that it started, the last first."""
        ...


Platform_ = TypeVar("Platform_", bound=Served)


def run_server(settings: Settings) -> None:
    """Serve all contexts until interrupted; raises as :func:`run_platform`."""
    run_platform(settings, partial(Platform.open, settings), _greeting)


def run_platform(
    settings: Settings,
    opened: Callable[[str], Awaitable[Platform_]],
    greeting: Callable[[Platform_, str], list[str]],
) -> None:
    """Serve a platform until interrupted.

    Args:
        settings: Where it listens, and its bounds.
        opened: Opens the platform, which will be reached at an address.
        greeting: Tells the lines that say where it listens.

    Raises:
        ServerFailed: The address cannot be listened on.
        TooFewDescriptors: The system does not allow as many connections.
    """
    write_log(settings.log_format, settings.log_level)
    reserve_descriptors(_LISTENERS * settings.connections)
    with contextlib.closing(_listen(settings)) as listener:
        asyncio.run(_serve(settings, listener, opened, greeting))


async def _serve(
    settings: Settings,
    listener: socket.socket,
    opened: Callable[[str], Awaitable[Platform_]],
    greeting: Callable[[Platform_, str], list[str]],
) -> None:
    host, port = settings.host, listener.getsockname()[1]
    own_url = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    base_url = settings.public_url or own_url
    platform = await opened(base_url)
    try:
        named = urlsplit(base_url).hostname or host
        tls = await platform.server_certificate(server_hosts(host, named))
        config = uvicorn.Config(
            platform.app,
            ssl_certfile=tls.certificate,
            ssl_keyfile=tls.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            http=DeadlineProtocol,
            ws="none",
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=written_both_ways(settings.trusted_proxies),
        )
        config.load()
        if config.ssl is not None:
            platform.certificates.follow(tls, partial(reload_context, config.ssl, tls))
        server = DeadlineServer(config)
        spare_long_looks()
        sys.stdout.write("\n".join(greeting(platform, base_url)) + "\n")
        sys.stdout.flush()
        await server.serve(sockets=[listener])
    finally:
        exit_within(_STOP_S)
        await end_undisturbed(platform.close())


def _greeting(platform: Platform, base_url: str) -> list[str]:
    """Return lines that say where it listens, and on a first start what was made."""
    lines = [f"Platone listens on {base_url}: open it in a browser (REST: {base_url}/docs)"]
    if platform.has_founded:
        lines += [
            f"  First start: made a development authority ({platform.ca_file}) and development",
            f"  parties with their secrets ({platform.credentials_file}).",
            "  They are for trying things out on this machine; give a pilot its own.",
        ]
    return lines
