"""A Light Node, put together: folder, journal, link, meter and energy management system."""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from platone.infra.mqtt import topic
from platone.infra.mqtt.link import BrokerAt, MqttLink, Subscription
from platone.infra.supervision import Supervisor
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.messages.metering import DeviceCredentials, DeviceEnrolment
from platone.node.adapters.folder import NodeFolder
from platone.node.adapters.uplink import MqttUplink
from platone.node.domain.message import NotEnrolled
from platone.node.records import Journal
from platone.node.service.collect import collect
from platone.node.service.deliver import Delivery
from platone.node.service.handle_setpoint import SetpointHandler
from platone.node.service.ports import EnergyManagement, Meter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The state of a node: messages that wait, messages refused, and its connection."""

    waiting: int
    refused: int
    is_connected: bool


class LightNode:
    """A Light Node: once enrolled, it runs by itself.

    ``enrolment`` makes the request that an aggregator posts to /api/access/devices, ``install``
    takes the answer, ``start`` begins to read, sign and send.

    Args:
        folder: Where it keeps its keys and its journal.
        meter: The meter it reads.
        ems: The customer's energy management system.
        clock: Its clock.
        poll_s: How often it reads the meter by itself, real s; 0: only when told to.
        resend_s: How long it waits for a receipt before it sends again, real s.
    """

    def __init__(
        self,
        folder: Path,
        meter: Meter,
        ems: EnergyManagement,
        clock: Clock,
        poll_s: float = 1.0,
        resend_s: float = 10.0,
    ) -> None:
        self._folder = NodeFolder(folder)
        self._meter, self._ems, self._clock = meter, ems, clock
        self._poll_s, self._resend_s = poll_s, resend_s
        self._journal = Journal(self._folder.journal_file)
        self._link: MqttLink | None = None
        self._delivery: Delivery | None = None
        self._commands: asyncio.Queue[bytes] = asyncio.Queue()
        self._is_caught_up = False
        self.supervisor = Supervisor(f"node {self.address}")

    @property
    def address(self) -> str:
        """Return the node's Ethereum address, which is its name."""
        return self._folder.key.address

    @property
    def is_enrolled(self) -> bool:
        """Return whether the node has its certificate."""
        return self._folder.credentials() is not None

    def enrolment(self, pod_id: str) -> DeviceEnrolment:
        """Return the request to enrol the node at a point of delivery."""
        return self._folder.enrolment(pod_id)

    def install(self, credentials: DeviceCredentials) -> None:
        """Keep the credentials that the enrolment answered."""
        self._folder.install(credentials)

    async def start(self) -> None:
        """Begin to work in the background; no connection is needed for that.

        Raises:
            NotEnrolled: It has no certificate yet.
        """
        credentials = self._folder.credentials()
        if credentials is None:
            raise NotEnrolled(f"{self.address} is not enrolled.")
        await self._journal.open()
        link = MqttLink(
            BrokerAt(credentials.host, credentials.port),
            self._folder.tls,
            self.address,
            on_up=lambda: delivery.wake(is_new_connection=True),
            supervisor=self.supervisor,
        )
        uplink = MqttUplink(link, self.address)
        delivery = Delivery(self._journal, uplink, self.address, self._resend_s, time.monotonic)
        handler = SetpointHandler(
            self._journal, self._ems, self._folder.key, credentials.pod_id, self._clock
        )
        incoming = await link.subscribe(
            [topic.receipts(self.address), topic.setpoints(self.address)]
        )
        await link.start()
        self._link, self._delivery = link, delivery
        start, signer = self.supervisor.start, credentials.receipt_signer
        start("delivery", delivery.send_waiting)
        start("receipts", lambda: self._take_message(incoming, delivery, signer))
        start("setpoints", lambda: self._handle_setpoint(handler, uplink))
        if self._poll_s:
            start("meter", self._poll)

    async def stop(self) -> None:
        """Stop; messages without a receipt are sent after the next start."""
        if self._link is not None:
            await self._link.stop()
            await self.supervisor.stop()
            await self._journal.close()
        self._link, self._delivery, self._is_caught_up = None, None, False

    async def run(self) -> None:
        """Work until cancelled."""
        await self.start()
        try:
            await self.supervisor.wait()
        finally:
            await self.stop()

    async def collect(self) -> int:
        """Read the meter now, and return how many messages were signed and kept."""
        made = await collect(self._meter, self._journal, self._folder.key, self._clock)
        if made and self._delivery is not None:
            self._delivery.wake()
        return made

    async def wait_received(self, timeout_s: float = 30.0) -> None:
        """Wait until every message has its receipt or its refusal.

        Raises:
            TimeoutError: Some still wait.
        """
        if self._delivery is not None:
            async with asyncio.timeout(timeout_s):
                await self._delivery.wait_received()

    async def status(self) -> NodeStatus:
        """Return the node's state."""
        waiting, refused = await self._journal.count()
        return NodeStatus(waiting, refused, self._link is not None and self._link.is_up)

    async def _poll(self) -> None:
        await self.collect()
        await asyncio.sleep(self._poll_s)

    async def _take_message(
        self, incoming: Subscription, delivery: Delivery, receipt_signer: str
    ) -> None:
        message = await anext(incoming)
        if message.topic == topic.setpoints(self.address):
            self._commands.put_nowait(message.payload)
        else:
            await delivery.receive(message.payload, receipt_signer)

    async def _handle_setpoint(self, handler: SetpointHandler, uplink: MqttUplink) -> None:
        """Carry out setpoints one after another; receipts do not wait for them.

        Where the energy management system fails, the DSO sends the setpoint again.
        """
        if not self._is_caught_up:
            await self._acknowledge(await handler.catch_up(), uplink)
            self._is_caught_up = True
        answer = await handler.handle(await self._commands.get())
        await self._acknowledge([answer] if answer else [], uplink)

    async def _acknowledge(self, answers: list[bytes], uplink: MqttUplink) -> None:
        """Send acknowledgements; one that is lost goes out when its setpoint comes again."""
        for answer in answers:
            try:
                await uplink.send_acknowledgement(answer)
            except PlatoneError as error:
                _log.info("an acknowledgement of %s was not sent: %s", self.address, error.detail)
