"""The command line: `platone …`.

Groups of commands are imported when they are used (:mod:`platone.cli.lazy_group`). Those of
other packages (the demonstrations) join through the entry-point group ``platone.commands``, so
that nothing here knows them.
"""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

import platone
from platone import bootstrap
from platone.cli.extra_missing import needing
from platone.cli.lazy_group import FILES, PLATFORM, RootGroup
from platone.kernel.errors import PlatoneError
from platone.kernel.extra import Extra

_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")

app = typer.Typer(
    cls=RootGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)


def _tell_version(is_wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if is_wanted:
        sys.stdout.write(f"platone {platone.__version__}\n")
        raise typer.Exit


def _an_address(text: str | None) -> str | None:
    if text is not None and not _ADDRESS.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no address; one is 0x and 40 hexadecimal digits")
    return text


@app.callback()
def platone_command(
    version: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_tell_version, is_eager=True
        ),
    ] = False,
) -> None:
    """The Platone Open Framework: an open market for local electricity flexibility."""


@app.command(rich_help_panel=PLATFORM)
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
    from platone.settings import load_settings  # the others do not wait for it

    settings = load_settings(
        config, data=data, host=host, port=port, mqtt_port=mqtt_port, clock=clock, speed=speed
    )
    with needing(Extra.SERVER, "serve"):
        bootstrap.run_server(settings)


@app.command(rich_help_panel=FILES)
def verify(
    proof: Path,
    rpc: Annotated[
        str | None, typer.Option(help="Also ask a chain, by its Ethereum JSON-RPC address.")
    ] = None,
    sealer: Annotated[
        str | None,
        typer.Option(help="The block sealer that you trust (address).", callback=_an_address),
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
    try:
        app()
    except PlatoneError as error:
        from platone.cli.output import failure

        sys.exit(failure(error))
    except OSError as error:
        reason = error.strerror or str(error)
        sys.exit(f"platone: {error.filename}: {reason}" if error.filename else f"platone: {reason}")
