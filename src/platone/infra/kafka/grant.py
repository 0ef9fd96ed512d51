"""Rights at Kafka: each publisher writes its own topics, each party reads its own.

What is not granted is denied: the brokers are told so (``allow.everyone.if.no.acl.found=false``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

PARTY = "party-"
"""Beginning of the name that a party has at Kafka; its identifier ends it."""


class Resource(Enum):
    """The kinds of what is granted; the value is Kafka's word."""

    TOPIC = "topic"
    GROUP = "group"
    GROUPS = "groups"
    """All groups whose names begin so."""
    TRANSACTIONS = "transactional-id"


class Operation(Enum):
    """The kinds of what somebody may do; the value is Kafka's word."""

    READ = "read"
    WRITE = "write"
    DESCRIBE = "describe"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A right: somebody may do something with something.

    Attributes:
        who: The common name of the certificate.
        resource: The kind of what it is a right to.
        name: Its name.
        operation: What is allowed.
    """

    who: str
    resource: Resource
    name: str
    operation: Operation


def publisher_grants(who: str, transactions: str, topics: Iterable[str]) -> Iterator[Grant]:
    """Yield the rights of a publisher.

    It reads its own topics, too: Kafka asks for that where a place in a topic is kept.

    Args:
        who: Its certificate's name.
        transactions: The name of its transactions, and of the group that keeps its places.
        topics: Its topics.
    """
    for topic in topics:
        for operation in Operation:
            yield Grant(who, Resource.TOPIC, topic, operation)
    for operation in (Operation.WRITE, Operation.DESCRIBE):
        yield Grant(who, Resource.TRANSACTIONS, transactions, operation)
    yield Grant(who, Resource.GROUP, transactions, Operation.READ)


def party_grants(topics: Mapping[str, Iterable[str]]) -> Iterator[Grant]:
    """Yield the rights of parties: their own topics, and groups that begin with their own name.

    Args:
        topics: The topics of each party.
    """
    for party, own in topics.items():
        who = PARTY + party
        for topic in own:
            yield Grant(who, Resource.TOPIC, topic, Operation.READ)
            yield Grant(who, Resource.TOPIC, topic, Operation.DESCRIBE)
        yield Grant(who, Resource.GROUPS, f"{party}.", Operation.READ)
