"""`platone dso profile`, `forecast` and `phasor`: consumers' and phasors' series from files."""

import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.bootstrap.consumption import Made
from platone.cli.option import Output, Zone

_SHOWN = 20
_Metering = Annotated[
    Path, typer.Argument(help="CSV: time, consumer, p_kw or energy_kwh or registers; a row each.")
]
_Country = Annotated[str, typer.Option(help="Whose public holidays count (ISO 3166-1).")]


class _Unit(Enum):
    DEGREE = "degree"
    RADIAN = "radian"


def profile(
    metering: _Metering,
    country: _Country = "IT",
    zone: Zone = "Europe/Rome",
    output: Output = None,
) -> None:
    """Typical days of each consumer by month: working day, pre-holiday, holiday, as CSV."""
    _write(bootstrap.profile_file(metering, country, zone), output)


def forecast(
    metering: _Metering,
    country: _Country = "IT",
    zone: Zone = "Europe/Rome",
    origin: Annotated[
        datetime | None, typer.Option(help="From when on (UTC). Default: the end of the metering.")
    ] = None,
    days: Annotated[int, typer.Option(help="Market days, the current one included.")] = 3,
    output: Output = None,
) -> None:
    """What consumers will withdraw, as a CSV of powers; their back-tests go to standard error."""
    _write(bootstrap.forecast_file(metering, country, zone, origin, days), output)


def phasor(
    readings: Annotated[Path, typer.Argument(help="PMU messages, a JSON object a line.")],
    angle_unit: Annotated[_Unit, typer.Option(help="Unit of the angles in them.")] = _Unit.DEGREE,
    output: Output = None,
) -> None:
    """Active and reactive power by phase and in total, as messages of the same form."""
    _write(bootstrap.phasor_file(readings, angle_unit.value), output)


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command()(profile)
    app.command()(forecast)
    app.command()(phasor)


def _write(made: Made, output: Path | None) -> None:
    for remark in made.remarks[:_SHOWN]:
        typer.echo(remark, err=True)
    if len(made.remarks) > _SHOWN:
        typer.echo(f"and {len(made.remarks) - _SHOWN} more", err=True)
    if output is None:
        sys.stdout.buffer.write(made.content)
    else:
        output.write_bytes(made.content)
