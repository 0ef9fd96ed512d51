"""`platone dso …`: grid calculations on a network file, without any server.

Each command imports the engine when it runs: help and completion do not wait for it.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    instant_option,
)
from platone.cli.output import write

if TYPE_CHECKING:  # the list of commands does not wait for the grid engine
    from platone.grid.network.element import Remark

_REMARKS_SHOWN = 10
"""Remarks that are printed: more than a screen is not read."""

app = typer.Typer(no_args_is_help=True, help="Calculate on a network file, without any server.")


@app.command()
def power_flow(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    power: Power = None,
    at: At = None,
    unbalanced: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--unbalanced", help="Tell the three phases apart.")
    ] = False,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Calculate voltages, currents and losses, and the alarms in order of severity."""
    from platone import grid
    from platone.cli.grid_input import band_of, effort, powers_of, words_of
    from platone.cli.grid_text import PowerFlowSummary
    from platone.cli.state_stream import write_states

    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    powers = powers_of(model, power, at)
    with effort("power flow", workers, powers) as how:
        flow = grid.power_flow(model, powers, unbalanced=unbalanced, **how)
    tell(flow.remarks())
    summary = PowerFlowSummary()
    write_states(flow, summary.add, output, is_run=power is not None, json=json)
    if output is not None or not json:
        typer.echo(summary.text(flow.alarms().message(), words_of(model)))


@app.command()
def request(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    flexibility: Annotated[
        Path, typer.Option(help="CSV: element, maxUpKw, maxDownKw and, if they are offered, more.")
    ],
    power: Power = None,
    at: At = None,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    singles: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--singles", help="Ask for each consumer's own change, not for groups.")
    ] = False,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Find the least change of flexible consumers' power that cures all broken limits."""
    from platone import grid
    from platone.cli.grid_input import band_of, effort, powers_of, words_of
    from platone.cli.grid_text import request_text

    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    powers = powers_of(model, power, at)
    flexible = grid.read_flexibility(flexibility, model, powers)
    with effort("request", workers, powers) as how:
        need = grid.request(model, powers, flexible, in_groups=not singles, **how)
    tell((*grid.without_power(model, powers.power), *model.remarks))
    found = need.message()
    write(found, request_text(found, words_of(model)), output, json=json)


@app.command()
def validate(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    trades: Annotated[Path, typer.Option(help="CSV: at, element, changeKw, eurPerKwh.")],
    power: Power = None,
    at: At = None,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    workers: Workers = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Find what of some trades the grid can take, cutting the least value."""
    from platone import grid
    from platone.cli.grid_input import band_of, effort, powers_of, words_of
    from platone.cli.grid_text import validation_text

    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    powers = powers_of(model, power, at)
    traded = grid.read_trades(trades, model, powers)
    with effort("validation", workers, powers) as how:
        validation = grid.validate(model, powers, traded, **how)
    tell((*grid.without_power(model, powers.power), *model.remarks))
    found = validation.message()
    write(found, validation_text(found, words_of(model)), output, json=json)


@app.command()
def estimate(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Network,
    measurements: Annotated[
        Path, typer.Option(help="JSON or CSV: voltages, powers, currents and phasors measured.")
    ],
    power: Annotated[
        Path | None,
        typer.Option("--power", help="CSV of what is expected. Default: as the network says."),
    ] = None,
    at: Annotated[
        datetime | None, instant_option("Instant of measurements that do not say it (UTC).")
    ] = None,
    only_measured: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--only-measured", help="Put in nothing where nothing is measured.")
    ] = False,
    voltage_band: VoltageBand = None,
    clocks: Clocks = ClockChoice.SOLVED,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Estimate the state behind measurements, how sure it is, and which of them are wrong."""
    from platone import grid
    from platone.cli.estimation_text import estimation_text
    from platone.cli.grid_input import band_of, words_of

    model = grid.with_voltage_band(
        grid.read_network(network, clocks=clocks.value), band_of(voltage_band)
    )
    measured = grid.read_measurements(measurements, at)
    powers = None if power is None or only_measured else grid.read_powers(power, model)
    estimation = grid.estimate(model, measured, powers, only_measured=only_measured)
    tell(model.remarks)
    found = estimation.message()
    write(found, estimation_text(found, words_of(model)), output, json=json)


@app.command()
def associate(network: Network, output: Output = None, json: Json = False) -> None:  # noqa: FBT002 - a flag
    """Tell which point of measurement (source) feeds each point of delivery, as switched."""
    from platone import grid
    from platone.cli.grid_text import association_text

    model = grid.read_network(network)
    found = grid.associate(model)
    tell(model.remarks)
    write(found, association_text(found), output, json=json)


def tell(remarks: Sequence["Remark"]) -> None:
    """Say on stderr what was noticed on reading the network: results stay clean."""
    for remark in remarks[:_REMARKS_SHOWN]:
        typer.echo(f"remark: {remark.element}: {remark.reason}", err=True)
    if len(remarks) > _REMARKS_SHOWN:
        typer.echo(f"remark: and {len(remarks) - _REMARKS_SHOWN} more", err=True)
