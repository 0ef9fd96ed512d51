"""The databus over Kafka: the bridge from the broker of devices, and phasor power on it.

::

    broker ─► bridge ─► records ─► raw.bal ─► power ─► records ─► processed.bal ─► bridge ─► broker
                 └ acknowledged once it is stored  └ the place in raw.bal moves once both are stored

What is stored goes to Kafka once (:class:`KafkaPublisher`). What comes again after a kill, from the
broker or from `raw.bal`, is known by its source.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from hashlib import sha256

from platone.dso.adapters.databus_figure import DatabusFigures
from platone.dso.domain import databus
from platone.dso.domain.phasor import BusMessage, PhasorSample
from platone.dso.records.databus import DatabusQueue, Waiting
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.kafka.reader import KafkaReader
from platone.infra.mqtt import topic
from platone.infra.mqtt.bridge import Bridge, renamed
from platone.infra.mqtt.link import MqttLink, MqttMessage, Subscription
from platone.infra.supervision import Supervisor

_BATCH_MESSAGES = 250
"""Messages that are stored, or calculated, at once."""
_LONGEST_PAUSE_S = 5.0
"""Longest pause between two tries where Kafka is away, s."""
_STALLED_S = 300.0
"""How long a turn of reading may take before its loop counts as stalled, s."""
_STOP_S = 5.0
"""How long a stop waits for messages under way, s; they come again after the next start."""
_NAME_BYTES = 16
"""Bytes of a source for what was made of no message: no two are alike."""
_LONGEST_TOPIC = 65_535
"""Longest name of a topic over MQTT, bytes (MQTT 3.1.1 section 1.5.3)."""
_OVER_MQTT = {databus.RAW: topic.raw(""), databus.PROCESSED: topic.processed("")}
"""Beginnings of the names that the topics of Kafka have over MQTT."""
_RAW = _OVER_MQTT[databus.RAW]


class KafkaDatabus:
    """The databus over Kafka.

    Args:
        link: The DSO's link to the broker of devices.
        kafka: Where Kafka is.
        queue: The messages that wait.
        publisher: Publishes what waits.
        bridges: What is passed on to the databus, and from it back to the broker.
        figures: Counts what is passed on.
    """

    def __init__(
        self,
        link: MqttLink,
        kafka: KafkaLink,
        queue: DatabusQueue,
        publisher: KafkaPublisher,
        bridges: tuple[Sequence[Bridge], Sequence[Bridge]],
        figures: DatabusFigures,
    ) -> None:
        self._link, self._queue, self._publisher = link, queue, publisher
        (self._inward, self._outward), self._figures = bridges, figures
        self._outside: Subscription | None = None
        self._raw = KafkaReader(kafka, databus.CALCULATION, [databus.RAW])
        self._back: KafkaReader | None = None
        if self._outward:
            self._back = KafkaReader(kafka, databus.BRIDGE, _sources(self._outward))

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Store messages, which then go to the processed side of the databus.

        Raises:
            DatabusFull: Too much waits.
        """
        made = (each.source or secrets.token_hex(_NAME_BYTES) for each in messages)
        await self._add(
            Waiting(databus.PROCESSED, each.place, each.payload, source)
            for each, source in zip(messages, made, strict=True)
        )

    async def listen(self) -> None:
        """Subscribe to the bridges' sources; once, before the link starts."""
        sources = [bridge.source for bridge in self._inward]
        self._outside = await self._link.subscribe(sources, is_held=True)

    def start(
        self,
        supervisor: Supervisor,
        take: Callable[[Sequence[BusMessage]], Awaitable[list[PhasorSample]]],
        keep: Callable[[Sequence[PhasorSample]], Awaitable[None]],
    ) -> None:
        """Bridge messages to the databus, and hand those on it to a service.

        Args:
            supervisor: Runs the loops.
            take: Takes messages of the databus.
            keep: Stores what was taken.

        Raises:
            RuntimeError: It does not listen yet.
        """
        outside, back = self._outside, self._back
        if outside is None:
            raise RuntimeError("the databus does not listen")
        self._publisher.start(supervisor)
        supervisor.start("bridge", lambda: self._pass_on(outside))
        self._start_reading(supervisor, "phasors", lambda: self._serve(take, keep))
        if back is not None:
            self._start_reading(supervisor, "bridgeBack", lambda: self._pass_back(back))

    async def stop(self, supervisor: Supervisor) -> None:
        """Leave Kafka; what waits goes on after the next start."""
        for loop, reader in (("phasors", self._raw), ("bridgeBack", self._back)):
            await supervisor.finish(loop, _STOP_S)
            if reader is not None:
                await reader.close()
        await self._publisher.stop(supervisor)

    def _start_reading(
        self, supervisor: Supervisor, name: str, turn: Callable[[], Awaitable[None]]
    ) -> None:
        supervisor.start(name, turn, longest_pause_s=_LONGEST_PAUSE_S, stalled_s=_STALLED_S)

    async def _pass_on(self, outside: Subscription) -> None:
        """Store what came from the broker, and acknowledge it then; else it is lost, and told.

        Without an acknowledgement the broker would hold up everybody, for as long as it takes.
        """
        batch = await outside.batch(_BATCH_MESSAGES)
        named = [(new, it.payload) for it in batch for new in renamed(self._inward, it.topic)]
        try:
            await self._add(
                Waiting(databus.RAW, place, payload, _digest(place, payload))
                for place, payload in ((new.removeprefix(_RAW), payload) for new, payload in named)
            )
        except Exception:
            self._figures.count(0, len(named))
            _acknowledge(batch)
            raise
        self._figures.count(len(named), 0)
        _acknowledge(batch)

    async def _add(self, messages: Iterable[Waiting]) -> None:
        await self._queue.add(list(messages))
        self._publisher.wake()

    async def _serve(
        self,
        take: Callable[[Sequence[BusMessage]], Awaitable[list[PhasorSample]]],
        keep: Callable[[Sequence[PhasorSample]], Awaitable[None]],
    ) -> None:
        async with self._raw.taken(_BATCH_MESSAGES) as found:
            if not found:
                return
            taken = await take([BusMessage(it.key, it.body, it.name) for it in found])
            if taken:
                await keep(taken)

    async def _pass_back(self, reader: KafkaReader) -> None:
        async with reader.taken(_BATCH_MESSAGES) as found:
            named = [
                (new, it.body)
                for it in found
                for new in renamed(self._outward, _OVER_MQTT[it.topic] + it.key)
                if _is_name(new)
            ]
            await asyncio.gather(*(self._link.publish(*each) for each in named))


def _acknowledge(messages: Sequence[MqttMessage]) -> None:
    for each in messages:
        each.acknowledge()


def _digest(place: str, payload: bytes) -> str:
    return sha256(place.encode() + b"\0" + payload).hexdigest()


def _sources(bridges: Sequence[Bridge]) -> list[str]:
    """Return the topics of Kafka that some bridges read."""
    return [
        name
        for name, begin in _OVER_MQTT.items()
        if any(each.source.startswith(begin) for each in bridges)
    ]


def _is_name(text: str) -> bool:
    """Return whether MQTT has room for a topic of this name: another may have written the key."""
    is_short = len(text.encode()) <= _LONGEST_TOPIC
    return is_short and all(text.split("/")) and not set(text) & {"+", "#", "\0"}
