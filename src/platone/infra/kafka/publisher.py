"""The publisher of a context's topics: each message once, in order, a topic by itself.

::

    a topic's first turn ─► the place in Kafka is asked for: it may be ahead of the one noted here
    messages after it ─► one transaction ─► the place is noted here
    a topic that is refused ─► it pauses, and the others go on
    Kafka away ─► everything waits in the records
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import Metric

from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.problem import KafkaAway, TopicRefused
from platone.infra.kafka.queue import KafkaQueue, WaitingTopic
from platone.infra.lease.held import Lease
from platone.infra.metric.figure import count, gauge
from platone.infra.supervision import Supervisor

if TYPE_CHECKING:
    from platone.infra.kafka.session import KafkaSession

T = TypeVar("T")
_LOOP = "kafka"
_log = logging.getLogger(__name__)
_LONGEST_PAUSE_S = 5.0
"""Longest pause between two tries where Kafka is away, s: outcomes wait for it."""
_LOOK_S = 0.5
"""Pause between two looks for messages, s: soon enough for people, cheap for the database."""
_CHECK_S = 5.0
"""How long it may be still before Kafka is asked whether it is there, s."""
_STALLED_S = 300.0
"""How long a turn may take before it counts as stalled, s: a batch of each of many topics."""
_FIRST_PAUSE_S, _MOST_PAUSE_S = 1.0, 60.0
"""Pause of a topic that was refused, s, doubled each time, and the longest."""
_STOP_S = 5.0
"""How long a stop waits for the transaction under way, s; the next start asks how it ended."""


@dataclass(slots=True)
class _Refusal:
    """A topic that was refused: until when it is left alone, and for how long."""

    until_s: float
    pause_s: float


class KafkaPublisher:
    """Publishes what waits, in a supervised loop.

    Args:
        context: The context's name.
        queue: Its topics.
        link: Where Kafka is.
        clock: Tells the seconds by which pauses are measured; it never goes back.
        lease: The right to publish, where several servers share the topics.
    """

    def __init__(
        self,
        context: str,
        queue: KafkaQueue,
        link: KafkaLink,
        clock: Callable[[], float] = time.monotonic,
        lease: Lease | None = None,
    ) -> None:
        self._context, self._queue, self._link, self._clock = context, queue, link, clock
        self._lease = lease or Lease(_LOOP)
        self._number = self._lease.number
        self._thread = ThreadPoolExecutor(1, f"kafka-{context}")
        self._session: KafkaSession | None = None
        self._files: tuple[int, ...] = ()
        self._places: dict[str, int] = {}
        self._refusals: dict[str, _Refusal] = {}
        self._asked_s = 0.0
        self._published = 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Tell that messages wait; otherwise it looks twice a second."""
        self._news.set()

    async def turn(self) -> None:
        """Publish a batch of each topic with messages that wait, or wait for some.

        Raises:
            KafkaAway: Kafka does not answer; all is tried again.
        """
        if self._number != self._lease.number:  # another worker has published meanwhile
            await self._leave()
            self._number = self._lease.number
        try:
            session = await self._opened()
            self._news.clear()
            now_s = self._clock()
            waiting = [each for each in await self._queue.waiting() if self._is_ripe(each, now_s)]
            if not sum([await self._publish_next(session, each) for each in waiting]):
                await self._rest(session)
        except KafkaAway:
            await self._leave()
            raise

    def start(self, supervisor: Supervisor) -> None:
        """Begin to publish, with whatever an earlier run left."""
        turn = self._lease.held(self.turn)
        supervisor.start(_LOOP, turn, longest_pause_s=_LONGEST_PAUSE_S, stalled_s=_STALLED_S)

    async def stop(self, supervisor: Supervisor) -> None:
        """Leave Kafka; what waits is published after the next start."""
        await supervisor.finish(_LOOP, _STOP_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await self._leave()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        waiting = sum(each.count for each in await self._queue.waiting())
        return [
            self._told("waiting", "Messages that wait to be published to Kafka.", waiting),
            self._told(
                "refused_topics",
                "Topics whose messages Kafka did not take at the last try.",
                len(self._refusals),
            ),
            count(
                "platone_kafka_published",
                "Messages that were published to Kafka.",
                {self._context: float(self._published)},
                "context",
            ),
        ]

    def _told(self, name: str, text: str, value: float) -> Metric:
        return gauge(f"platone_kafka_{name}", text, {self._context: value}, "context")

    def _is_ripe(self, topic: WaitingTopic, now_s: float) -> bool:
        refusal = self._refusals.get(topic.name)
        return refusal is None or refusal.until_s <= now_s

    async def _publish_next(self, session: "KafkaSession", topic: WaitingTopic) -> int:
        """Publish the next messages of a topic, and return how many; or leave it for a while."""
        try:
            if topic.name not in self._places:
                self._places[topic.name] = await self._place(session, topic)
            messages = await self._queue.after(topic.name, self._places[topic.name])
            if messages:
                await self._call(lambda: session.publish(topic.name, messages))
        except TopicRefused as refusal:
            self._leave_alone(topic.name, refusal)
            return 0
        if messages:
            self._places[topic.name] = messages[-1].number
            self._published += len(messages)
        if self._places[topic.name] > topic.place:  # also where an earlier note was not stored
            await self._queue.passed(topic.name, self._places[topic.name])
        if self._refusals.pop(topic.name, None) is not None:
            _log.warning("Kafka takes the messages of %s again", topic.name)
        return len(messages)

    async def _place(self, session: "KafkaSession", topic: WaitingTopic) -> int:
        """Return how far a topic is published: what Kafka says, if that is of these messages.

        After a backup was put back Kafka may name a message that never was, as far as the records
        know: then their own place counts.
        """
        number, mark = await self._call(lambda: session.place(topic.name))
        if number <= topic.place:
            return topic.place
        if await self._queue.mark_of(topic.name, number) != mark:
            _log.warning("%s: Kafka has messages that are not in the records", topic.name)
            return topic.place
        await self._queue.passed(topic.name, number)
        return number

    def _leave_alone(self, topic: str, refusal: TopicRefused) -> None:
        before = self._refusals.get(topic)
        pause_s = min(2 * before.pause_s, _MOST_PAUSE_S) if before else _FIRST_PAUSE_S
        self._refusals[topic] = _Refusal(self._clock() + pause_s, pause_s)
        self._places.pop(topic, None)
        _log.warning("%s, next try in %.0f s", refusal, pause_s)

    async def _rest(self, session: "KafkaSession") -> None:
        if self._clock() - self._asked_s >= _CHECK_S:
            await self._call(session.check)
            self._asked_s = self._clock()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()

    async def _opened(self) -> "KafkaSession":
        """Return the session; a new one where there is none, or its certificate is renewed."""
        files = await asyncio.to_thread(self._link.files_as_of)
        if self._session is not None and files != self._files:
            await self._leave()
        if self._session is None:
            self._session = await self._call(self._open)
            self._files, self._asked_s = files, self._clock()
        return self._session

    def _open(self) -> "KafkaSession":
        """Return a new session; it blocks for some seconds where Kafka is away."""
        from platone.infra.kafka.session import KafkaSession  # noqa: PLC0415 - an extra brings it

        return KafkaSession(self._link)

    async def _leave(self) -> None:
        self._places.clear()
        if (session := self._session) is not None:
            self._session = None
            await self._call(session.close)

    async def _call(self, work: Callable[[], T]) -> T:
        """Do what blocks, in a thread that does one thing after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
