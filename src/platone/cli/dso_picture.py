"""`platone dso picture`, `heatmap` and `convert`: networks as other files."""

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from platone import bootstrap
from platone.cli.dso import Network, tell


class _NetworkForm(Enum):
    PANDAPOWER = "pandapower"
    CGMES_3 = "cgmes-3.0"
    CGMES_2 = "cgmes-2.4.15"


_FORMS = {".svg": "svg", ".html": "html", ".png": "png"}
_File = Annotated[
    Path, typer.Option("--output", "-o", help="File to write: .svg, .png, or .html for a page.")
]
_Zone = Annotated[str, typer.Option(help="Zone whose clocks are shown.")]
_Power = Annotated[
    Path | None,
    typer.Option("--power", help="CSV: at, <consumer> kW, <consumer> kvar; a row an instant."),
]


def picture(
    network: Network,
    output: _File,
    power: _Power = None,
    at: Annotated[
        datetime | None, typer.Option(help="Instant (UTC). Default: the worst alarm's.")
    ] = None,
    zone: _Zone = "Europe/Rome",
) -> None:
    """Draw the network with loading, voltages and alarms: an image, or a page to zoom into."""
    instant = None if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    found = bootstrap.picture_file(network, power, instant, zone, _form(output))
    tell(found.remarks)
    output.write_bytes(found.found)


def heatmap(
    network: Network,
    output: _File,
    power: Annotated[
        Path,
        typer.Option("--power", help="CSV: at, <consumer> kW, <consumer> kvar; a row an instant."),
    ],
    zone: _Zone = "Europe/Rome",
) -> None:
    """Draw a day's loading: branches by severity, instants across."""
    found = bootstrap.heat_map_file(network, power, zone, _form(output))
    tell(found.remarks)
    output.write_bytes(found.found)


def convert(
    network: Network,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    form: Annotated[_NetworkForm, typer.Option(help="Form of that file.")],
) -> None:
    """Write the network in another form, with the power flow of its state."""
    found = bootstrap.convert_file(network, output, form.value)
    tell(found.remarks)


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command()(picture)
    app.command()(heatmap)
    app.command()(convert)


def _form(output: Path) -> Any:
    form = _FORMS.get(output.suffix.lower())
    if form is None:
        raise typer.BadParameter(f"{output.name} ends in none of {', '.join(_FORMS)}")
    return form
