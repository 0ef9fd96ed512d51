"""Messages of topics, read by a group that keeps its place once what they led to is durable.

::

    some messages ─► the work on them ─► the group's place, committed ─► the next ones
                        └ fails, or the server is killed: the same ones again
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException, Message

from platone.infra.kafka.last_words import LastWords
from platone.infra.kafka.link import KafkaLink, group_name
from platone.infra.kafka.problem import KafkaAway

T = TypeVar("T")
_WAIT_S = 1.0
"""Longest wait for a message in one turn, s: a stop waits for it."""
_ANSWER_S = 5.0
"""Longest wait for an answer, s."""
_CHECK_TURNS = 5
"""Turns without a message after which Kafka is asked whether it is there."""
_AHEAD_KB = 16_384
"""Most that is fetched ahead, kB."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of a topic.

    Attributes:
        topic: The topic.
        key: What it is about; empty where it says nothing.
        body: Its bytes.
        name: What tells it from every other message of the topic, also of one made anew.
    """

    topic: str
    key: str
    body: bytes
    name: str


class KafkaReader:
    """A member of a group of readers, which opens when it is first read, and after each failure.

    Args:
        link: Where Kafka is.
        group: The end of the group's name, whose beginning is the publisher's.
        topics: The topics.
    """

    def __init__(self, link: KafkaLink, group: str, topics: Sequence[str]) -> None:
        self._link, self._group = link, group_name(link.name, group)
        self._topics = list(topics)
        self._words = LastWords(link.servers)
        self._thread = ThreadPoolExecutor(1, f"kafka-{group}")
        self._consumer: Consumer | None = None
        self._files: tuple[int, ...] = ()
        self._silent = 0

    @contextlib.asynccontextmanager
    async def taken(self, most: int) -> AsyncIterator[list[Arrived]]:
        """Give the next messages, none after a second; at the end they count as worked on.

        Where the work on them fails, or is cut off, they come again.

        Args:
            most: Most messages.

        Raises:
            KafkaAway: Kafka does not answer, or does not let this group read.
        """
        try:
            found = await self._call(lambda: self._read(most))
            yield found
            if found:
                await self._call(self._commit)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Leave the group; what was not worked on comes again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await self._call(consumer.close)

    async def _call(self, work: Callable[[], T]) -> T:
        """Do what blocks, in a thread that does one thing after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read(self, most: int) -> list[Arrived]:
        try:
            consumer = self._opened()
            first = consumer.poll(_WAIT_S)
            if first is None:
                self._look(consumer)
                return []
            self._silent = 0
            return [_arrived(each) for each in (first, *consumer.consume(most - 1, 0.0))]
        except KafkaException as error:
            raise self._away(error) from error

    def _opened(self) -> Consumer:
        """Return the consumer; a new one where there is none, or its certificate is renewed."""
        files = self._link.files_as_of()
        if self._consumer is not None and files != self._files:
            self._consumer.close()
            self._consumer = None
        if self._consumer is None:
            self._consumer = Consumer(
                self._link.configuration()
                | {
                    "error_cb": self._words.hear,
                    "log_level": 0,  # the library would write to the standard error at each try
                    "group.id": self._group,
                    "isolation.level": "read_committed",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "group.instance.id": self._group,  # a killed server's place is its own again
                    "queued.max.messages.kbytes": _AHEAD_KB,
                }
            )
            self._consumer.subscribe(self._topics)
            self._files, self._silent = files, 0
        return self._consumer

    def _look(self, consumer: Consumer) -> None:
        """Ask now and then whether Kafka is there: a consumer waits for it without a word."""
        self._silent += 1
        if self._silent >= _CHECK_TURNS:
            consumer.list_topics(self._topics[0], timeout=_ANSWER_S)
            self._silent = 0

    def _commit(self) -> None:
        consumer = self._consumer
        if consumer is None:
            raise KafkaAway(f"{self._link.servers}: {self._group} has left")
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:
            raise self._away(error) from error

    def _away(self, error: KafkaException) -> KafkaAway:
        return self._words.told(error)


def _arrived(message: Message) -> Arrived:
    error = message.error()
    if error is not None:
        raise KafkaException(error)
    key, (_, at_ms) = message.key() or b"", message.timestamp()
    return Arrived(
        str(message.topic()),
        key.decode(errors="replace"),
        message.value() or b"",
        f"{message.partition()}/{message.offset()}/{at_ms}",
    )
