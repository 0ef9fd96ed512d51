"""`platone tso …`: a simulated transmission system operator at a market."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Authority, Credentials, MarketAddress

app = typer.Typer(no_args_is_help=True, help="Simulate a transmission system operator.")


@app.callback()
def tso_group() -> None:
    """Simulate a transmission system operator."""


@app.command()
def run(  # noqa: PLR0917 - one parameter an option
    requests: Path,
    credentials: Credentials,
    market: MarketAddress = None,
    ca: Authority = None,
    party: Annotated[str, typer.Option(help="The operator, as the market knows it.")] = "TSO",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write what came of it here, too.")
    ] = None,
    patience: Annotated[
        float, typer.Option(help="Minutes to wait for the market, at most.")
    ] = 1440.0,
) -> None:
    """Send the requests of a file when their sessions are open, and tell what was bought."""
    way = bootstrap.RemoteMarket.read(credentials, party, market, ca)

    def tell(text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    bought = bootstrap.simulate_tso(way, requests.read_bytes(), patience * 60, tell)
    if output is not None:
        output.write_bytes(bought)
