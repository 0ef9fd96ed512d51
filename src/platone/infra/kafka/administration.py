"""Topics and rights at Kafka brought to what they should be, by the administrator's certificate."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # all are public
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from confluent_kafka.cimpl import NewTopic

from platone.infra.kafka.grant import PARTY, Grant, Operation, Resource
from platone.infra.kafka.last_words import LastWords
from platone.infra.kafka.link import MOST_BYTES, KafkaLink
from platone.infra.kafka.problem import KafkaAway

_ANSWER_S = 30.0
"""Longest wait for an answer, s: brokers that have just started elect a leader first."""
_REACHED_S = 5.0
"""Longest wait for any answer, s: who takes longer is not well."""
_LEAST_IN_SYNC = 2
"""Copies that have a message before it counts, where there are three: one broker may be lost."""
_THREE = 3
"""Copies from which on one may be lost without a pause: two are left in sync."""
_OPERATIONS = {
    Operation.READ: AclOperation.READ,
    Operation.WRITE: AclOperation.WRITE,
    Operation.DESCRIBE: AclOperation.DESCRIBE,
}
_RESOURCES = {
    Resource.TOPIC: (ResourceType.TOPIC, ResourcePatternType.LITERAL),
    Resource.GROUP: (ResourceType.GROUP, ResourcePatternType.LITERAL),
    Resource.GROUPS: (ResourceType.GROUP, ResourcePatternType.PREFIXED),
    Resource.TRANSACTIONS: (ResourceType.TRANSACTIONAL_ID, ResourcePatternType.LITERAL),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """The changes that were made at Kafka.

    Attributes:
        topics: Topics that were made.
        given: Rights that were given.
        taken: Rights that were taken from parties, as Kafka tells them.
    """

    topics: list[str]
    given: int
    taken: list[str]


class KafkaAdministration:
    """The administrator's calls; every one blocks.

    Args:
        link: Where Kafka is, and the administrator's certificate.
    """

    def __init__(self, link: KafkaLink) -> None:
        self._words = LastWords(link.servers)
        heard = {"error_cb": self._words.hear, "log_level": 0}
        self._client = AdminClient(link.configuration() | heard)

    def brokers(self) -> int:
        """Return how many brokers answer for a cluster; raises KafkaAway."""
        try:
            return len(self._client.list_topics("", timeout=_REACHED_S).brokers)
        except KafkaException as error:
            raise self._away(error) from error

    def apply(
        self, topics: Iterable[str], grants: Collection[Grant], keep_days: int, replicas: int
    ) -> Changed:
        """Make topics and rights that are missing, and take what parties have beyond these.

        Args:
            topics: All topics.
            grants: All rights.
            keep_days: How long messages are kept.
            replicas: Copies of each topic.

        Raises:
            KafkaAway: Kafka does not answer, or the certificate is not an administrator's.
        """
        try:
            made = self._make_topics(topics, keep_days, replicas)
            stored = self._stored()
            wanted = {_binding(each) for each in grants}
            given = [each for each in wanted if each not in stored]
            if given:
                _all_done(self._client.create_acls(given, request_timeout=_ANSWER_S))
            over = [each for each in stored - wanted if _is_party(each)]
            if over:
                filters = [_same(each) for each in over]
                _all_done(self._client.delete_acls(filters, request_timeout=_ANSWER_S))
        except KafkaException as error:
            raise self._away(error) from error
        return Changed(made, len(given), sorted(_in_words(each) for each in over))

    def _away(self, error: KafkaException) -> KafkaAway:
        return self._words.away(self._client, error)

    def _make_topics(self, names: Iterable[str], keep_days: int, replicas: int) -> list[str]:
        there = self._client.list_topics(timeout=_ANSWER_S).topics
        settings = {
            "retention.ms": str(keep_days * 86_400_000),
            "max.message.bytes": str(MOST_BYTES),
            "min.insync.replicas": str(_LEAST_IN_SYNC if replicas >= _THREE else 1),
        }
        new = [
            NewTopic(name, num_partitions=1, replication_factor=replicas, config=settings)
            for name in sorted(set(names) - set(there))
        ]
        if new:
            _all_done(self._client.create_topics(new, operation_timeout=_ANSWER_S))
        return [each.topic for each in new]

    def _stored(self) -> set[AclBinding]:
        any_name: Any = None
        everything = AclBindingFilter(
            ResourceType.ANY,
            any_name,
            ResourcePatternType.ANY,
            any_name,
            any_name,
            AclOperation.ANY,
            AclPermissionType.ANY,
        )
        asked = self._client.describe_acls(everything, request_timeout=_ANSWER_S)
        return set(asked.result())


def _binding(grant: Grant) -> AclBinding:
    kind, pattern = _RESOURCES[grant.resource]
    return AclBinding(
        kind,
        grant.name,
        pattern,
        f"User:{grant.who}",
        "*",
        _OPERATIONS[grant.operation],
        AclPermissionType.ALLOW,
    )


def _same(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _is_party(binding: AclBinding) -> bool:
    return str(binding.principal).startswith(f"User:{PARTY}")


def _in_words(binding: AclBinding) -> str:
    operation = AclOperation(binding.operation).name.lower()
    kind = ResourceType(binding.restype).name.lower()
    return f"{binding.principal} {operation} {kind} {binding.name}"


def _all_done(asked: dict[Any, Any]) -> None:
    for each in asked.values():
        each.result()
