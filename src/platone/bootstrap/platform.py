"""The contexts that run on a server, put together in one process."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Self
from urllib.parse import urlsplit

import httpx
from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline

from platone import __doc__ as about
from platone import __version__
from platone.bootstrap.certificate_keeper import CertificateKeeper
from platone.bootstrap.device_broker import made_broker
from platone.bootstrap.folder_lock import FolderLock
from platone.bootstrap.founded import check_founded, remember_founded
from platone.bootstrap.interface import TAGS, route_problems
from platone.bootstrap.kept_setting import remember_settings
from platone.bootstrap.machine_clock import WatchClock
from platone.bootstrap.market_clock import MarketClock
from platone.bootstrap.part import (
    Context,
    Ground,
    Supervised,
    Telling,
    Ticking,
    contexts_here,
    household,
    made_context,
    made_pages,
)
from platone.bootstrap.partner import PARTNER_FOLDER, tell_own
from platone.bootstrap.problem import ServerFailed
from platone.bootstrap.records_place import (
    check_records,
    choose_records,
    records_url,
    remember_records,
    schema_hold,
)
from platone.bootstrap.remote_broker import RemoteBroker
from platone.bootstrap.retention import Keeping, RetentionKeeper
from platone.bootstrap.server_figure import server_parts
from platone.bootstrap.sign_in_provider import provider_of
from platone.bootstrap.tracing import ServerTracing
from platone.bootstrap.worker import common_keys, common_settings, is_shareable
from platone.identity.context import Entrance, Identity
from platone.identity.service.sign_in import is_loopback
from platone.infra.calculation.desk import CalculationBounds, CalculationDesk, default_processes
from platone.infra.calculation.process import ProcessBounds
from platone.infra.ending import ENDED_WITHIN_S, end_part
from platone.infra.http.client import PartyClient
from platone.infra.http.clock import clock_router
from platone.infra.http.direct import install_direct
from platone.infra.http.header import SecurityHeaders
from platone.infra.http.health import health_router
from platone.infra.http.openapi import Interface, install_openapi
from platone.infra.http.partner import ANSWER_S, Partners, PartnerTransport
from platone.infra.http.partner_verifier import PartnerVerifier
from platone.infra.http.problem import install_problems
from platone.infra.http.request_number import RequestNumbers
from platone.infra.http.trace_parent import TraceParents
from platone.infra.key_file import write_private
from platone.infra.metric.figure import Measured
from platone.infra.metric.page import MetricAccess, MetricGate, metric_router
from platone.infra.metric.request import CountRequests, RequestFigures, own_calls
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.link import BrokerAddress
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.retention import KeptDays
from platone.infra.supervision import LoopHealth, Supervisor
from platone.kernel.errors import PlatoneError
from platone.messages.partner import CONTEXTS, PartnerFile
from platone.settings import Settings

_TICK_S = 0.2
"""Pause between two looks at what is due, s."""
_LONGEST_TICK_PAUSE_S = 5.0
"""Longest pause after failed looks, s: a market's times go on."""
_STALLED_S = 300.0
"""How long a look at what is due may take before it counts as stalled, s."""
_DISK_S = 5.0
"""Pause between two probes of the disk, s."""
_BROKER_PAUSE_S = 5.0
"""Longest pause between two requests for the broker's certificate, s: setpoints wait for it."""
_PROVIDER_PAUSE_S = 5.0
"""Longest pause between two looks at a provider that is away, s: people wait to sign in."""
_PARTNERS_S = 1.0
"""Pause between two looks for a partner that was removed, s: its certificate ends within it."""
_PROBE = bytes(4096)
"""Bytes that a probe of the disk writes: one block."""
_PRIVATE = 0o700
"""Mode of the data folder: the server's user alone, since keys lie within."""


def _named(url: str) -> str:
    return urlsplit(url).hostname or "localhost"


def _entrance(settings: Settings) -> Entrance:
    by_press = is_loopback(settings.host) and not settings.oidc_issuer
    return Entrance(settings.zone, by_press, settings.passkey_domain)


def server_hosts(host: str, named: str) -> list[str]:
    """Return the names and addresses in a server's certificate: that of HTTPS and of the broker.

    Args:
        host: Where it listens.
        named: Where others reach it.
    """
    return [host, named, "localhost", "127.0.0.1"]


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
        certificates: Renews the certificates.
    """

    def __init__(self, settings: Settings, base_url: str) -> None:
        self._provider = provider_of(settings)
        settings.data.mkdir(parents=True, exist_ok=True)
        settings.data.chmod(_PRIVATE)
        self._lock = FolderLock(settings.data)  # before anything in it is touched
        try:
            check_founded(settings.data)
            choose_records(settings)
        except PlatoneError:
            self._lock.release()
            raise
        self._settings = settings
        self._market_clock = MarketClock(settings)
        self._clock = self._market_clock.clock
        self._here = contexts_here(settings)
        self._partners = Partners(settings.data / PARTNER_FOLDER, base_url, self._here)
        self._base_url = base_url
        self._identity = Identity(
            settings.data,
            base_url,
            token_s=60 * settings.token_minutes,
            entrance=_entrance(settings),
            household=household(settings, self._partners),
            records=records_url(settings.data, "identity"),
        )
        self._is_shared = is_shareable(settings)
        held = ("identity", *self._here)
        self._hold = schema_hold(settings.data, held, is_shared=self._is_shared)
        self.certificates = CertificateKeeper(self._identity.renew_certificates)
        self.ca_file = self._identity.ca_file
        self.credentials_file = self._identity.credentials_file
        kept = settings.retention or KeptDays()
        self._keeping = Keeping(settings.data, self._here, kept, self._clock)
        self._retention = RetentionKeeper(self._keeping)
        self._requests = RequestFigures()
        self._tracing = ServerTracing(settings)
        self.app = self._application()
        own = httpx.ASGITransport(own_calls(self.app))
        self._transport = PartnerTransport(own, self._partners)
        self._http = httpx.AsyncClient(
            transport=self._transport,
            base_url=base_url,
            timeout=ANSWER_S,
        )
        self._contexts: list[Context] = []
        self._broker: DeviceBroker | None = None
        self._supervisor = Supervisor("server")
        self._desk = CalculationDesk(settings.data / "calculation", calculation_bounds(settings))

    def _application(self) -> FastAPI:
        app: FastAPI = FastAPIOffline(  # /docs without scripts from elsewhere
            title="Platone Open Framework",
            description=about or "",
            version=__version__,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            openapi_tags=TAGS,
            redoc_url=None,
        )
        app.state.token_verifier = PartnerVerifier(
            self._identity.verifier, self._partners, self._provider
        )
        app.state.provider = self._provider
        app.state.access_log = self._identity.access_log
        app.state.change_log = self._identity.change_log
        app.add_middleware(SecurityHeaders)
        app.add_middleware(CountRequests, figures=self._requests)
        app.add_middleware(RequestNumbers)
        if self._settings.trace_endpoint:
            app.add_middleware(TraceParents)
        install_problems(app)
        install_direct(app)
        install_openapi(app, Interface(self._base_url, route_problems()))
        return app

    @classmethod
    async def open(cls, settings: Settings, base_url: str) -> Self:
        """Put the contexts together, and start them.

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
        await end_part("the hold of the database", self._hold.close())
        await end_part("calculations", self._desk.stop())
        await end_part("the contexts' calls", self._http.aclose())
        if self._provider is not None:
            await end_part("the provider", self._provider.provider.close())
        await end_part("traces", self._tracing.stop())
        self._lock.release()

    async def _start(self) -> None:
        await self._hold.mark("settings", common_settings(self._settings, self._base_url))
        self._tracing.start()
        await self._hold.take()
        await check_records(self._settings.data)
        await self._begin(self._identity)
        await self._hold.mark("keys", common_keys(self._settings.data))
        await self._desk.start()
        if "access" in self._here:
            self._broker = await self._started_broker()
        self.app.include_router(clock_router(self._clock, self._market_clock.move_to))
        self.app.include_router(health_router(self._loops))
        self.app.include_router(self._metrics())
        ground = await self._ground()
        for name in self._here:
            await self._begin(await made_context(name, ground))
        if self._here == CONTEXTS:
            pages = made_pages(self._http, self._identity, self._settings.zone, self._provider)
            await self._begin(pages)
            self.app.state.nowhere = pages.nowhere
        await self._tell_own()
        data = self._settings.data
        remember_founded(data, [*data.glob("*.db"), *data.glob("*/*.db")])
        remember_records(data, ("identity", *self._here))
        remember_settings(self._settings)
        if self._hold.is_needed:
            self._supervisor.start("database", self._hold.turn, longest_pause_s=_DISK_S)
        self._supervisor.start("clock", self._keep_clock)
        self._supervisor.start("disk", self._probe_disk)
        self._supervisor.start("machineClock", WatchClock(data).turn)
        if self._provider is not None:
            turn = self._provider.provider.turn
            self._supervisor.start("sign-in provider", turn, longest_pause_s=_PROVIDER_PAUSE_S)
        self._supervisor.start("certificates", self.certificates.turn)
        if self._keeping.has_limits:
            self._supervisor.start("retention", self._retention.turn)
        for context in self._contexts:
            if isinstance(context, Ticking):
                self._start_ticking(context)

    async def _begin(self, context: Context) -> None:
        self.app.include_router(context.router)
        self._contexts.append(context)
        await context.start()

    async def _started_broker(self) -> DeviceBroker:
        settings = self._settings
        tls = await self.server_certificate(server_hosts(settings.host, _named(self._base_url)))
        broker = made_broker(settings, tls)
        try:
            await broker.start()
        except OSError as error:
            raise ServerFailed(
                f"{broker.host}:{broker.port}, the broker's port, cannot be listened on: "
                f"{error.strerror}. A copied folder has the port of the first one in "
                f"{settings.data / 'mqtt-port'}: give it another one by mqtt_port."
            ) from error
        self.certificates.follow(tls, broker.read_certificate)
        if "dso" not in self._here:
            self._supervisor.start("brokerPartners", partial(self._follow_operator, broker))
        return broker

    async def _follow_operator(self, broker: DeviceBroker) -> None:
        """Let the DSO's platform use the broker as long as its server is a partner."""
        is_known = any("dso" in each.told.contexts for each in self._partners.all())
        broker.standing.end_services(() if is_known else ("dso",))
        await asyncio.sleep(_PARTNERS_S)

    async def _ground(self) -> Ground:
        clients = {
            party: PartyClient(self._http, known.client_id, known.client_secret, self._partners)
            for party, known in self._identity.service_credentials().items()
        }
        return Ground(
            settings=self._settings,
            clock=self._clock,
            clients=clients,
            desk=self._desk,
            issuer=self._identity.issuer,
            transport=self._identity.transport_credentials,
            broker=self._broker,
            operator_link=await self._operator_link(clients) if "dso" in self._here else None,
            is_shared=self._is_shared,
        )

    async def _operator_link(
        self, clients: Mapping[str, PartyClient]
    ) -> tuple[BrokerAddress, TlsFiles]:
        """Return the broker that the DSO's platform links to, ours or a partner's."""
        if self._broker is not None:
            return self._broker, await self._identity.transport_credentials("dso")
        folder = self._settings.data / "identity"
        remote = RemoteBroker(self._partners, clients["DSO"], folder, "dso")
        self._supervisor.start("broker certificate", remote.turn, longest_pause_s=_BROKER_PAUSE_S)
        return remote, remote.tls

    async def _tell_own(self) -> None:
        """Write down what partners have to know of this server."""
        broker = None
        if self._broker is not None:
            named = _named(self._base_url)
            broker = f"{f'[{named}]' if ':' in named else named}:{self._broker.port}"
        told = PartnerFile(
            name=self._settings.name,
            url=self._base_url,
            contexts=list(self._here),
            mqtt=broker,
            parties={each.party_id: list(each.roles) for each in await self._identity.parties()},
            keys=[dict(each) for each in self._identity.keys().as_dict()["keys"]],
            authority=self.ca_file.read_text("utf-8"),
        )
        await asyncio.to_thread(tell_own, self._settings.data, told)

    def _loops(self) -> Iterator[LoopHealth]:
        yield from self._supervisor.health()
        yield from self._desk.supervisor.health()
        if self._broker is not None:
            yield from self._broker.supervisor.health()
        for context in self._contexts:
            if isinstance(context, Supervised):
                yield from context.supervisor.health()

    def _metrics(self) -> APIRouter:
        access = MetricAccess(self._settings.metrics)
        gate = MetricGate(access, self._settings.data / "metrics-token")
        offsets = self._transport.clock_offsets
        common = server_parts(self._settings.data, self._loops, self._desk, self._requests, offsets)
        return metric_router(gate, lambda: chain(common.items(), self._measured()))

    def _measured(self) -> Iterator[tuple[str, Measured]]:
        yield "retention", self._retention
        if self._broker is not None:
            yield "broker", self._broker
        for context in self._contexts:
            if isinstance(context, Telling):
                yield type(context).__name__.lower(), context.figures

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
