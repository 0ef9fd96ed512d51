"""The databus over MQTT: the bridge from the access layer, and phasor power on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from platone.dso.adapters.databus_figure import DatabusFigures
from platone.dso.domain.phasor import BusMessage, PhasorSample
from platone.infra.mqtt import topic
from platone.infra.mqtt.bridge import DEFAULT_BRIDGES, Bridge, bridges_in, renamed
from platone.infra.mqtt.link import LinkDown, MqttLink, Subscription
from platone.infra.supervision import Supervisor

_BATCH_MESSAGES = 250
"""Messages of the databus that are calculated at once."""
_BATCHES = 40
"""Calculated batches that wait to be stored: 10,000 messages, some seconds of a fast stream."""
_CONNECTION_S = 1.0
"""Longest wait for a connection, s: it may just be made anew; an estimate has several batches."""
_RAW = topic.raw("")
_log = logging.getLogger(__name__)


class MqttDatabus:
    """The databus over MQTT.

    Messages go unacknowledged (QoS 0): the next one of a stream is worth more than a late one.

    Args:
        link: The DSO's link.
        bridges: What is passed on to the databus.
        figures: Counts what is passed on.
    """

    def __init__(
        self,
        link: MqttLink,
        bridges: Sequence[Bridge] | None = None,
        figures: DatabusFigures | None = None,
    ) -> None:
        self._link = link
        self._bridges = bridges_in(DEFAULT_BRIDGES) if bridges is None else bridges
        self._figures = figures or DatabusFigures()
        self._outside: Subscription | None = None
        self._raw: Subscription | None = None

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Publish messages below `processed/bal/`; without a connection they are lost."""
        named = ((topic.processed(it.place), it.payload) for it in messages)
        await self._send(list(named))

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

    async def stop(self, supervisor: Supervisor) -> None:
        """End its loops; what was taken and is not stored yet is lost."""
        for loop in ("bridge", "phasors", "phasorStore"):
            await supervisor.finish(loop, 0)

    async def _pass_on(self, outside: Subscription) -> None:
        batch = await outside.batch(_BATCH_MESSAGES)
        named = [(new, it.payload) for it in batch for new in renamed(self._bridges, it.topic)]
        lost = await self._send(named)
        self._figures.count(len(named) - lost, lost)

    async def _send(self, messages: Sequence[tuple[str, bytes]]) -> int:
        """Send messages, each to its topic, and return how many were lost."""
        try:
            await self._link.wait_up(_CONNECTION_S)
        except LinkDown as error:
            _log.info("%d messages of the databus are lost: %s", len(messages), error.detail)
            return len(messages)
        sending = (self._link.publish(*each, is_acknowledged=False) for each in messages)
        results = await asyncio.gather(*sending, return_exceptions=True)
        lost = [result for result in results if result is not None]
        if lost:
            _log.info("%d messages of the databus are lost: %s", len(lost), lost[0])
        return len(lost)


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
