"""The access layer, put together."""

import asyncio
import logging
import time
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter

from platone.access.adapters.downlink import MqttDownlink
from platone.access.adapters.partner import Partners
from platone.access.adapters.record import SqlRecords
from platone.access.adapters.table import metadata, outbox
from platone.access.api.dead_letter import dead_letter_router
from platone.access.api.device import device_router
from platone.access.domain.message import Arrival
from platone.access.service.certify import certify
from platone.access.service.enrol import Enrolment
from platone.access.service.ingest import Ingest
from platone.access.service.replay import replay
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.key_file import load_key
from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink, Subscription
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.outbox import Dispatcher
from platone.kernel.clock import Clock

IDENTITY = "access"
_BATCH_MESSAGES = 250
_log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """Where the broker listens; known when it has started."""

    host: str
    port: int


class Access:
    """The Blockchain Access Layer.

    Args:
        database_url: Its own records, an SQLAlchemy URL.
        key_file: The key that signs receipts; made where it is missing.
        broker: The broker; it must have started before ``start``.
        tls: The certificate of the identity ``access``, for the broker.
        party: The metered data administrator's client of the other parties' systems.
        clock: The market's clock.
        certify_every_s: Longest wait of a stored message for its certification, real s.

    Attributes:
        router: The routes.
        receipt_signer: Address of the key that signs receipts.
    """

    def __init__(
        self,
        database_url: str,
        key_file: Path,
        broker: Endpoint,
        tls: TlsFiles,
        party: PartyClient,
        clock: Clock,
        *,
        certify_every_s: float = 2.0,
    ) -> None:
        self._broker, self._tls, self._clock = broker, tls, clock
        self._key = load_key(key_file)
        self.receipt_signer = self._key.address
        self._certify_every_s = certify_every_s
        self._certified_s = 0.0
        self._database = Database(database_url, metadata)
        self._records = SqlRecords(self._database)
        partners = Partners(party)
        self._dispatcher = Dispatcher(outbox, self._database, partners.deliver)
        self._link: MqttLink | None = None
        self._ingest: Ingest | None = None
        self._ingesting: asyncio.Task[None] | None = None
        self.router = self._routes(partners)

    def _routes(self, partners: Partners) -> APIRouter:
        enrolment = Enrolment(self._records, partners, partners, partners, self._clock)
        router = APIRouter()
        router.include_router(
            device_router(
                enrolment,
                self._records,
                lambda: (self._broker.host, self._broker.port),
                self.receipt_signer,
            )
        )
        router.include_router(dead_letter_router(self._records.dead_letters, self._replay))
        return router

    async def start(self) -> None:
        """Open the records, and begin to take messages in."""
        await self._database.open()
        link = MqttLink(self._broker.host, self._broker.port, self._tls, IDENTITY)
        self._ingest = Ingest(self._records, MqttDownlink(link), self._key, self._clock)
        arriving = await link.subscribe([topic.readings()])
        await link.start()
        self._link = link
        self._dispatcher.start()
        self._ingesting = asyncio.create_task(self._take_in(arriving, self._ingest))

    async def stop(self) -> None:
        """Stop; what is stored and not yet shared goes out after the next start."""
        if self._ingesting is not None:
            self._ingesting.cancel()
            await asyncio.gather(self._ingesting, return_exceptions=True)
        if self._link is not None:
            await self._link.stop()
        await self._dispatcher.stop()
        await self._database.close()
        self._link = self._ingest = self._ingesting = None

    async def tick(self, now: datetime) -> None:
        """Have stored messages certified, when it is time."""
        del now  # a wait for others, on the real clock: a market's clock may stand still
        if time.monotonic() - self._certified_s >= self._certify_every_s:
            self._certified_s = time.monotonic()
            if await certify(self._records):
                self._dispatcher.wake()

    async def _take_in(self, arriving: Subscription, ingest: Ingest) -> None:
        while True:
            batch = await arriving.batch(_BATCH_MESSAGES)
            arrivals = [Arrival(topic.device_of(it.topic), it.payload) for it in batch]
            if not await _taken(ingest, arrivals):
                # Nothing was stored and nobody had a receipt. One of them may be to blame.
                for arrival in arrivals:
                    await _taken(ingest, [arrival])
            self._dispatcher.wake()

    async def _replay(self, letter_id: int) -> None:
        if self._ingest is None:
            raise RuntimeError("access is not started")
        await replay(letter_id, self._records, self._ingest)
        self._dispatcher.wake()


async def _taken(ingest: Ingest, arrivals: list[Arrival]) -> bool:
    """Whether messages were taken in; if not, their devices send them again."""
    try:
        await ingest.take(arrivals)
    except Exception:  # noqa: BLE001 - whatever fails, the next messages are tried
        _log.exception("%d messages were not taken in", len(arrivals))
        return False
    return True
