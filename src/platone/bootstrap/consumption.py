"""Typical days, forecasts and phasor power from files, as the command line makes them."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from platone.grid.file.metering_file import read_metering_csv, write_profile_csv
from platone.grid.phasor.component import Rule
from platone.grid.phasor.recording import recorded_power
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.profile.day_forecast import Outlook, OutlookRule, outlook
from platone.grid.profile.metering import Metering
from platone.grid.profile.public_holiday import national_calendar
from platone.grid.profile.typical_day import typical_days
from platone.messages.phasor import AngleUnit


@dataclass(frozen=True, slots=True)
class Made:
    """A file's content, and what there is to say of it.

    Attributes:
        content: The file.
        remarks: A line each.
    """

    content: bytes
    remarks: tuple[str, ...]


def profile_file(metering: Path, country: str, zone: str) -> Made:
    """Typical days of all consumers, as CSV."""
    found = _metering(metering)
    written = io.StringIO()
    write_profile_csv(typical_days(found, national_calendar(country, zone=zone)), written)
    return Made(written.getvalue().encode(), _remarks(found))


def forecast_file(
    metering: Path, country: str, zone: str, origin: datetime | None, days: int
) -> Made:
    """A forecast as a file of powers that a power flow takes, and each model's back-test."""
    found = _metering(metering)
    start = found.end if origin is None else origin.replace(tzinfo=origin.tzinfo or UTC)
    rule = OutlookRule(days=days)
    made = outlook(found, national_calendar(country, zone=zone), start, rule=rule)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    known = [i for i in range(len(made.consumers)) if np.isfinite(made.p_kw[:, i]).all()]
    writer.writerow(["at", *(f"{made.consumers[i]} kW" for i in known)])
    for instant, row in zip(made.instants, made.p_kw, strict=True):
        writer.writerow([instant.isoformat(), *(f"{row[i]:.3f}" for i in known)])
    return Made(written.getvalue().encode(), (*_remarks(found), *_judged(made)))


def phasor_file(readings: Path, angle_unit: str) -> Made:
    """Powers of a file of PMU messages, as messages of the same form."""
    with readings.open("rb") as lines:
        found = recorded_power(lines, Rule(angle_unit=AngleUnit(angle_unit)))
    encoded = [msgspec.json.encode(message) + b"\n" for message in found.messages()]
    told = tuple(f"line {each.line}: {each.problem.detail}" for each in found.problems)
    if not encoded:
        first = f": {told[0]}" if told else " at all"
        raise SeriesFileInvalid(f"{readings.name} holds no power of phasors{first}.")
    return Made(b"".join(encoded), told)


def _metering(path: Path) -> Metering:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_metering_csv(lines)


def _remarks(metering: Metering) -> tuple[str, ...]:
    return tuple(f"{each.consumer}: {each.detail}" for each in metering.remarks)


def _judged(made: Outlook) -> tuple[str, ...]:
    """For each consumer its model, and the back-test's mean absolute errors by day."""
    told = []
    for place, (consumer, model) in enumerate(zip(made.consumers, made.chosen, strict=True)):
        errors = [f"{score.mae_kw[place]:.1f}" for score in made.test.scores[model]]
        told.append(f"{consumer}: {model}; mean absolute error {', '.join(errors)} kW by day")
    return tuple(told)
