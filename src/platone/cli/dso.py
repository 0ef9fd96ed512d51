"""`platone dso …`: grid calculations on a network file, without any server."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.grid_text import (
    association_text,
    power_flow_text,
    request_text,
    validation_text,
)
from platone.cli.output import Json, Output, write

app = typer.Typer(no_args_is_help=True, help="Calculate on a network file, without any server.")

_Network = Annotated[
    Path, typer.Argument(help="Our own JSON, pandapower JSON, or CIM (file, folder or zip).")
]
_Power = Annotated[
    Path | None,
    typer.Option("--power", help="CSV: at, <consumer> kW, <consumer> kvar; a row an instant."),
]
_At = Annotated[
    datetime | None,
    typer.Option(help="Instant of the state in the network file (UTC). Default: now."),
]


@app.command()
def power_flow(
    network: _Network,
    power: _Power = None,
    at: _At = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Voltages, currents, losses, and alarms in order of severity."""
    found = bootstrap.power_flow_file(network, power, at)
    write(found, power_flow_text(found), output, json=json)


@app.command()
def request(
    network: _Network,
    flexibility: Annotated[
        Path, typer.Option(help="CSV: element, maxUpKw, maxDownKw and, if they are offered, more.")
    ],
    power: _Power = None,
    at: _At = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """The least change of flexible consumers' power that cures all broken limits."""
    found = bootstrap.request_file(network, power, at, flexibility)
    write(found, request_text(found), output, json=json)


@app.command()
def validate(
    network: _Network,
    trades: Annotated[Path, typer.Option(help="CSV: at, element, changeKw, eurPerKwh.")],
    power: _Power = None,
    at: _At = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """What of some trades the grid can take, cutting the least value."""
    found = bootstrap.validate_file(network, power, at, trades)
    write(found, validation_text(found), output, json=json)


@app.command()
def associate(network: _Network, output: Output = None, json: Json = False) -> None:  # noqa: FBT002 - a flag
    """Which point of measurement (source) feeds each point of delivery, as switched."""
    found = bootstrap.associate_file(network)
    write(found, association_text(found), output, json=json)
