"""The broker of the devices as a server and its access layer see it, whichever it is."""

from collections.abc import Sequence
from typing import Protocol

from prometheus_client import Metric

from platone.infra.metric.figure import count, gauge
from platone.infra.mqtt.link import BrokerAddress
from platone.infra.mqtt.standing import Standing
from platone.infra.supervision import Supervisor
from platone.kernel.errors import Kind, PlatoneError


class BrokerFailed(PlatoneError):
    """The message broker did not start, or it has ended; `detail` has its last words."""

    slug = "broker-failed"
    title = "The message broker does not run"
    kind = Kind.UNAVAILABLE


class DeviceBroker(BrokerAddress, Protocol):
    """A broker that lets in our services and the devices that stand, each to its own topics.

    Attributes:
        standing: The devices that may connect.
        supervisor: Its background loops.
    """

    standing: Standing
    supervisor: Supervisor

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError, BrokerFailed: It cannot.
        """
        ...

    def read_certificate(self) -> None:
        """Use the certificate that its file has now, for new connections."""
        ...

    async def measure(self) -> Sequence[Metric]:
        """Return the figures of its connections as they are now."""
        ...

    async def stop(self) -> None:
        """Hang up on everybody and forget all sessions."""
        ...


def connection_figures(connected: int, refused: int) -> Sequence[Metric]:
    """Return the figures of a broker's connections.

    Args:
        connected: Clients that are connected.
        refused: Connections that were over its bounds since the start.
    """
    return [
        gauge(
            "platone_mqtt_connections",
            "Clients that are connected to the broker of devices.",
            connected,
        ),
        count(
            "platone_mqtt_refused_connections",
            "Connections to the broker that were over its bounds.",
            refused,
        ),
    ]
