"""Ports of the DSO platform: the other parties' systems, the nodes and the databus."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from platone.dso.domain.estimation import GatheredMeasurements, MaxAges
from platone.dso.domain.phasor import BusMessage
from platone.grid.network.model import Network
from platone.grid.profile.meter_row import MeterRows
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission
from platone.messages.clearing import GridLimits
from platone.messages.market import FlexibilityService
from platone.messages.metering import SetpointCommand
from platone.messages.registry import Measurement as MeterReading
from platone.messages.registry import PointOfDelivery, Series

PODS_PER_CALL = 200
"""Points of delivery that customers is asked of in one call: their names stand in the address,
which servers take up to 8 kB long."""


class CustomerDatabase(Protocol):
    """The Shared Customer Database, and the nodes that stand at its PoDs."""

    async def pods(self) -> list[PointOfDelivery]:
        """Return all points of delivery; ``action_type`` is ``delete`` where one has ended."""
        ...

    async def baselines(
        self, pod_ids: Sequence[str], day: MarketDay, as_of: datetime | None = None
    ) -> list[Series]:
        """Return the known baselines of points of delivery on a market day.

        Args:
            pod_ids: The points of delivery.
            day: The market day.
            as_of: As they stood just before this instant; none for now.
        """
        ...

    async def associate(self, pod_id: str, pom_id: str) -> PlatoneError | None:
        """Tell which point of measurement feeds a PoD; return the problem if it is refused."""
        ...

    async def devices(self) -> dict[str, str]:
        """Return the active node of each PoD that has one."""
        ...


class Market(Protocol):
    """The market platform, as the DSO sees it."""

    async def submit(self, service: FlexibilityService) -> Submission:
        """Send a request for flexibility.

        Raises:
            PartnerRefused: The market said no.
            PartnerUnavailable: It does not answer.
        """
        ...

    async def tell_limits(self, limits: GridLimits) -> Submission:
        """Tell the limits that a session's clearing is to keep.

        Raises:
            PartnerRefused: The market said no.
            PartnerUnavailable: It does not answer.
        """
        ...


class SetpointLink(Protocol):
    """The way to the nodes."""

    async def send(self, command: SetpointCommand) -> None:
        """Send a setpoint; it has arrived only when the node acknowledges it.

        Raises:
            PlatoneError: There is no connection now.
        """
        ...


class MeteringSource(Protocol):
    """The measurements of points of delivery, as the Shared Customer Database holds them."""

    async def rows(
        self, pod_ids: Sequence[str], start: datetime, end: datetime, qualities: Collection[str]
    ) -> MeterRows:
        """Return the readings of a span of time; values of other qualities are marked."""
        ...


class MeterReadings(Protocol):
    """Certified readings of the customer database."""

    async def readings(self, begin: datetime, end: datetime) -> list[MeterReading]:
        """Return the readings of intervals that begin in a span of time."""
        ...


class FeedReadings(Protocol):
    """Readings of a feed, which can be pickled."""

    def on(self, network: Network) -> GatheredMeasurements:
        """Return the measurements that a network makes of them."""
        ...


class MeasurementFeed(Protocol):
    """A source that measurements are gathered from."""

    async def around(self, at: datetime, max_ages: MaxAges) -> FeedReadings:
        """Return each element's newest readings until an instant that are not too old."""
        ...


class EstimatePublisher(Protocol):
    """The databus's side on which estimates are published."""

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish below `processed/bal/`, each to its place; without a connection they are lost."""
        ...


class Databus(Protocol):
    """The databus of the DSO technical platform."""

    async def publish(self, messages: Sequence[BusMessage]) -> None:
        """Publish messages below `processed/bal/`.

        Over MQTT they are lost where there is no connection now; over Kafka none is.

        Raises:
            PlatoneError: It promises to keep them, and could not.
        """
        ...
