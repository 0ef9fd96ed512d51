"""The contexts of a server, each made of what the server has; imported only where it runs."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypedDict, runtime_checkable

import httpx
from fastapi import APIRouter

from platone.bootstrap.kafka_link import has_databus, kafka_link
from platone.bootstrap.records_place import records_url
from platone.bootstrap.tenant import tenants
from platone.identity.context import Identity
from platone.identity.domain.party import FIRST_PARTIES, Household, Party
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.http.client import PartyClient
from platone.infra.http.partner import Partners
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.infra.metric.figure import Measured
from platone.infra.mqtt.bridge import bridges_in, bridges_out
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.link import BrokerAddress
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.messages.base import Role
from platone.messages.partner import CONTEXTS
from platone.settings import Settings

if TYPE_CHECKING:
    from platone.dashboard.context import Dashboard

_OPERATORS = {
    "market": "MO",
    "ledger": "MO",
    "access": "MDA",
    "customers": "MDA",
    "dso": "DSO",
}
"""The party whose system a context is; the first of a server's runs the server."""
_GUESTS = ("TSO", "CUSTOMER-1", "AUDITOR", "DPO")
"""Development parties without systems, who are at home at the market."""


class Context(Protocol):
    """A context as a server starts and stops it."""

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


@runtime_checkable
class Telling(Protocol):
    """A context that tells figures to a monitoring system."""

    figures: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A server's equipment, of which its contexts are made.

    Attributes:
        settings: What was chosen.
        clock: The market's clock.
        clients: The calls of each party that is at home here.
        desk: Makes calculations.
        issuer: The address that this server's tokens name as their issuer.
        transport: Gives key and certificate of a client of our own broker.
        broker: The broker of the devices, where it runs here.
        operator_link: The broker to which the DSO's platform links, and its certificate there.
        is_shared: Whether this server is one of several workers, which share the records.
    """

    settings: Settings
    clock: Clock
    clients: Mapping[str, PartyClient]
    desk: CalculationDesk
    issuer: str
    transport: Callable[[str], Awaitable[TlsFiles]]
    broker: DeviceBroker | None
    operator_link: tuple[BrokerAddress, TlsFiles] | None
    is_shared: bool = False

    @property
    def data(self) -> Path:
        """Return the data folder."""
        return self.settings.data

    def records(self, context: str) -> str:
        """Return the SQLAlchemy URL of a context's records."""
        return records_url(self.data, context)


def contexts_here(settings: Settings) -> tuple[str, ...]:
    """Return the contexts that run on a server, in the order in which they start."""
    named = settings.contexts.replace(",", " ").split()
    return tuple(each for each in CONTEXTS if each in named or not named)


def residents(contexts: Collection[str]) -> tuple[str, ...]:
    """Return the parties whose systems some contexts are; aggregators are not among them."""
    return tuple(dict.fromkeys(who for name, who in _OPERATORS.items() if name in contexts))


def household(settings: Settings, partners: Partners) -> Household:
    """Return who is at home on a server, and who is its partner.

    Without names of contexts it is one for development, with all parties of the first start.
    """
    here = contexts_here(settings)
    own = residents(here)
    aggregators = tenants(settings) if "aggregator" in here else []
    parties: Sequence[Party] = FIRST_PARTIES
    if here != CONTEXTS:
        wanted = {*own, *(_GUESTS if "market" in here else ())} - set(aggregators)
        role = (Role.FLEXIBILITY_SERVICE_PROVIDER,)
        parties = [each for each in FIRST_PARTIES if each.party_id in wanted]
        parties = [*parties, *(Party(each, role) for each in aggregators)]
    return Household(
        parties,
        () if here == CONTEXTS else here,
        lambda url: partners.at(url) is not None,
        lambda: {party for each in partners.all() for party in each.told.parties},
        (*own, *aggregators),
    )


async def made_context(name: str, ground: Ground) -> Context:
    """Return a context by its name."""
    return await _MAKERS[name](ground)


def made_pages(
    http: httpx.AsyncClient, identity: Identity, zone: str, provider: ProviderVerifier | None
) -> "Dashboard":
    """Return the dashboard, which needs all contexts beside it."""
    from platone.bootstrap.pages import made_dashboard

    return made_dashboard(http, identity, zone, provider)


class _Outward(TypedDict):
    allow_private: bool
    ca_file: Path | None


def _outward(settings: Settings) -> _Outward:
    """Return which addresses that others name are called."""
    ca_file = Path(settings.webhook_ca) if settings.webhook_ca else None
    return _Outward(allow_private=settings.webhook_hosts == "any", ca_file=ca_file)


async def _ledger(ground: Ground) -> Context:
    from platone.bootstrap.network import ledger_network
    from platone.ledger.context import Ledger

    settings = ground.settings
    return Ledger(
        ground.records("ledger"),
        ground.data / "ledger",
        ground.clock,
        chain_id=settings.chain_id,
        zone=settings.zone,
        network=ledger_network(settings),
    )


async def _customers(ground: Ground) -> Context:
    from platone.customers.adapters.push import Push
    from platone.customers.context import Customers
    from platone.infra.http.outward import OutwardCalls

    calls = OutwardCalls(**_outward(ground.settings))
    push = Push(ground.data / "customers" / "push-key", ground.issuer, calls)
    zone, party = ground.settings.zone, ground.clients["MDA"]
    return Customers(
        ground.records("customers"),
        party,
        ground.clock,
        push,
        zone=zone,
        kafka=await kafka_link(ground.settings, ground.transport, "customers"),
    )


async def _market(ground: Ground) -> Context:
    from platone.market.adapters.webhook import CallEndpoints
    from platone.market.context import Market
    from platone.market.domain.deadline import Deadlines
    from platone.market.domain.rules import MarketRules
    from platone.messages.clearing import DEFAULT_RULES

    settings = ground.settings
    served = tenants(settings) if "aggregator" in contexts_here(settings) else []
    rules = MarketRules(
        settings.zone,
        payment_records_kept=timedelta(days=settings.payment_records_days),
        clearing=settings.clearing or DEFAULT_RULES,
        deadlines=Deadlines(
            timedelta(minutes=settings.answer_minutes),
            timedelta(minutes=settings.answer_before_delivery_minutes),
        ),
        participation=settings.participation,
        served_here=frozenset(served),
        asks_qualification=settings.qualification == "asked",
    )
    caller = CallEndpoints(**_outward(settings))
    return Market(
        ground.records("market"),
        ground.clients["MO"],
        ground.clock,
        rules,
        caller,
        await kafka_link(settings, ground.transport, "market"),
        is_shared=ground.is_shared,
    )


async def _dso(ground: Ground) -> Context:
    from platone.dso.adapters.databus import DatabusChoice
    from platone.dso.context import Dso

    if ground.operator_link is None:
        raise RuntimeError("the DSO's platform has a broker to link to")
    broker, tls = ground.operator_link
    settings = ground.settings
    kafka = None
    if has_databus(settings):
        kafka = await kafka_link(settings, ground.transport, "dso")
    return Dso(
        ground.records("dso"),
        ground.clients["DSO"],
        broker,
        tls,
        ground.clock,
        desk=ground.desk,
        zone=settings.zone,
        phasor_angle_unit=settings.phasor_angle_unit,
        databus=DatabusChoice(
            kafka, bridges_in(settings.databus_bridges), bridges_out(settings.databus_bridges_back)
        ),
        workers=settings.workers,
    )


async def _aggregator(ground: Ground) -> Context:
    from platone.aggregator.context import Aggregator

    settings = ground.settings
    return Aggregator(
        ground.records("aggregator"),
        {party: ground.clients[party] for party in tenants(settings, ground.clients)},
        ground.clock,
        ground.desk,
        settings.zone,
        follows="market" not in contexts_here(settings),
    )


async def _access(ground: Ground) -> Context:
    from platone.access.context import Access

    if ground.broker is None:
        raise RuntimeError("the access layer has the broker beside it")
    return Access(
        ground.records("access"),
        ground.data / "access" / "receipt-key",
        ground.broker,
        await ground.transport("access"),
        ground.clients["MDA"],
        ground.clock,
    )


_MAKERS: dict[str, Callable[[Ground], Awaitable[Context]]] = {
    "ledger": _ledger,
    "customers": _customers,
    "market": _market,
    "dso": _dso,
    "aggregator": _aggregator,
    "access": _access,
}
