"""`platone dso …`: grid calculations on a network file, without any server."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.estimation_text import estimation_text
from platone.cli.grid_text import (
    association_text,
    power_flow_text,
    request_text,
    validation_text,
)
from platone.cli.output import Json, Output, write
from platone.dso.domain.network.element import Remark

_REMARKS_SHOWN = 10

app = typer.Typer(no_args_is_help=True, help="Calculate on a network file, without any server.")

Network = Annotated[
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
    network: Network,
    power: _Power = None,
    at: _At = None,
    unbalanced: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unbalanced", help="Tell the three phases apart.")
    ] = False,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Voltages, currents, losses, and alarms in order of severity."""
    found = bootstrap.power_flow_file(network, power, at, unbalanced=unbalanced)
    tell(found.remarks)
    write(found.found, power_flow_text(found.found), output, json=json)


@app.command()
def request(
    network: Network,
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
    tell(found.remarks)
    write(found.found, request_text(found.found), output, json=json)


@app.command()
def validate(
    network: Network,
    trades: Annotated[Path, typer.Option(help="CSV: at, element, changeKw, eurPerKwh.")],
    power: _Power = None,
    at: _At = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """What of some trades the grid can take, cutting the least value."""
    found = bootstrap.validate_file(network, power, at, trades)
    tell(found.remarks)
    write(found.found, validation_text(found.found), output, json=json)


@app.command()
def estimate(  # noqa: PLR0917 - one parameter an option
    network: Network,
    measurements: Annotated[
        Path, typer.Option(help="JSON or CSV: voltages, powers, currents and phasors measured.")
    ],
    power: Annotated[
        Path | None,
        typer.Option("--power", help="CSV of what is expected. Default: as the network says."),
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="Instant of measurements that do not say it (UTC).")
    ] = None,
    only_measured: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--only-measured", help="Put in nothing where nothing is measured.")
    ] = False,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """The most likely state behind measurements, how sure it is, and which of them are wrong."""
    found = bootstrap.estimate_file(network, measurements, power, at, only_measured=only_measured)
    tell(found.remarks)
    write(found.found, estimation_text(found.found), output, json=json)


@app.command()
def associate(network: Network, output: Output = None, json: Json = False) -> None:  # noqa: FBT002 - a flag
    """Which point of measurement (source) feeds each point of delivery, as switched."""
    found = bootstrap.associate_file(network)
    tell(found.remarks)
    write(found.found, association_text(found.found), output, json=json)


def tell(remarks: Sequence[Remark]) -> None:
    """Say on stderr what was noticed on reading the network: results stay clean."""
    for remark in remarks[:_REMARKS_SHOWN]:
        typer.echo(f"remark: {remark.element}: {remark.reason}", err=True)
    if len(remarks) > _REMARKS_SHOWN:
        typer.echo(f"remark: and {len(remarks) - _REMARKS_SHOWN} more", err=True)
