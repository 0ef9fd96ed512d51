"""Transactions with Kafka: messages and the place that they lead to, both or neither.

A server may be killed after Kafka has taken messages and before it has noted so itself. So the
place is kept in Kafka, too, as the offset of a group, in the same transaction as the messages ::

    begin ─► messages ─► place (number and mark of the last one) ─► commit
      │                                                               │ cut off: nobody knows
      └ abort: nothing was there                                      ▼
                                       the next session fences this one, which decides the
                                       transaction, and asks for the place
"""

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from platone.infra.kafka.last_words import LastWords
from platone.infra.kafka.link import MOST_BYTES, KafkaLink
from platone.infra.kafka.problem import KafkaAway, TopicRefused
from platone.infra.kafka.queue import Numbered

_ANSWER_S = 5.0
"""Longest wait for an answer, s. Three brokers of which one was killed may need eleven seconds by
default: then another session is opened, which asks how far this one has come."""
_TRANSACTION_MS = 20_000
"""Longest transaction, ms: whoever reads only what is committed waits that long for one that was
cut off, where nobody fences it."""
_NEWS_MS = 5_000
"""How long a topic may be unknown before its messages are refused, ms."""
_REFUSALS = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - the library's public constants
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_RECORD,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.POLICY_VIOLATION,
    }
)
"""Answers that are about one topic, and leave others as they are."""


class KafkaSession:
    """A publisher's session, which one thread at a time may use; every call blocks.

    Args:
        link: Where Kafka is, and who opens it.

    Raises:
        KafkaAway: Kafka does not answer, or does not let this client in.
    """

    def __init__(self, link: KafkaLink) -> None:
        self._link = link
        self._words = LastWords(link.servers)
        common = link.configuration() | {
            "error_cb": self._words.hear,
            "log_level": 0,  # the library would write to the standard error at each try
        }
        reading = {"isolation.level": "read_committed", "enable.auto.commit": False}
        writing = {
            "transactional.id": link.name,
            "transaction.timeout.ms": _TRANSACTION_MS,
            "message.max.bytes": MOST_BYTES,
            "compression.type": "zstd",
            "topic.metadata.propagation.max.ms": _NEWS_MS,
            "linger.ms": 0,
        }
        self._consumer = Consumer(common | reading | {"group.id": link.name})
        self._producer = Producer(common | writing)
        try:
            self._producer.init_transactions(_ANSWER_S)
        except KafkaException as error:
            raise self._away(error) from error

    def check(self) -> None:
        """Ask whether Kafka answers; raises KafkaAway."""
        try:
            self._producer.list_topics("", timeout=_ANSWER_S)
        except KafkaException as error:
            raise self._away(error) from error

    def place(self, topic: str) -> tuple[int, str]:
        """Return the number and mark of a topic's last message in Kafka; 0 before the first.

        Raises:
            TopicRefused: There is no such topic, or no right to it.
            KafkaAway: Kafka does not answer.
        """
        try:
            _check(self._producer.list_topics(topic, timeout=_ANSWER_S).topics[topic].error)
            asked = [TopicPartition(topic, 0)]
            (found,) = self._consumer.committed(asked, timeout=_ANSWER_S)
            _check(found.error)
        except KafkaException as error:
            raise self._named(topic, error) from error
        return max(found.offset, 0), found.metadata or ""

    def publish(self, topic: str, messages: Sequence[Numbered]) -> None:
        """Publish messages of a topic, all or none, with the place that they lead to.

        Raises:
            TopicRefused: This topic's are not taken; none was published.
            KafkaAway: Nobody knows whether they are published: open another session, and ask.
        """
        refused: list[KafkaError] = []
        try:
            self._producer.begin_transaction()
            self._send(topic, messages, refused)
            last = messages[-1]
            place = TopicPartition(topic, 0, last.number, metadata=last.mark)
            group = self._consumer.consumer_group_metadata()
            self._producer.send_offsets_to_transaction([place], group, _ANSWER_S)
            self._commit()
        except KafkaException as error:
            cause = KafkaException(refused[0]) if refused else error
            self._abort(error)
            raise self._named(topic, cause) from error

    def close(self) -> None:
        """Leave; what is under way is decided by the next session."""
        self._producer.purge()
        self._consumer.close()

    def _send(self, topic: str, messages: Sequence[Numbered], refused: list[KafkaError]) -> None:
        def told(error: KafkaError | None, _message: object) -> None:
            if error is not None:
                refused.append(error)

        for each in messages:
            self._producer.produce(
                topic,
                each.body,
                each.key,
                partition=0,
                headers={"number": str(each.number).encode()},
                on_delivery=told,
            )
        left = self._producer.flush(2 * _ANSWER_S)
        if refused:
            raise KafkaException(refused[0])
        if left:
            raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))  # noqa: SLF001

    def _commit(self) -> None:
        """Commit, and ask again where no answer came: that is the same commit."""
        until_s = time.monotonic() + 2 * _ANSWER_S
        while True:
            try:
                self._producer.commit_transaction(_ANSWER_S)
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() >= until_s:
                    raise
            else:
                return

    def _abort(self, error: KafkaException) -> None:
        """Take back what was begun; raises KafkaAway where that is not certain."""
        cause: KafkaError = error.args[0]
        if cause.fatal() or (cause.retriable() and not cause.txn_requires_abort()):
            raise self._away(error) from error
        try:
            self._producer.abort_transaction(_ANSWER_S)
        except KafkaException as second:
            raise self._away(second) from error

    def _named(self, topic: str, error: KafkaException) -> KafkaAway | TopicRefused:
        cause: KafkaError = error.args[0]
        if cause.code() in _REFUSALS:
            return TopicRefused(f"{topic}: {cause.str()}", topic=topic)
        return self._away(error)

    def _away(self, error: KafkaException) -> KafkaAway:
        return self._words.away(self._producer, error)


def _check(error: KafkaError | None) -> None:
    """Raise an error that stands in an answer."""
    if error is not None:
        raise KafkaException(error)
