"""The readings of a day, each with the state of its certification."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.dashboard.domain.table_file import Columns
from platone.messages.ledger import CertificationState
from platone.messages.registry import Measurement

_CONFIRMED = "CONFIRMED"
_WH_A_KWH = 1000.0
"""Watt-hours of a kilowatt-hour."""


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading, and how far its certification is.

    Attributes:
        reading: The reading.
        state: "certified"; "waiting" until its block is sealed; "failed" where the ledger has no
            record of it, or one of another text.
        block: The number of its block; none until it is certified.
        sealed_at: When that was sealed, likewise.
    """

    reading: Measurement
    state: str
    block: int | None
    sealed_at: datetime | None

    @property
    def start(self) -> datetime:
        """Return the start of its interval."""
        return self.reading.start_time

    @property
    def end(self) -> datetime:
        """Return the end of its interval."""
        return self.reading.start_time + timedelta(minutes=self.reading.duration_minutes)

    @property
    def energy_kwh(self) -> float:
        """Return its energy, kWh; negative where it was fed in."""
        return self.reading.energy_wh / _WH_A_KWH


READINGS: Columns[ReadingRow] = {
    "start_time": lambda row: row.start,
    "duration_minutes": lambda row: row.reading.duration_minutes,
    "energy_kwh": lambda row: row.energy_kwh,
    "quality": lambda row: row.reading.quality,
    "version": lambda row: row.reading.version,
    "certification": lambda row: row.state,
    "block": lambda row: row.block,
    "block_sealed_at": lambda row: row.sealed_at,
    "certified_as": lambda row: row.reading.certification_id,
    "certified_hash": lambda row: row.reading.certification_hash,
}
"""Readings with their certification, a line for each."""


def reading_rows(
    readings: Iterable[Measurement], states: Iterable[CertificationState]
) -> list[ReadingRow]:
    """Return readings in the order of time, each with the state of its certification."""
    known = {(each.id, each.hashed_data): each for each in states}
    return [
        _row(each, known.get((each.certification_id, each.certification_hash)))
        for each in sorted(readings, key=lambda each: each.start_time)
    ]


def _row(reading: Measurement, found: CertificationState | None) -> ReadingRow:
    if found is None:
        return ReadingRow(reading, "failed", None, None)
    state = "certified" if found.status == _CONFIRMED else "waiting"
    return ReadingRow(reading, state, found.block_number, found.block_time)
