"""`platone dso picture`, `heat-map` and `convert`: networks as other files."""

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from platone.cli.dso import tell
from platone.cli.option import (
    ClockChoice,
    Clocks,
    NeededPower,
    Network,
    OutputFile,
    Picture,
    Power,
    VoltageBand,
    Zone,
    instant_option,
)
from platone.cli.output import written


class _NetworkForm(Enum):
    PANDAPOWER = "pandapower"
    CGMES_3 = "cgmes-3.0"
    CGMES_2 = "cgmes-2.4.15"


_FORMS = {".svg": "svg", ".html": "html", ".png": "png"}


def picture(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    output: Picture,
    power: Power = None,
    at: Annotated[
        datetime | None, instant_option("Instant (UTC). Default: the worst alarm's.")
    ] = None,
    measurements: Annotated[
        Path | None,
        typer.Option(help="JSON or CSV of measurements: draw the state that is estimated by them."),
    ] = None,
    unbalanced: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unbalanced", help="Tell the three phases apart: show the worst.")
    ] = False,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    zone: Zone = "Europe/Rome",
) -> None:
    """Draw the network with loading, voltages and alarms: an image, or a page to zoom into."""
    from platone import grid
    from platone.cli.grid_input import band_of, in_utc, powers_of

    if measurements is not None and unbalanced:
        raise typer.BadParameter("estimated states are balanced: leave out --unbalanced")
    instant, form = None if at is None else in_utc(at), _form(output)
    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    remarks = model.remarks
    if measurements is None:
        powers = powers_of(model, power, None if power else instant)
        flow = grid.power_flow(model, powers, unbalanced=unbalanced)
        remarks = flow.remarks()
        shown = grid.picture(flow, at=instant if power else None, zone=zone, format=form)
    else:
        measured = grid.read_measurements(measurements, instant)
        expected = None if power is None else grid.read_powers(power, model)
        shown = grid.picture(grid.estimate(model, measured, expected), zone=zone, format=form)
    tell(remarks)
    shown.write(output)
    written(output)


def heat_map(
    network: Network,
    output: Picture,
    power: NeededPower,
    zone: Zone = "Europe/Rome",
    clocks: Clocks = ClockChoice.SOLVED,
) -> None:
    """Draw a day's loading: branches by severity, instants across."""
    from platone import grid

    form, model = _form(output), grid.read_network(network, clocks=clocks.value)
    flow = grid.power_flow(model, grid.read_powers(power, model))
    tell(model.remarks)
    grid.heat_map(flow, zone=zone, format=form).write(output)
    written(output)


def convert(
    network: Network,
    output: OutputFile,
    form: Annotated[_NetworkForm, typer.Option(help="Form of that file.")],
    clocks: Clocks = ClockChoice.SOLVED,
) -> None:
    """Write the network in another form, with the power flow of its state."""
    from platone import grid

    model = grid.read_network(network, clocks=clocks.value)
    grid.convert(model, output, form.value)
    tell(model.remarks)
    written(output)


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    app.command()(picture)
    app.command()(heat_map)
    app.command()(convert)


def _form(output: Path) -> Any:
    form = _FORMS.get(output.suffix.lower())
    if form is None:
        raise typer.BadParameter(f"{output} ends in none of {', '.join(_FORMS)}")
    return form
