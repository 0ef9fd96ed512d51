"""Ports of a Light Node: a meter, an energy management system, and the way to the others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from platone.messages.metering import Reading, SetpointCommand
from platone.node.domain.register import Showing


class Meter(Protocol):
    """A meter that remembers its intervals, as a load profile does."""

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """Return the completed intervals that start at or after ``since``, in order of time.

        Args:
            since: End of the last interval that the node has kept; None at the very first.
        """
        ...


class Counters(Protocol):
    """The counters of the meter at a point of delivery, and of the one that it replaced."""

    async def showings(self, since: datetime | None) -> Sequence[Showing]:
        """Return the showings at and after an instant, in order of time.

        Where a meter was replaced, its last showing and the other's first are of one instant.
        """
        ...


class ShowingMemory(Protocol):
    """A durable memory of showings."""

    def load(self) -> Sequence[Showing]:
        """Return the showings that were kept last."""
        ...

    def save(self, showings: Sequence[Showing]) -> None:
        """Keep showings in the place of those before."""
        ...


class EnergyManagement(Protocol):
    """The customer's energy management system."""

    async def apply(self, command: SetpointCommand) -> None:
        """Carry out a setpoint; the same one may come twice after a crash.

        Raises:
            SetpointRefused: It will not.
        """
        ...


class Uplink(Protocol):
    """The node's way to the access layer and to the DSO."""

    async def send_readings(self, envelope: bytes) -> None:
        """Send a signed message of readings.

        Raises:
            PlatoneError: There is no connection now.
        """
        ...

    async def send_acknowledgement(self, envelope: bytes) -> None:
        """Send a signed acknowledgement; raises as :meth:`send_readings`."""
        ...
