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
from platone.cli.option import Json, VoltageBand
from platone.kernel.errors import PlatoneError
from platone.kernel.extra import Extra

_START = "2026-01-01"
"""First day of a simulation for which none is given: any would do, but it must be the same."""
_DATA = Path("platone-data")
"""The default folder: that of `platone serve`."""
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
def serve(  # noqa: PLR0913, PLR0917 - one parameter an option
    contexts: Annotated[
        list[str] | None,
        typer.Argument(help="The contexts to serve, such as: market ledger. Default: all of them."),
    ] = None,
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
    until_input_ends: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--until-input-ends", help="End when standard input ends.")
    ] = False,
) -> None:
    """Serve contexts on one TLS address; nothing needs to be configured first.

    Without names all of them; those that run on partners' servers are known by partners' files.
    """
    from platone.settings import load_settings  # the others do not wait for it

    settings = load_settings(
        config,
        data=data,
        host=host,
        port=port,
        mqtt_port=mqtt_port,
        clock=clock,
        speed=speed,
        contexts=",".join(contexts) if contexts else None,
    )
    with needing(Extra.SERVER, "serve"):
        if until_input_ends:  # as a program has it that starts a server of its own
            bootstrap.end_with_input()
        bootstrap.run_server(settings)


@app.command(rich_help_panel=PLATFORM)
def backup(
    target: Annotated[Path, typer.Argument(help="New folder for the copy.")],
    data: Annotated[Path, typer.Option(help="The server's folder; it may run.")] = _DATA,
) -> None:
    """Copy a server's data folder while it runs, all databases as of one instant."""
    made = bootstrap.back_up(data, target)
    size = sum(each.bytes for each in made.files)
    sys.stdout.write(f"{target}: {len(made.files)} files, {size} bytes, as of {made.at}\n")


@app.command(rich_help_panel=PLATFORM)
def worker(
    target: Annotated[Path, typer.Argument(help="New folder, for the further worker.")],
    data: Annotated[Path, typer.Option(help="The folder of a worker that has been started.")] = (
        _DATA
    ),
) -> None:
    """Make the data folder of a further worker of a market, whose records are in PostgreSQL.

    It holds the same keys as the other one: take it to its machine in a way that nobody reads.
    """
    bootstrap.make_worker(data, target)
    sys.stdout.write(
        f"{target}: start it by platone serve market --data {target}, with the same settings but "
        "those of where it listens.\n"
    )


@app.command(rich_help_panel=PLATFORM)
def restore(
    backup: Annotated[Path, typer.Argument(help="A folder that `platone backup` made.")],
    data: Annotated[Path, typer.Option(help="New data folder.")] = _DATA,
    database: Annotated[
        str, typer.Option(help="Empty PostgreSQL database for its records, if they were in one.")
    ] = "",
    password_file: Annotated[str, typer.Option(help="File of the password of --database.")] = "",
) -> None:
    """Make a data folder of a backup, after comparing every file of it with its list.

    Records that were in PostgreSQL go into empty schemas: where they were, or of --database.
    """
    made = bootstrap.restore(backup, data, database, password_file)
    changed = f', but with the setting database = "{database}"' if database else ""
    sys.stdout.write(
        f"{data}: {len(made.files)} files, as of {made.at}; start it as before{changed}\n"
    )


@app.command(rich_help_panel=PLATFORM)
def doctor(
    data: Annotated[Path | None, typer.Option(help="The server's folder; it may run.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with its settings.")] = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Look at a server, whether it runs or not, and say what to do about what is found."""
    with needing(Extra.SERVER, "doctor"):
        from platone.cli.doctor import examine_server

        examine_server(config, data, json=json)


@app.command(rich_help_panel=PLATFORM)
def retention(
    data: Annotated[Path | None, typer.Option(help="The server's folder; it may run.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file with its settings.")] = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Show what data a server keeps how long, and how much would go now; nothing is removed."""
    with needing(Extra.SERVER, "retention"):
        from platone.cli.retention import show_retention

        show_retention(config, data, json=json)


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


@app.command(rich_help_panel=FILES)
def simulate(  # noqa: PLR0913, PLR0917 - one parameter an option
    network: Annotated[
        Path, typer.Option(help="Our own JSON, pandapower JSON, or CIM (file, folder or zip).")
    ],
    out: Annotated[Path, typer.Option(help="Folder for tables and index.html.")],
    pods: Annotated[int | None, typer.Option(help="Points of delivery. Default: 100.")] = None,
    aggregators: Annotated[int | None, typer.Option(help="Aggregators. Default: 5.")] = None,
    start: Annotated[str, typer.Option(help="First market day, such as 2026-01-01.")] = _START,
    days: Annotated[int, typer.Option(help="Market days.")] = 7,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    rules: Annotated[
        str, typer.Option(help="Rules of clearing: a name, or a JSON file.")
    ] = "italian",
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Rules to run side by side; may be given several times."),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="JSON of assumptions, as a run writes it.")
    ] = None,
    portfolio: Annotated[
        Path | None, typer.Option(help="JSON of points of delivery, as a run writes it.")
    ] = None,
    voltage_band: VoltageBand = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Simulate market days on a network in accelerated time, and report what came of them."""
    with needing(Extra.GRID, "simulate"):
        from platone.cli.simulate import simulate_to_folder

        if portfolio is not None and not pods is aggregators is None:
            raise typer.BadParameter("a portfolio has its own --pods and --aggregators")
        given: dict[str, object] = {
            "pods": pods,
            "aggregators": aggregators,
            "start": start,
            "days": days,
        }
        simulate_to_folder(
            network=network,
            order={name: each for name, each in given.items() if each is not None} | {"seed": seed},
            scenario=scenario,
            portfolio=portfolio,
            rules=[rules, *(compare or ())],
            voltage_band=voltage_band,
            out=out,
            json=json,
        )


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
