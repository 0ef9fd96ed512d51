"""What a Light Node needs: a meter, an energy management system, a journal, a way out."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from platone.messages.metering import Reading, SetpointCommand
from platone.node.domain import Sealed


class Meter(Protocol):
    """A meter that remembers its intervals, as a load profile does."""

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """The completed intervals that start at or after ``since``, in order of time.

        Args:
            since: End of the last interval that the node has kept; None at the very first.
        """
        ...


class EnergyManagement(Protocol):
    """The customer's energy management system."""

    async def apply(self, command: SetpointCommand) -> None:
        """Carry out a setpoint; the same one may come twice after a crash.

        Raises:
            SetpointRefused: It will not.
        """
        ...


class Journal(Protocol):
    """The node's durable memory."""

    async def read_until(self) -> datetime | None:
        """End of the last interval that was kept."""
        ...

    async def keep(self, seal: Callable[[int], Sequence[Sealed]]) -> Sequence[Sealed]:
        """Number new messages and keep them durably, all or none.

        Args:
            seal: Makes the messages, given the first number that was never used.
        """
        ...

    async def waiting(self, limit: int) -> Sequence[Sealed]:
        """The oldest messages that have neither a receipt nor a refusal."""
        ...

    async def settle(self, sequence: int, message_hash: str, refusal: str | None) -> bool:
        """Forget a received message, or set a refused one aside; False if it is another's.

        Args:
            sequence: The message's number.
            message_hash: SHA-256 of its payload; nothing happens if it is not this message's.
            refusal: The problem's slug, or None where it was stored.
        """
        ...

    async def count(self) -> tuple[int, int]:
        """How many messages are waiting, and how many were refused."""
        ...

    async def remember(self, command: SetpointCommand) -> bytes | None:
        """Keep a setpoint; its acknowledgement if it has one already.

        Raises:
            SetpointRefused: Another setpoint has the same identifier.
        """
        ...

    async def open_setpoints(self) -> Sequence[SetpointCommand]:
        """Setpoints that were kept and never acknowledged, because the node stopped."""
        ...

    async def answer(self, setpoint_id: str, acknowledgement: bytes) -> None:
        """Keep a setpoint's acknowledgement."""
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
        """Send a signed acknowledgement; raises as above."""
        ...
