"""`platone dso picture`, `heatmap` and `convert`: networks as other files."""

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from platone import bootstrap
from platone.cli.dso import tell
from platone.cli.option import NeededPower, Network, OutputFile, Picture, Power, Zone
from platone.cli.output import written


class _NetworkForm(Enum):
    PANDAPOWER = "pandapower"
    CGMES_3 = "cgmes-3.0"
    CGMES_2 = "cgmes-2.4.15"


_FORMS = {".svg": "svg", ".html": "html", ".png": "png"}


def picture(  # noqa: PLR0917 - one parameter an option
    network: Network,
    output: Picture,
    power: Power = None,
    at: Annotated[
        datetime | None, typer.Option(help="Instant (UTC). Default: the worst alarm's.")
    ] = None,
    measurements: Annotated[
        Path | None,
        typer.Option(help="JSON or CSV of measurements: draw the state that is estimated by them."),
    ] = None,
    unbalanced: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unbalanced", help="Tell the three phases apart: show the worst.")
    ] = False,
    zone: Zone = "Europe/Rome",
) -> None:
    """Draw the network with loading, voltages and alarms: an image, or a page to zoom into."""
    instant = None if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    form = _form(output)
    if measurements is None:
        found = bootstrap.picture_file(network, power, instant, zone, form, unbalanced=unbalanced)
    elif unbalanced:
        raise typer.BadParameter("estimated states are balanced: leave out --unbalanced")
    else:
        found = bootstrap.estimate_picture_file(network, measurements, power, instant, zone, form)
    tell(found.remarks)
    output.write_bytes(found.found)
    written(output)


def heatmap(
    network: Network,
    output: Picture,
    power: NeededPower,
    zone: Zone = "Europe/Rome",
) -> None:
    """Draw a day's loading: branches by severity, instants across."""
    found = bootstrap.heat_map_file(network, power, zone, _form(output))
    tell(found.remarks)
    output.write_bytes(found.found)
    written(output)


def convert(
    network: Network,
    output: OutputFile,
    form: Annotated[_NetworkForm, typer.Option(help="Form of that file.")],
) -> None:
    """Write the network in another form, with the power flow of its state."""
    found = bootstrap.convert_file(network, output, form.value)
    tell(found.remarks)
    written(output)


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
