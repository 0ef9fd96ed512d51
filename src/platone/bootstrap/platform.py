"""All contexts of the framework, put together in one process."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import httpx
from fastapi import APIRouter
from fastapi_offline import FastAPIOffline

from platone import __doc__ as about
from platone import __version__
from platone.access.context import Access
from platone.aggregator.context import Aggregator
from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.founded import check_founded, remember_founded
from platone.bootstrap.interface import TAGS, route_problems
from platone.bootstrap.market_clock import MarketClock
from platone.bootstrap.pages import made_dashboard
from platone.bootstrap.tenant import tenants
from platone.customers.context import Customers
from platone.dso.context import Dso
from platone.identity.context import Identity
from platone.identity.service.sign_in import is_loopback
from platone.infra.calculation.desk import CalculationBounds, CalculationDesk, default_processes
from platone.infra.calculation.process import ProcessBounds
from platone.infra.db import sqlite_url
from platone.infra.ending import ENDED_WITHIN_S, end_part
from platone.infra.free_port import free_port
from platone.infra.http.client import PartyClient
from platone.infra.http.clock import clock_router
from platone.infra.http.header import SecurityHeaders
from platone.infra.http.health import health_router
from platone.infra.http.openapi import Interface, install_openapi
from platone.infra.http.problem import install_problems
from platone.infra.key_file import write_private
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import LoopHealth, Supervisor
from platone.kernel.errors import PlatoneError
from platone.ledger.context import Ledger
from platone.market.adapters.webhook import CallEndpoints
from platone.market.context import Market
from platone.market.domain.deadline import Deadlines
from platone.market.domain.rules import MarketRules
from platone.messages.clearing import DEFAULT_RULES
from platone.settings import Settings

_TICK_S = 0.2
"""Pause between two looks at what is due, s."""
_LONGEST_TICK_PAUSE_S = 5.0
"""Longest pause after failed looks, s: a market's times go on."""
_STALLED_S = 300.0
"""How long a look at what is due may take before it counts as stalled, s."""
_DISK_S = 5.0
"""Pause between two probes of the disk, s."""
_PROBE = bytes(4096)
"""Bytes that a probe of the disk writes: one block."""
_PRIVATE = 0o700
"""Mode of the data folder: the server's user alone, since keys lie within."""


class Context(Protocol):
    """A context as the platform starts and stops it."""

    router: APIRouter

    async def start(self) -> None:
        """Open its records, and begin to work."""
        ...

    async def stop(self) -> None:
        """Finish what is under way, and close."""
        ...


@runtime_checkable
class Supervised(Protocol):
    """A context with background loops."""

    supervisor: Supervisor


@runtime_checkable
class Ticking(Supervised, Protocol):
    """A context in which things happen on their own as time goes by."""

    async def tick(self, now: datetime) -> None:
        """Do what is due."""
        ...


def _kept_port(file: Path, wanted: int, host: str) -> int:
    """Return the broker's port, which stays as it was: devices have it in their credentials."""
    if wanted:
        return wanted
    if not file.exists():
        file.write_text(str(free_port(host)))
    return int(file.read_text())


def _caller(settings: Settings) -> CallEndpoints:
    ca_file = Path(settings.webhook_ca) if settings.webhook_ca else None
    return CallEndpoints(allow_private=settings.webhook_hosts == "any", ca_file=ca_file)


def calculation_bounds(settings: Settings) -> CalculationBounds:
    """Return the bounds of calculations that a server's settings name."""
    return CalculationBounds(
        processes=settings.calculation_processes or default_processes(),
        queue=settings.calculation_queue,
        by_party=max(settings.calculation_queue // 2, 1),
        longest_s=float(settings.calculation_seconds),
        process=ProcessBounds(memory_mib=settings.calculation_memory_mib),
    )


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
        try:
            check_founded(settings.data)
        except PlatoneError:
            self._lock.release()
            raise
        self._settings = settings
        self._market_clock = MarketClock(settings)
        self._clock = self._market_clock.clock
        self._identity = Identity(
            settings.data,
            base_url,
            token_s=60 * settings.token_minutes,
            zone=settings.zone,
            by_press=is_loopback(settings.host),
        )
        self.ca_file = self._identity.ca_file
        self.credentials_file = self._identity.credentials_file
        self.app = FastAPIOffline(  # /docs without scripts from elsewhere
            title="Platone Open Framework",
            description=about or "",
            version=__version__,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            openapi_tags=TAGS,
            redoc_url=None,
        )
        self.app.state.token_verifier = self._identity.verifier
        self.app.state.access_log = self._identity.access_log
        self.app.state.change_log = self._identity.change_log
        self.app.add_middleware(SecurityHeaders)
        install_problems(self.app)
        install_openapi(self.app, Interface(base_url, route_problems()))
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=base_url, timeout=120
        )
        self._contexts: list[Context] = []
        self._broker: MqttBroker | None = None
        self._supervisor = Supervisor("server")
        self._desk = CalculationDesk(settings.data / "calculation", calculation_bounds(settings))

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
        """Return whether this start made development parties."""
        return self._identity.has_founded

    async def server_certificate(self, hosts: list[str]) -> TlsFiles:
        """Key and certificate of the server, for these names."""
        return await self._identity.server_certificate(list(dict.fromkeys(hosts)))

    async def close(self) -> None:
        """Stop everything, the last started first."""
        await self._supervisor.stop()
        for context in self._contexts:
            if isinstance(context, Ticking):
                await context.supervisor.finish("tick", 0)
        while self._contexts:
            context = self._contexts.pop()
            await end_part(type(context).__name__, context.stop())
        if self._broker is not None:
            await end_part("the broker", self._broker.stop(), 2 * ENDED_WITHIN_S)
        await end_part("calculations", self._desk.stop())
        await end_part("the contexts' calls", self._http.aclose())
        self._lock.release()

    async def _start(self) -> None:
        await self._begin(self._identity)
        await self._desk.start()
        clients = {
            party: PartyClient(self._http, service.client_id, service.client_secret)
            for party, service in self._identity.service_credentials().items()
        }
        self._broker = await self._started_broker()
        self.app.include_router(clock_router(self._clock, self._market_clock.move_to))
        self.app.include_router(health_router(self._loops))
        for context in await self._parties(clients, self._broker):
            await self._begin(context)
        await self._begin(made_dashboard(self._http, self._identity, self._settings.zone))
        data = self._settings.data
        remember_founded(data, [*data.glob("*.db"), *data.glob("*/*.db")])
        self._supervisor.start("clock", self._keep_clock)
        self._supervisor.start("disk", self._probe_disk)
        for context in self._contexts:
            if isinstance(context, Ticking):
                self._start_ticking(context)

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
            Standing(),
            settings.host,
            port,
            BrokerBounds(
                connections=settings.connections,
                connections_by_address=settings.connections_by_address,
            ),
        )
        await broker.start()
        return broker

    async def _parties(
        self, clients: Mapping[str, PartyClient], broker: MqttBroker
    ) -> list[Context]:
        settings, clock = self._settings, self._clock
        data, zone = settings.data, settings.zone

        def records(name: str) -> str:
            return sqlite_url(data / f"{name}.db")

        kept = timedelta(days=self._settings.payment_records_days)
        rules = MarketRules(
            zone,
            payment_records_kept=kept,
            clearing=self._settings.clearing or DEFAULT_RULES,
            deadlines=Deadlines(
                timedelta(minutes=self._settings.answer_minutes),
                timedelta(minutes=self._settings.answer_before_delivery_minutes),
            ),
            participation=self._settings.participation,
            served_here=frozenset(tenants(settings, clients)),
            asks_qualification=self._settings.qualification == "asked",
        )
        aggregators = {party: clients[party] for party in tenants(settings, clients)}
        return [
            Ledger(
                records("ledger"), data / "ledger", clock, chain_id=settings.chain_id, zone=zone
            ),
            Customers(records("customers"), clients["MDA"], clock, zone=zone),
            Market(records("market"), clients["MO"], clock, rules, _caller(self._settings)),
            Dso(
                records("dso"),
                clients["DSO"],
                broker,
                await self._identity.transport_credentials("dso"),
                clock,
                desk=self._desk,
                zone=zone,
                phasor_angle_unit=self._settings.phasor_angle_unit,
                workers=self._settings.workers,
            ),
            Aggregator(records("aggregator"), aggregators, clock, self._desk, zone),
            Access(
                records("access"),
                data / "access" / "receipt-key",
                broker,
                await self._identity.transport_credentials("access"),
                clients["MDA"],
                clock,
            ),
        ]

    def _loops(self) -> Iterator[LoopHealth]:
        yield from self._supervisor.health()
        yield from self._desk.supervisor.health()
        if self._broker is not None:
            yield from self._broker.supervisor.health()
        for context in self._contexts:
            if isinstance(context, Supervised):
                yield from context.supervisor.health()

    def _start_ticking(self, context: Ticking) -> None:
        async def tick() -> None:
            await context.tick(self._clock.now())
            await asyncio.sleep(_TICK_S)

        context.supervisor.start(
            "tick", tick, longest_pause_s=_LONGEST_TICK_PAUSE_S, stalled_s=_STALLED_S
        )

    async def _keep_clock(self) -> None:
        self._market_clock.keep(self._clock.now())
        await asyncio.sleep(_TICK_S)

    async def _probe_disk(self) -> None:
        """Write a block, so that a full disk is known before anything else needs it."""
        await asyncio.to_thread(write_private, self._settings.data / "disk-probe", _PROBE)
        await asyncio.sleep(_DISK_S)
