"""`platone dso outage`: what follows if a branch is out of service, and how to supply again."""

from typing import Annotated

import typer

from platone.cli.dso import tell
from platone.cli.option import (
    At,
    ClockChoice,
    Clocks,
    Json,
    Network,
    Output,
    Power,
    VoltageBand,
    Workers,
)
from platone.cli.output import write

_Branch = Annotated[
    list[str] | None,
    typer.Option("--branch", "-b", help="A branch; may be given several times. Default: all."),
]


def outage(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    power: Power = None,
    at: At = None,
    branch: _Branch = None,
    resupply: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option(help="Try normally open switches and branches where load is lost.")
    ] = True,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Each branch out of service: load lost, limits broken, and which switch supplies again."""
    from platone import grid
    from platone.cli.grid_input import band_of, powers_of
    from platone.cli.outage_text import outage_text
    from platone.cli.progress import progress
    from platone.settings import load_settings

    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    powers = powers_of(model, power, at)
    with progress("outages") as left:
        place = load_settings(workers=workers).workers
        found = grid.outage(
            model, powers, branch or None, left, resupply=resupply, workers=place
        ).message()
    tell((*grid.without_power(model, powers.power), *model.remarks))
    write(found, outage_text(found, grid.unwatched(model)), output, json=json)


def register(app: typer.Typer) -> None:
    """Add the command to a group."""
    app.command()(outage)
