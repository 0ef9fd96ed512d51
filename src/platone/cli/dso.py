"""`platone dso …`: grid calculations on a network file, without any server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.estimation_text import estimation_text
from platone.cli.grid_text import (
    PowerFlowSummary,
    association_text,
    request_text,
    validation_text,
)
from platone.cli.option import At, Json, Network, Output, Power, Workers
from platone.cli.output import write
from platone.cli.progress import progress
from platone.cli.state_stream import write_states
from platone.grid.network.element import Remark
from platone.settings import load_settings

_REMARKS_SHOWN = 10

app = typer.Typer(no_args_is_help=True, help="Calculate on a network file, without any server.")


@app.command()
def power_flow(  # noqa: PLR0917 - one parameter an option
    network: Network,
    power: Power = None,
    at: At = None,
    unbalanced: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unbalanced", help="Tell the three phases apart.")
    ] = False,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Voltages, currents, losses, and alarms in order of severity."""
    with _effort("power flow", workers) as effort:
        found = bootstrap.power_flow_file(network, power, at, effort, unbalanced=unbalanced)
    tell(found.remarks)
    summary = PowerFlowSummary()
    write_states(found.found, summary.add, output, json=json)
    if output is not None or not json:
        typer.echo(summary.text(found.found.alarms))


@app.command()
def request(  # noqa: PLR0917 - one parameter an option
    network: Network,
    flexibility: Annotated[
        Path, typer.Option(help="CSV: element, maxUpKw, maxDownKw and, if they are offered, more.")
    ],
    power: Power = None,
    at: At = None,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """The least change of flexible consumers' power that cures all broken limits."""
    with _effort("request", workers) as effort:
        found = bootstrap.request_file(network, power, at, flexibility, effort)
    tell(found.remarks)
    write(found.found, request_text(found.found), output, json=json)


@app.command()
def validate(  # noqa: PLR0917 - one parameter an option
    network: Network,
    trades: Annotated[Path, typer.Option(help="CSV: at, element, changeKw, eurPerKwh.")],
    power: Power = None,
    at: At = None,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """What of some trades the grid can take, cutting the least value."""
    with _effort("validation", workers) as effort:
        found = bootstrap.validate_file(network, power, at, trades, effort)
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


@contextmanager
def _effort(label: str, workers: str | None) -> Iterator[bootstrap.Effort]:
    """How a long calculation is done: where the option or the setting says, with its progress."""
    with progress(label) as left:
        yield bootstrap.Effort(load_settings(workers=workers).workers, left)


def tell(remarks: Sequence[Remark]) -> None:
    """Say on stderr what was noticed on reading the network: results stay clean."""
    for remark in remarks[:_REMARKS_SHOWN]:
        typer.echo(f"remark: {remark.element}: {remark.reason}", err=True)
    if len(remarks) > _REMARKS_SHOWN:
        typer.echo(f"remark: and {len(remarks) - _REMARKS_SHOWN} more", err=True)
