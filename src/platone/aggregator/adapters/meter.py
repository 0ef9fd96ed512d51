"""Metering of a portfolio from the Shared Customer Database, over REST."""

from collections.abc import Sequence
from datetime import datetime

from platone.grid.profile.meter_row import MeterRows, rows_of_readings
from platone.grid.profile.metering import GOOD_QUALITIES
from platone.infra.http.client import PartyClient
from platone.infra.http.metering import read_measurements


class RestMetering:
    """The measurements of points of delivery, as an aggregator may read them.

    Args:
        client: The aggregator's calls.
    """

    def __init__(self, client: PartyClient) -> None:
        self._client = client

    async def rows(self, pod_ids: Sequence[str], start: datetime, end: datetime) -> MeterRows:
        """Return the readings of good quality from ``start`` to before ``end``."""
        found = await read_measurements(self._client, list(pod_ids), start, end)
        return rows_of_readings(found, GOOD_QUALITIES)
