"""Where Kafka is, and how a server shows itself there."""

import importlib.util
from dataclasses import dataclass
from typing import Any

from platone.infra.mqtt.tls import TlsFiles

MOST_BYTES = 33_554_432
"""Longest message, bytes: 32 MiB, as long as the longest body over HTTPS. A part of a settlement
has 11 MB, and more with each correction of all of it."""


@dataclass(frozen=True, slots=True)
class KafkaLink:
    """The brokers, and a client's certificate there.

    Attributes:
        servers: Addresses of brokers, separated by commas: any one leads to all.
        tls: The authority of the brokers, and the client's key and certificate.
        name: The name of the publisher: of its transactions, and of the group in which Kafka keeps
            how far it has come. Another publisher of the same name ends this one's transactions.
    """

    servers: str
    tls: TlsFiles
    name: str

    def configuration(self) -> dict[str, Any]:
        """Return the configuration of every client: mutual TLS, and nothing but it."""
        return {
            "bootstrap.servers": self.servers,
            "security.protocol": "ssl",
            "ssl.ca.location": str(self.tls.authority),
            "ssl.certificate.location": str(self.tls.certificate),
            "ssl.key.location": str(self.tls.key),
            "client.id": self.name,
        }

    def files_as_of(self) -> tuple[int, ...]:
        """Return when each of its files was changed last, ns: a client reads them at its start."""
        files = self.tls.authority, self.tls.certificate, self.tls.key
        return tuple(each.stat().st_mtime_ns for each in files)


def group_name(publisher: str, end: str) -> str:
    """Return the name of a group of readers of a publisher's name."""
    return f"{publisher}-{end}"


def is_installed() -> bool:
    """Return whether the client of Kafka is installed."""
    return importlib.util.find_spec("confluent_kafka") is not None
