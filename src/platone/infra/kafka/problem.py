"""The problems of publishing to Kafka."""

from platone.kernel.errors import Kind, PlatoneError


class KafkaAway(PlatoneError):
    """Kafka does not answer, or does not let this server in; `detail` has its last words.

    What is to be published waits in the records, and is published when Kafka is back.
    """

    slug = "kafka-away"
    title = "Kafka does not answer"
    kind = Kind.UNAVAILABLE


class TopicRefused(PlatoneError):
    """Kafka does not take the messages of a topic: it has no such topic, or no room or right.

    `platone kafka acl` makes the topics and rights of all parties. The other topics go on.
    """

    slug = "topic-refused"
    title = "Kafka does not take a topic's messages"
    kind = Kind.UNAVAILABLE
