"""Metering of points of delivery from the Shared Customer Database, over REST."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from platone.grid.profile.meter_row import MeterRows
from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused
from platone.kernel.market_time import QUARTER_HOUR

_WH_A_KWH = 1000.0
"""Watt-hours of a kWh: readings are in Wh."""
_TOO_LARGE = 413
"""HTTP status of a question whose answer would be too long: it is asked in halves."""


class _Measurement(msgspec.Struct, rename="camel"):
    """The fields of a measurement that count here."""

    pod_id: str
    start_time: datetime
    duration_minutes: int
    energy_wh: int
    quality: str


class _Measurements(msgspec.Struct):
    measurements: list[_Measurement]


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
        found = MeterRows()
        for each in await self._measurements(list(pod_ids), start, end):
            found.add(
                each.pod_id,
                int(each.start_time.timestamp()),
                each.duration_minutes,
                each.energy_wh / _WH_A_KWH,
                is_good=each.quality in qualities,
            )
        return found

    async def _measurements(
        self, pod_ids: list[str], start: datetime, end: datetime
    ) -> list[_Measurement]:
        """Return measurements, by halves of the span where one answer cannot hold them."""
        query: dict[str, str | list[str]] = {
            "podId": pod_ids,
            "from": start.isoformat(),
            "to": end.isoformat(),
        }
        try:
            answer = await self._party.get("/api/scd/measurements", _Measurements, query)
        except PartnerRefused as refusal:
            if refusal.status != _TOO_LARGE or end - start <= QUARTER_HOUR:
                raise
        else:
            return answer.measurements
        middle = start + (end - start) / 2
        return [
            *await self._measurements(pod_ids, start, middle),
            *await self._measurements(pod_ids, middle, end),
        ]
