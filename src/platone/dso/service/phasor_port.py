"""What phasor power needs: records, and the databus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from platone.grid.phasor.component import Component
from platone.messages.phasor import PhasorDevice


@dataclass(frozen=True, slots=True)
class BusMessage:
    """A message of the databus.

    Attributes:
        place: Its topic's levels below `raw/bal/` or `processed/bal/`, which are the same.
        payload: Its bytes.
    """

    place: str
    payload: bytes

    @property
    def device(self) -> str:
        """Who sent it: the last level."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Taken:
    """A component's phasors and power in one instant, as a device took them."""

    device: str
    at: datetime
    component: Component


class PhasorRecord(Protocol):
    """What was measured lately, and how devices are configured."""

    async def keep(self, taken: Sequence[Taken]) -> None:
        """Store; the same component, device and instant again takes the earlier one's place."""
        ...

    async def latest(self, device: str) -> list[Taken]:
        """The newest of each of a device's components, by instant."""
        ...

    async def between(
        self, device: str, begin: datetime, end: datetime
    ) -> tuple[list[Taken], datetime | None]:
        """What a device took from `begin` to before `end`, by instant.

        Returns:
            As much as one answer holds, and where the rest begins.
        """
        ...

    async def last_before(self, at: datetime, within: timedelta) -> list[Taken]:
        """The newest of each component that is not after `at`, and younger than `within`.

        This is what the state estimation takes for an instant.
        """
        ...

    async def devices(self) -> Mapping[str, PhasorDevice]:
        """The configured devices."""
        ...

    async def configure(self, device: str, wanted: PhasorDevice) -> None:
        """Store how a device is configured."""
        ...


class Databus(Protocol):
    """The databus of the DSO technical platform."""

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Publish below `processed/bal/`.

        Raises:
            PlatoneError: There is no connection now.
        """
        ...
