"""The command line: `platone …`.

Commands of other packages (the demonstrations) join through the entry-point group
``platone.commands``, so that nothing here knows them.
"""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli import dso, dso_outage, dso_picture, dso_series, market
from platone.cli.output import failure
from platone.kernel.errors import PlatoneError
from platone.settings import load_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="The Platone Open Framework: an open market for local electricity flexibility.",
)
app.add_typer(market.app, name="market")
dso_outage.register(dso.app)
dso_picture.register(dso.app)
dso_series.register(dso.app)
app.add_typer(dso.app, name="dso")


@app.command()
def serve(  # noqa: PLR0917 - one parameter an option
    data: Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="HTTPS port; 0 takes a free one.")] = None,
    mqtt_port: Annotated[int | None, typer.Option(help="MQTT port; 0 takes a free one.")] = None,
    clock: Annotated[
        str | None, typer.Option(help="Run on a simulated clock from this instant (ISO-8601).")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Simulated seconds a real second; 0 stands still.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with these settings.")] = None,
) -> None:
    """Serve all contexts on one TLS address; nothing needs to be configured first."""
    settings = load_settings(
        config, data=data, host=host, port=port, mqtt_port=mqtt_port, clock=clock, speed=speed
    )
    bootstrap.run_server(settings)


@app.command()
def verify(
    proof: Path,
    rpc: Annotated[
        str | None, typer.Option(help="Also ask a chain, by its Ethereum JSON-RPC address.")
    ] = None,
    sealer: Annotated[
        str | None, typer.Option(help="The block sealer that you trust (address).")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="CA of the --rpc address, PEM.")] = None,
) -> None:
    """Check a proof without any Platone server, and say what it proves."""
    report = bootstrap.verify_file(proof.read_bytes(), rpc=rpc, sealer=sealer, ca=ca)
    sys.stdout.write(report.text + "\n")
    if not report.is_valid:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; a failure says what is wrong, and ends with a non-zero status."""
    for entry in entry_points(group="platone.commands"):
        app.add_typer(entry.load(), name=entry.name)
    try:
        app()
    except PlatoneError as error:
        sys.exit(failure(error))
    except OSError as error:
        reason = error.strerror or str(error)
        sys.exit(f"platone: {error.filename}: {reason}" if error.filename else f"platone: {reason}")
