"""The databus over MQTT: the bridge from the access layer, and phasor power on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from platone.dso.domain.phasor import BusMessage, PhasorSample
from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink, Subscription
from platone.infra.supervision import Supervisor

_BATCH_MESSAGES = 250
"""Messages of the databus that are calculated at once."""
_BATCHES = 40
"""Calculated batches that wait to be stored: 10,000 messages, some seconds of a fast stream."""
_RAW = topic.raw("")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge that passes messages on to the databus under another topic.

    Attributes:
        source: Filter of the topics to take.
        dropped: What their names lose in front; `raw/bal/` takes its place.
    """

    source: str
    dropped: str

    def renamed(self, name: str) -> str | None:
        """Return the databus's name of a topic; None where it is not this bridge's."""
        return topic.raw(name.removeprefix(self.dropped)) if name.startswith(self.dropped) else None


BRIDGES = (
    Bridge(topic.phasors(), "bal/"),  # bal/pmu/X becomes raw/bal/pmu/X
    Bridge(topic.shared_with_dso(), topic.shared_with_dso("")),
)
"""Devices' own topics, and what the access layer shares with this platform."""


class MqttDatabus:
    """The databus over MQTT.

    Messages go unacknowledged (QoS 0): the next one of a stream is worth more than a late one.

    Args:
        link: The DSO's link.
        bridges: What is passed on to the databus.
    """

    def __init__(self, link: MqttLink, bridges: Sequence[Bridge] = BRIDGES) -> None:
        self._link, self._bridges = link, bridges
        self._outside: Subscription | None = None
        self._raw: Subscription | None = None

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Publish messages below `processed/bal/`.

        Raises:
            LinkDown: There is no connection now.
        """
        await asyncio.gather(
            *(
                self._link.publish(topic.processed(it.place), it.payload, is_acknowledged=False)
                for it in messages
            )
        )

    async def listen(self) -> None:
        """Subscribe to the bridges' sources and to the databus; once, before `run`."""
        sources = [bridge.source for bridge in self._bridges]
        self._outside = await self._link.subscribe(sources, is_acknowledged=False)
        self._raw = await self._link.subscribe([topic.raw()], is_acknowledged=False)

    def start(
        self,
        supervisor: Supervisor,
        take: Callable[[Sequence[BusMessage]], Awaitable[list[PhasorSample]]],
        keep: Callable[[Sequence[PhasorSample]], Awaitable[None]],
    ) -> None:
        """Bridge messages to the databus, and hand those on it to a service.

        Args:
            supervisor: Runs the three loops.
            take: Takes messages of the databus.
            keep: Stores what was taken; while it does, more is taken, and stored at once after.

        Raises:
            RuntimeError: It does not listen yet.
        """
        outside, raw = self._outside, self._raw
        if outside is None or raw is None:
            raise RuntimeError("the databus does not listen")
        taken: asyncio.Queue[list[PhasorSample]] = asyncio.Queue(_BATCHES)
        supervisor.start("bridge", lambda: self._pass_on(outside))
        supervisor.start("phasors", lambda: _serve(raw, take, taken))
        supervisor.start("phasorStore", lambda: _store(taken, keep))

    async def _pass_on(self, outside: Subscription) -> None:
        batch = await outside.batch(_BATCH_MESSAGES)
        passing = [
            self._link.publish(name, message.payload, is_acknowledged=False)
            for message in batch
            for bridge in self._bridges
            if (name := bridge.renamed(message.topic)) is not None
        ]
        results = await asyncio.gather(*passing, return_exceptions=True)
        lost = [result for result in results if result is not None]
        if lost:
            _log.info("%d messages for the databus are lost: %s", len(lost), lost[0])


async def _serve(
    raw: Subscription,
    take: Callable[[Sequence[BusMessage]], Awaitable[list[PhasorSample]]],
    taken: asyncio.Queue[list[PhasorSample]],
) -> None:
    batch = await raw.batch(_BATCH_MESSAGES)
    arrivals = [BusMessage(it.topic.removeprefix(_RAW), it.payload) for it in batch]
    await taken.put(await take(arrivals))


async def _store(
    taken: asyncio.Queue[list[PhasorSample]],
    keep: Callable[[Sequence[PhasorSample]], Awaitable[None]],
) -> None:
    waiting = await taken.get()
    while not taken.empty():
        waiting += taken.get_nowait()
    if waiting:
        await keep(waiting)
