"""The access layer, put together: its records, link, services and routes."""

import logging
import time
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter

from platone.access.adapters.downlink import MqttDownlink
from platone.access.adapters.partner import Partners
from platone.access.api.dead_letter import dead_letter_router
from platone.access.api.device import device_router
from platone.access.domain.dead_letter import DeadLetter
from platone.access.domain.message import IncomingMessage
from platone.access.records.dead_letter import DeadLetterRecords
from platone.access.records.device import DeviceRecords
from platone.access.records.erasure import ErasureRecords
from platone.access.records.message import MessageRecords
from platone.access.records.table import metadata, outbox
from platone.access.service.certify import TreePace, certify
from platone.access.service.enrol import Enrolment
from platone.access.service.erase import ErasePods
from platone.access.service.ingest import Ingest
from platone.access.service.measure_access import MeasureAccess
from platone.access.service.replay import close, replay
from platone.access.service.share import Share
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.erasure import erasure_router
from platone.infra.key_file import load_key
from platone.infra.metric.outbox import OutboxFigures
from platone.infra.mqtt import topic
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.link import MqttLink, Subscription
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.outbox import Dispatcher
from platone.infra.storage import StorageUnavailable
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock

IDENTITY = "access"
"""Common name of the access layer's certificate, by which the broker knows its rights."""
_BATCH_MESSAGES = 250
"""Messages stored in one commit: enough that the disk's flush is shared, small enough that the
receipt of the first does not wait long for the last."""
_log = logging.getLogger(__name__)


class Access:
    """The Blockchain Access Layer.

    Args:
        database_url: Its own records, an SQLAlchemy URL.
        key_file: The key that signs receipts; made where it is missing.
        broker: The broker; it must have started before ``start``. The devices that it lets in are
            told to it from here.
        tls: The certificate of the identity ``access``, for the broker.
        party: The metered data administrator's client of the other parties' systems.
        clock: The market's clock.
        dso: The system operator that may see which device stands at a point of delivery.
        pace: How often stored messages are certified.

    Attributes:
        router: The routes.
        receipt_signer: Address of the key that signs receipts.
        supervisor: The background loops.
        figures: The figures for a monitoring system.
    """

    def __init__(  # noqa: PLR0913 - one parameter a neighbour or a choice
        self,
        database_url: str,
        key_file: Path,
        broker: DeviceBroker,
        tls: TlsFiles,
        party: PartyClient,
        clock: Clock,
        *,
        dso: str = "DSO",
        pace: TreePace | None = None,
    ) -> None:
        self.supervisor = Supervisor("access")
        self._broker, self._tls, self._clock = broker, tls, clock
        self._key = load_key(key_file)
        self.receipt_signer = self._key.address
        self._dso = dso
        self._pace = pace or TreePace()
        self._database = Database(database_url, metadata)
        self._messages = MessageRecords(self._database)
        self._devices = DeviceRecords(self._database)
        self._dead_letters = DeadLetterRecords(self._database)
        self.figures = MeasureAccess(
            self._messages, OutboxFigures("access", outbox, self._database), clock
        )
        partners = Partners(party)
        share = Share(partners, self._messages, clock)
        self._dispatcher = Dispatcher(outbox, self._database, share, self.supervisor)
        self._link: MqttLink | None = None
        self._ingest: Ingest | None = None
        self.router = self._routes(partners)

    def _routes(self, partners: Partners) -> APIRouter:
        devices = self._devices
        enrolment = Enrolment(
            devices, partners, partners, partners, self._broker.standing, self._clock
        )
        router = APIRouter()
        router.include_router(
            device_router(
                enrolment,
                devices,
                lambda: (self._broker.host, self._broker.port),
                self.receipt_signer,
                self._dso,
                self._clock,
            )
        )
        erase = ErasePods(ErasureRecords(self._database), enrolment)
        router.include_router(erasure_router("/api/access/erasures", erase, "access"))
        router.include_router(
            dead_letter_router(self._dead_letters.select, self._replay, self._close)
        )
        return router

    async def start(self) -> None:
        """Open the records, and begin to take messages."""
        await self._database.open()
        self._broker.standing.begin(await self._devices.active())
        link = MqttLink(self._broker, self._tls, IDENTITY, supervisor=self.supervisor)
        self._ingest = Ingest(
            self._messages, MqttDownlink(link), self._key, self._clock, self.figures.intake
        )
        arriving = await link.subscribe([topic.readings()])
        await link.start()
        self._link = link
        self._dispatcher.start()
        ingest = self._ingest
        self.supervisor.start("ingest", lambda: self._ingest_batch(arriving, ingest))

    async def stop(self) -> None:
        """Stop; messages stored and not yet shared go out after the next start."""
        await self.supervisor.finish("ingest", 0)
        if self._link is not None:
            await self._link.stop()
        await self._dispatcher.stop()
        await self._database.close()
        self._link = self._ingest = None

    async def tick(self, now: datetime) -> None:
        """Have stored messages certified, if it is time to."""
        del now  # a wait for others, on the real clock: a market's clock may stand still
        if not self._pace.is_look_due(time.monotonic()):
            return
        if self._pace.take(time.monotonic(), await self._messages.uncertified()):
            await certify(self._messages)
            self._dispatcher.wake()

    async def _ingest_batch(self, arriving: Subscription, ingest: Ingest) -> None:
        batch = await arriving.batch(_BATCH_MESSAGES)
        messages = [IncomingMessage(topic.device_of(it.topic), it.payload) for it in batch]
        try:
            await ingest.take(messages)
        except StorageUnavailable:  # none of the messages is to blame
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails, each message is tried alone
            _log.warning("%d messages are ingested one by one: %r", len(messages), error)
            await self._ingest_singly(messages, ingest)
        finally:
            self._dispatcher.wake()

    async def _ingest_singly(self, messages: list[IncomingMessage], ingest: Ingest) -> None:
        """Ingest messages of a batch that failed; nothing of it was stored, nobody had a receipt.

        Raises:
            Exception: No message could be ingested: the cause is none of them. Their devices
                send them again.
        """
        failures: list[Exception] = []
        for message in messages:
            try:
                await ingest.take([message])
            except Exception as error:  # noqa: BLE001 - one message harms no other
                failures.append(error)
        if failures and len(failures) == len(messages):
            raise failures[-1]
        if failures:
            _log.error("%d messages were not ingested: %r", len(failures), failures[-1])

    async def _close(self, letter_id: int, because: str) -> DeadLetter:
        return await close(letter_id, because, self._dead_letters)

    async def _replay(self, letter_id: int) -> None:
        if self._ingest is None:
            raise RuntimeError("access is not started")
        await replay(letter_id, self._dead_letters, self._messages, self._ingest)
        self._dispatcher.wake()
