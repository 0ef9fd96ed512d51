"""Messages of the databus, and the phasors that were taken from them."""

from dataclasses import dataclass
from datetime import datetime

from platone.grid.phasor.component import ComponentPhasors


@dataclass(frozen=True, slots=True)
class BusMessage:
    """A message of the databus.

    Attributes:
        place: Its topic's levels below `raw/bal/` or `processed/bal/`, which are the same.
        payload: Its bytes.
        source: What it was made of, where the databus tells that: of two messages that were made
            of one source, the second is none.
    """

    place: str
    payload: bytes
    source: str = ""

    @property
    def device(self) -> str:
        """Return the device that sent it: the last level of the place."""
        return self.place.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class PhasorSample:
    """A component's phasors and power in one instant, as a device took them."""

    device: str
    at: datetime
    component: ComponentPhasors
