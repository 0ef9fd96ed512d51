"""Measurements of points of delivery from the Shared Customer Database, for any of its readers."""

from datetime import datetime

import msgspec

from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused
from platone.kernel.market_time import QUARTER_HOUR

_TOO_LARGE = 413
"""HTTP status of a question whose answer would be too long: it is asked in halves."""


class MeteredEnergy(msgspec.Struct, rename="camel"):
    """The fields of a measurement that tell what was metered.

    Attributes:
        pod_id: Where it was metered.
        start_time: Start of the interval.
        duration_minutes: Length of the interval.
        energy_wh: Net energy withdrawn in it, Wh.
        quality: How it came about.
    """

    pod_id: str
    start_time: datetime
    duration_minutes: int
    energy_wh: int
    quality: str


class _Measurements(msgspec.Struct):
    measurements: list[MeteredEnergy]


async def read_measurements(
    party: PartyClient, pod_ids: list[str], start: datetime, end: datetime
) -> list[MeteredEnergy]:
    """Return measurements, by halves of the span where one answer cannot hold them.

    Args:
        party: The reader's calls.
        pod_ids: The points of delivery.
        start: The first instant.
        end: The instant after the last.

    Raises:
        PartnerUnavailable: The customer database does not answer now.
        PartnerRefused: It says no.
    """
    query: dict[str, str | list[str]] = {
        "podId": pod_ids,
        "from": start.isoformat(),
        "to": end.isoformat(),
    }
    try:
        answer = await party.get("/api/scd/measurements", _Measurements, query)
    except PartnerRefused as refusal:
        if refusal.status != _TOO_LARGE or end - start <= QUARTER_HOUR:
            raise
    else:
        return answer.measurements
    middle = start + (end - start) / 2
    return [
        *await read_measurements(party, pod_ids, start, middle),
        *await read_measurements(party, pod_ids, middle, end),
    ]
