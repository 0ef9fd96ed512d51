"""An aggregator's platform as a server of its own, at a market elsewhere."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Self

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from platone import __version__
from platone.aggregator.context import Aggregator
from platone.bootstrap.certificate_keeper import CertificateKeeper
from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.founded import check_founded, remember_founded
from platone.bootstrap.interface import TAGS, route_problems
from platone.bootstrap.machine_clock import WatchClock
from platone.bootstrap.market_clock import MarketClock
from platone.bootstrap.own_certificate import own_certificate
from platone.bootstrap.platform import calculation_bounds
from platone.bootstrap.records_place import (
    check_records,
    choose_records,
    records_url,
    remember_records,
    schema_hold,
)
from platone.bootstrap.remote_market import RemoteMarket
from platone.bootstrap.retention import Keeping, RetentionKeeper
from platone.bootstrap.server import run_platform
from platone.bootstrap.server_figure import server_parts
from platone.bootstrap.tracing import ServerTracing
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.ending import end_part
from platone.infra.http.clock import clock_router
from platone.infra.http.direct import install_direct
from platone.infra.http.header import SecurityHeaders
from platone.infra.http.health import health_router
from platone.infra.http.openapi import Interface, install_openapi
from platone.infra.http.problem import install_problems
from platone.infra.http.remote_issuer import RemoteIssuer
from platone.infra.http.request_number import RequestNumbers
from platone.infra.http.trace_parent import TraceParents
from platone.infra.metric.figure import Measured
from platone.infra.metric.page import MetricAccess, MetricGate, metric_router
from platone.infra.metric.request import CountRequests, RequestFigures
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.retention import KeptDays
from platone.infra.supervision import LoopHealth, Supervisor
from platone.kernel.errors import PlatoneError
from platone.settings import Settings

_PRIVATE = 0o700
"""Mode of the data folder: the server's user alone, since keys lie within."""
_TICK_S = 1.0
"""Pause between two notes of a simulated clock, s."""


class AggregatorServer:
    """A running platform of one aggregator; made by :meth:`open`, ended by :meth:`close`.

    Attributes:
        app: The ASGI application.
        party: The aggregator.
        certificates: Renews the server's certificate.
    """

    def __init__(self, settings: Settings, market: RemoteMarket, base_url: str) -> None:
        data = settings.data
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(_PRIVATE)
        self._http = market.http()
        self._lock = FolderLock(data)
        try:
            choose_records(settings)
        except PlatoneError:
            self._lock.release()
            raise
        self._hold = schema_hold(data, ("aggregator",))
        self._settings = settings
        self._clock = MarketClock(settings)
        self._issuer = RemoteIssuer(self._http)
        self._supervisor = Supervisor("server")
        self._desk = CalculationDesk(data / "calculation", calculation_bounds(settings))
        self.party = market.credentials.party_id
        self._aggregator = Aggregator(
            records_url(data, "aggregator"),
            {self.party: market.client(self._http)},
            self._clock.clock,
            self._desk,
            settings.zone,
            follows=True,
        )
        kept = settings.retention or KeptDays()
        self._limits = Keeping(data, ("aggregator",), kept, self._clock.clock)
        self._retention = RetentionKeeper(self._limits)
        self._requests = RequestFigures()
        self._tracing = ServerTracing(settings)
        self._hosts: list[str] = []
        self._keeping = asyncio.Lock()
        self.certificates = CertificateKeeper(self._renew)
        self.app = self._application(base_url)

    def _application(self, base_url: str) -> FastAPI:
        app: FastAPI = FastAPIOffline(
            title=f"Platone: aggregator {self.party}",
            version=__version__,
            openapi_tags=TAGS,
            redoc_url=None,
        )
        app.state.token_verifier = self._issuer
        app.add_middleware(SecurityHeaders)
        app.add_middleware(CountRequests, figures=self._requests)
        app.add_middleware(RequestNumbers)
        if self._settings.trace_endpoint:
            app.add_middleware(TraceParents)
        install_problems(app)
        install_direct(app)
        install_openapi(app, Interface(base_url, route_problems()))
        app.include_router(clock_router(self._clock.clock, self._clock.move_to))
        app.include_router(health_router(self._loops))
        app.include_router(self._metrics())
        app.include_router(self._aggregator.router)
        return app

    def _metrics(self) -> APIRouter:
        data = self._settings.data
        gate = MetricGate(MetricAccess(self._settings.metrics), data / "metrics-token")
        parts = server_parts(data, self._loops, self._desk, self._requests)
        own: dict[str, Measured] = {
            "aggregator": self._aggregator.figures,
            "retention": self._retention,
        }
        return metric_router(gate, (parts | own).items)

    @classmethod
    async def open(cls, settings: Settings, market: RemoteMarket, base_url: str) -> Self:
        """Open the records, and begin to follow the market; it need not answer yet.

        Raises:
            CredentialsUnusable: The market cannot be reached with these credentials.
            ServerFailed: Another server holds the data folder.
            RecordsMissing: The data folder has lost its records.
        """
        server = cls(settings, market, base_url)
        try:
            server._tracing.start()
            check_founded(settings.data)
            await server._hold.take()
            await check_records(settings.data)
            await server._desk.start()  # its own class
            await server._aggregator.start()
        except BaseException:
            await server.close()
            raise
        remember_founded(settings.data, settings.data.glob("aggregator.db"))
        remember_records(settings.data, ("aggregator",))
        if server._hold.is_needed:
            server._supervisor.start("database", server._hold.turn, longest_pause_s=5.0)
        server._supervisor.start("issuer", server._issuer.turn, longest_pause_s=5.0)
        server._supervisor.start("clock", server._keep_clock)
        server._supervisor.start("machineClock", WatchClock(settings.data).turn)
        server._supervisor.start("certificates", server.certificates.turn)
        if server._limits.has_limits:
            server._supervisor.start("retention", server._retention.turn)
        return server

    async def server_certificate(self, hosts: list[str]) -> TlsFiles:
        """Return key and certificate of the server, for these names."""
        async with self._keeping:  # the loop that renews makes none beside it
            self._hosts = hosts
            return await own_certificate(self._settings.data, hosts)

    async def _renew(self) -> None:
        async with self._keeping:
            if self._hosts:
                await own_certificate(self._settings.data, self._hosts)

    async def close(self) -> None:
        """Stop everything; what is not delivered waits for the next start."""
        await self._supervisor.stop()
        await end_part("the aggregator", self._aggregator.stop())
        await end_part("the hold of the database", self._hold.close())
        await end_part("calculations", self._desk.stop())
        await end_part("calls to the market", self._http.aclose())
        await end_part("traces", self._tracing.stop())
        self._lock.release()

    def _loops(self) -> Iterator[LoopHealth]:
        yield from self._supervisor.health()
        yield from self._desk.supervisor.health()
        yield from self._aggregator.supervisor.health()

    async def _keep_clock(self) -> None:
        self._clock.keep(self._clock.clock.now())
        await asyncio.sleep(_TICK_S)


def run_aggregator(settings: Settings, market: RemoteMarket) -> None:
    """Serve an aggregator's platform until interrupted; raises as :func:`run_platform`."""
    run_platform(settings, partial(AggregatorServer.open, settings, market), _greeting)


def _greeting(server: AggregatorServer, base_url: str) -> list[str]:
    return [f"Platone's aggregator {server.party} listens on {base_url}"]
