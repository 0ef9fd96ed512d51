"""All contexts of the framework, put together in one process."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import httpx
from fastapi import APIRouter, Response
from fastapi_offline import FastAPIOffline

from platone import __doc__ as about
from platone.access.context import Access
from platone.aggregator.context import Aggregator
from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.market_clock import MarketClock
from platone.customers.context import Customers
from platone.dso.context import Dso
from platone.identity.context import Identity
from platone.infra.db import sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.clock import clock_router
from platone.infra.http.problem import install_problems
from platone.infra.http.wire import install_openapi
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.tls import TlsFiles
from platone.ledger.context import Ledger
from platone.market.context import Market
from platone.market.domain.rules import MarketRules
from platone.settings import Settings

_log = logging.getLogger(__name__)
_TICK_S = 0.2
_PRIVATE = 0o700
_AGGREGATORS = ("ACEAE", "ACEAE_2")


class Context(Protocol):
    """What the platform needs of a context."""

    router: APIRouter

    async def start(self) -> None:
        """Open its records, and begin to work."""
        ...

    async def stop(self) -> None:
        """Finish what is under way, and close."""
        ...


@runtime_checkable
class Ticking(Protocol):
    """A context in which things happen on their own as time goes by."""

    async def tick(self, now: datetime) -> None:
        """Do what is due."""
        ...


def _kept_port(file: Path, wanted: int, host: str) -> int:
    """The broker's port: devices have it in their credentials, so it stays what it was."""
    if wanted:
        return wanted
    if not file.exists():
        with socket.socket() as probe:
            probe.bind((host, 0))
            file.write_text(str(probe.getsockname()[1]))
    return int(file.read_text())


class Platform:
    """The running framework; made by :meth:`open`, ended by :meth:`close`.

    Attributes:
        app: The ASGI application.
        ca_file: The development authority's certificate.
        credentials_file: The development parties' secrets.
    """

    def __init__(self, settings: Settings, base_url: str) -> None:
        settings.data.mkdir(parents=True, exist_ok=True)
        settings.data.chmod(_PRIVATE)
        self._lock = FolderLock(settings.data)  # before anything in it is touched
        self._settings = settings
        self._market_clock = MarketClock(settings)
        self._clock = self._market_clock.clock
        self._identity = Identity(settings.data, base_url, token_s=60 * settings.token_minutes)
        self.ca_file = self._identity.ca_file
        self.credentials_file = self._identity.credentials_file
        self.app = FastAPIOffline(  # /docs without scripts from elsewhere
            title="Platone Open Framework", description=about or "", version="1", redoc_url=None
        )
        self.app.state.token_verifier = self._identity.verifier
        install_problems(self.app)
        install_openapi(self.app)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=base_url, timeout=120
        )
        self._contexts: list[Context] = []
        self._broker: MqttBroker | None = None
        self._ticker: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: Settings, base_url: str) -> Self:
        """Put all contexts together, and start them.

        Args:
            settings: What was chosen.
            base_url: Where the server will be reached.
        """
        platform = cls(settings, base_url)
        try:
            await platform._start()  # its own class
        except BaseException:
            await platform.close()
            raise
        return platform

    @property
    def has_founded(self) -> bool:
        """Whether this start made development parties."""
        return self._identity.has_founded

    async def server_certificate(self, hosts: list[str]) -> TlsFiles:
        """Key and certificate of the server, for these names."""
        return await self._identity.server_certificate(list(dict.fromkeys(hosts)))

    async def close(self) -> None:
        """Stop everything, the last started first."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        while self._contexts:
            with contextlib.suppress(Exception):
                await self._contexts.pop().stop()
        if self._broker is not None:
            await self._broker.stop()
        await self._http.aclose()
        self._lock.release()

    async def _start(self) -> None:
        await self._begin(self._identity)
        clients = {
            party: PartyClient(self._http, service.client_id, service.client_secret)
            for party, service in self._identity.service_credentials().items()
        }
        self._broker = await self._started_broker()
        self.app.include_router(clock_router(self._clock, self._market_clock.move_to))
        self.app.add_api_route("/health", _healthy, tags=["documentation"])
        for context in await self._parties(clients, self._broker):
            await self._begin(context)
        self._ticker = asyncio.create_task(self._tick())

    async def _begin(self, context: Context) -> None:
        self.app.include_router(context.router)
        self._contexts.append(context)
        await context.start()

    async def _started_broker(self) -> MqttBroker:
        settings = self._settings
        tls = await self._identity.server_certificate([settings.host, "localhost"])
        port = _kept_port(settings.data / "mqtt-port", settings.mqtt_port, settings.host)
        broker = MqttBroker(
            tls,
            settings.host,
            port,
            max_connections=settings.connections,
            max_connections_by_address=settings.connections_by_address,
        )
        await broker.start()
        return broker

    async def _parties(
        self, clients: Mapping[str, PartyClient], broker: MqttBroker
    ) -> list[Context]:
        data, clock, zone = self._settings.data, self._clock, self._settings.zone

        def records(name: str) -> str:
            return sqlite_url(data / f"{name}.db")

        aggregators = {party: clients[party] for party in _AGGREGATORS}
        return [
            Ledger(records("ledger"), data / "ledger", clock, chain_id=self._settings.chain_id),
            Customers(records("customers"), clients["MDA"], clock, zone=zone),
            Market(records("market"), clients["MO"], clock, MarketRules(zone)),
            Dso(
                records("dso"),
                clients["DSO"],
                broker,
                await self._identity.transport_credentials("dso"),
                clock,
                zone=zone,
                phasor_angle_unit=self._settings.phasor_angle_unit,
                workers=self._settings.workers,
            ),
            Aggregator(records("aggregator"), aggregators, zone),
            Access(
                records("access"),
                data / "access" / "receipt-key",
                broker,
                await self._identity.transport_credentials("access"),
                clients["MDA"],
                clock,
            ),
        ]

    async def _tick(self) -> None:
        """Let everything that is due happen, some times a second."""
        while True:
            now = self._clock.now()
            self._market_clock.keep(now)
            for context in self._contexts:
                if isinstance(context, Ticking):
                    try:
                        await context.tick(now)
                    except Exception:  # noqa: BLE001 - the next tick tries again
                        _log.exception("%s could not do what was due", type(context).__name__)
            await asyncio.sleep(_TICK_S)


async def _healthy() -> Response:
    """Whether the server answers."""
    return Response("ready\n", media_type="text/plain")
