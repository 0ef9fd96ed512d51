"""`platone aggregator …`: an aggregator's platform as a server of its own."""

from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Authority, Credentials, MarketAddress

app = typer.Typer(no_args_is_help=True, help="Run an aggregator's platform of its own.")


@app.callback()
def aggregator_group() -> None:
    """Run an aggregator's platform of its own."""


@app.command()
def run(  # noqa: PLR0913, PLR0917 - one parameter an option
    party: Annotated[str, typer.Option(help="The aggregator, as the market knows it.")],
    credentials: Credentials,
    market: MarketAddress = None,
    ca: Authority = None,
    data: Annotated[Path, typer.Option(help="Folder of everything that is kept.")] = Path(
        "aggregator-data"
    ),
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int, typer.Option(help="HTTPS port; 0 takes a free one.")] = 8444,
    clock: Annotated[
        str | None, typer.Option(help="Run on a simulated clock from this instant (ISO-8601).")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(help="Simulated seconds a real second; 0 stands still.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with these settings.")] = None,
) -> None:
    """Serve one aggregator's platform, at a market that is reached over REST and its topics."""
    from platone.settings import load_settings

    settings = load_settings(config, data=data, host=host, port=port, clock=clock, speed=speed)
    way = bootstrap.RemoteMarket.read(credentials, party, market, ca)
    bootstrap.run_aggregator(settings, way)
