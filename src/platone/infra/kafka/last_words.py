"""The last words of a client of Kafka: why it could not do what its error only names."""

import contextlib

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from platone.infra.kafka.problem import KafkaAway


class LastWords:
    """Hears what a client's library says by the way, such as that a certificate was refused.

    Args:
        servers: Addresses of the brokers.
    """

    def __init__(self, servers: str) -> None:
        self._servers, self._heard = servers, ""

    def hear(self, error: KafkaError) -> None:
        """Keep an error that the library tells: its `error_cb`."""
        self._heard = error.str()

    def away(self, client: Producer | AdminClient, error: KafkaException) -> KafkaAway:
        """Return the problem that Kafka does not answer a client, with its last words."""
        with contextlib.suppress(KafkaException):  # a fatal error is raised here, too
            client.poll(0)  # which hands over its last words
        return self.told(error)

    def told(self, error: KafkaException) -> KafkaAway:
        """Return the problem that Kafka does not answer, with the last words heard so far."""
        cause: KafkaError = error.args[0]
        told = f" ({self._heard})" if self._heard else ""
        return KafkaAway(f"{self._servers}: {cause.str()}{told}")
