"""Links of state estimation: to the databus, and to the customer database's readings."""

import logging
from collections.abc import Sequence
from datetime import datetime

from platone.dso.domain.phasor import BusMessage
from platone.dso.service.ports import Databus
from platone.infra.http.client import PartyClient
from platone.kernel.errors import PlatoneError
from platone.messages.registry import Measurement, MeasurementBatch

_BATCH = 500
"""Messages published at once: as many as the broker takes without dropping."""
_log = logging.getLogger(__name__)


class DatabusEstimates:
    """A publisher of estimates on the databus.

    Attributes:
        databus: The databus, once there is one.
    """

    def __init__(self) -> None:
        self.databus: Databus | None = None

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish below `processed/bal/`; without a connection they are lost, and logged."""
        if self.databus is None:
            return
        try:
            for start in range(0, len(messages), _BATCH):
                part = messages[start : start + _BATCH]
                await self.databus.publish([BusMessage(*each) for each in part])
        except PlatoneError as error:
            _log.info("an estimate is stored, and was not published: %s", error.detail)


class RestMeterReadings:
    """The certified readings of the customer database, over REST.

    Args:
        party: The DSO's client.
    """

    def __init__(self, party: PartyClient) -> None:
        self._party = party

    async def readings(self, begin: datetime, end: datetime) -> list[Measurement]:
        """Return the readings of intervals that begin in a span of time."""
        span = {"from": begin.isoformat(), "to": end.isoformat()}
        return (await self._party.get("/api/scd/measurements", MeasurementBatch, span)).measurements
