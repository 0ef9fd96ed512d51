"""Metering of points of delivery from the Shared Customer Database, over REST."""

from collections.abc import Collection, Sequence
from datetime import datetime

from platone.grid.profile.meter_row import MeterRows, rows_of_readings
from platone.infra.http.client import PartyClient
from platone.infra.http.metering import read_measurements


class RestMeteringSource:
    """The metering of points of delivery, read from the Shared Customer Database.

    Args:
        party: The DSO's client.
    """

    def __init__(self, party: PartyClient) -> None:
        self._party = party

    async def rows(
        self, pod_ids: Sequence[str], start: datetime, end: datetime, qualities: Collection[str]
    ) -> MeterRows:
        """Return the readings from ``start`` to before ``end``."""
        found = await read_measurements(self._party, list(pod_ids), start, end)
        return rows_of_readings(found, qualities)
