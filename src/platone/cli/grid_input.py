"""Inputs of grid studies, as commands take them from their options."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from platone import grid
from platone.cli.alarm_text import NetworkWords
from platone.cli.progress import progress
from platone.grid.problem.file import SeriesFileInvalid
from platone.grid.run.span import Progress
from platone.grid.study.limit import parse_voltage_band
from platone.kernel.clock import SystemClock
from platone.kernel.market_time import as_utc
from platone.settings import load_settings


class Effort(TypedDict):
    """The way a long calculation is done: its place, and whom it tells how far it has come."""

    workers: str
    progress: Progress


def powers_of(network: grid.Network, power: Path | None, at: datetime | None) -> grid.PowerSeries:
    """Return the powers of a file, or those that stand in the network, at an instant or now."""
    if power is None:
        instant = SystemClock().now() if at is None else in_utc(at)
        return grid.PowerSeries((instant,), grid.snapshot(network))
    if at is not None:
        raise SeriesFileInvalid(f"{power} says the instants: leave out --at.")
    return grid.read_powers(power, network)


def in_utc(at: datetime) -> datetime:
    """Return an instant in UTC; one without a zone is meant in it."""
    return as_utc(at.replace(tzinfo=at.tzinfo or UTC))


def band_of(text: str | None) -> tuple[float, float] | None:
    """Return the voltage band that an option gives, such as 0.9:1.1; none where it is not given.

    Raises:
        VoltageBandInvalid: It is not of this form.
    """
    return None if text is None else parse_voltage_band(text)


def words_of(network: grid.Network) -> NetworkWords:
    """Return the words of summaries on a network: elements' names, and what no limit watches."""
    named = (*network.buses, *network.branches)
    return NetworkWords({each.id: each.name for each in named}, grid.unwatched(network))


@contextmanager
def effort(label: str, workers: str | None, powers: grid.PowerSeries) -> Iterator[Effort]:
    """Give a long calculation its place, by option or setting, and show how far it has come."""
    with progress(label) as left:
        left(len(powers.instants))
        yield Effort(workers=load_settings(workers=workers).workers, progress=left)
