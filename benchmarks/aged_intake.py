"""An access layer without its broker: signed messages come from within the process."""

from datetime import timedelta
from pathlib import Path

from platone.access.adapters.partner import Partners
from platone.access.domain.message import IncomingMessage
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.device import DeviceRecords
from platone.access.records.message import MessageRecords
from platone.access.records.table import metadata, outbox
from platone.access.service.certify import certify
from platone.access.service.ingest import Ingest
from platone.access.service.share import Share
from platone.infra.db import Database, sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.outbox import Dispatcher
from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey

_OWNER = "AGG"
_CONTRACT_KW = 50.0
_FOR_EVER = timedelta(days=36_500)


class _Silent:
    """The way to devices that need no receipts."""

    async def send_receipt(self, device: str, envelope: bytes) -> None:
        """Send nothing."""


class Intake:
    """The access layer without its broker: messages come from this process.

    Args:
        folder: Where its records are.
        party: The metered data administrator's client.
        clock: The market's clock.
    """

    def __init__(self, folder: Path, party: PartyClient, clock: SimulatedClock) -> None:
        self.database = Database(sqlite_url(folder / "access.db"), metadata)
        self._records = MessageRecords(self.database)
        self._devices = DeviceRecords(self.database)
        self._partners, self._clock = Partners(party), clock
        share = Share(self._partners, self._records, clock)
        self._dispatcher = Dispatcher(outbox, self.database, share)
        self._ingest = Ingest(self._records, _Silent(), SigningKey(b"\x0a" * 32), clock)

    async def start(self) -> None:
        """Open the records, and begin to share."""
        await self.database.open()
        self._dispatcher.start()

    async def stop(self) -> None:
        """Stop sharing, and close the records."""
        await self._dispatcher.stop()
        await self.database.close()

    async def enrol(self, address: str, pod_id: str) -> None:
        """Enrol a device at its point of delivery, and put it into the ledger's register."""
        now = self._clock.now()
        device = Device(address, pod_id, _OWNER, _CONTRACT_KW, DeviceStatus.ACTIVE)
        await self._devices.save(device, now, now + _FOR_EVER)
        await self._partners.register(address)

    async def take(self, messages: list[IncomingMessage]) -> None:
        """Verify and store messages."""
        refused = [it.refusal for it in await self._ingest.take(messages) if it.refusal]
        assert not refused, refused[0]

    async def certify(self) -> None:
        """Have all stored messages certified."""
        await certify(self._records)
        self._dispatcher.wake()
