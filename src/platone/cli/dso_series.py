"""`platone dso profile`, `forecast` and `phasor`: consumers' and phasors' series from files."""

import io
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from platone.cli.option import Output, Zone, instant_option

_SHOWN = 20
"""Remarks that are printed: a screen, after a long command that has no other text."""
_Metering = Annotated[
    Path, typer.Argument(help="CSV: time, consumer, p_kw or energy_kwh or registers; a row each.")
]
_Country = Annotated[str, typer.Option(help="Whose public holidays count (ISO 3166-1).")]


class _Interval(Enum):
    QUARTER = "15"
    HALF = "30"
    HOUR = "60"


_IntervalOption = Annotated[
    _Interval | None,
    typer.Option(help="Minutes of the rows' intervals. Default: as their distances say."),
]


class _Unit(Enum):
    DEGREE = "degree"
    RADIAN = "radian"


def profile(
    metering: _Metering,
    country: _Country = "IT",
    zone: Zone = "Europe/Rome",
    interval: _IntervalOption = None,
    output: Output = None,
) -> None:
    """Make each consumer's typical days: working day, pre-holiday, holiday by month, as CSV."""
    from platone import grid
    from platone.cli.consumption_text import metering_remarks
    from platone.grid.file.metering_file import write_profile_csv

    found = grid.read_metering(metering, interval_minutes=_minutes(interval))
    made, written = grid.profile(found, country=country, zone=zone), io.StringIO()
    write_profile_csv(made, written)
    _write(written.getvalue().encode(), metering_remarks(made), output)


def forecast(  # noqa: PLR0917 - one parameter an option
    metering: _Metering,
    country: _Country = "IT",
    zone: Zone = "Europe/Rome",
    origin: Annotated[
        datetime | None, instant_option("From when on (UTC). Default: the end of the metering.")
    ] = None,
    days: Annotated[
        int, typer.Option(help="Market days, the current one included.", min=1, max=366)
    ] = 3,
    interval: _IntervalOption = None,
    output: Output = None,
) -> None:
    """Forecast consumers' power, as CSV; the models' back-tests go to standard error."""
    from platone import grid
    from platone.cli.consumption_text import forecast_remarks, metering_remarks
    from platone.grid.file.forecast_file import forecast_csv

    found = grid.read_metering(metering, interval_minutes=_minutes(interval))
    made = grid.forecast(found, country=country, zone=zone, origin=origin, days=days)
    _write(forecast_csv(made), [*metering_remarks(made), *forecast_remarks(made)], output)


def phasor(
    readings: Annotated[Path, typer.Argument(help="PMU messages, a JSON object a line.")],
    angle_unit: Annotated[_Unit, typer.Option(help="Unit of the angles in them.")] = _Unit.DEGREE,
    output: Output = None,
) -> None:
    """Calculate power by phase and in total from PMU messages, as messages of the same form."""
    from platone import grid
    from platone.cli.consumption_text import phasor_lines

    made = phasor_lines(readings.name, grid.phasor(readings, angle_unit=angle_unit.value))
    _write(made.content, made.remarks, output)


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command()(profile)
    app.command()(forecast)
    app.command()(phasor)


def _minutes(interval: _Interval | None) -> int | None:
    return None if interval is None else int(interval.value)


def _write(content: bytes, remarks: Sequence[str], output: Path | None) -> None:
    for remark in remarks[:_SHOWN]:
        typer.echo(remark, err=True)
    if len(remarks) > _SHOWN:
        typer.echo(f"and {len(remarks) - _SHOWN} more", err=True)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)
