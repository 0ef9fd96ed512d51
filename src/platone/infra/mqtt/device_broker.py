"""The broker of the devices as a server and its access layer see it, whichever it is."""

from typing import Protocol

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

    async def stop(self) -> None:
        """Hang up on everybody and forget all sessions."""
        ...
