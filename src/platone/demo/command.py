"""Run a demonstration through the real interfaces."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from platone.demo.comparison import Row
from platone.demo.connection import DayFailed
from platone.demo.follower import follow
from platone.demo.italy.day import Day
from platone.demo.italy.run import STEPS, OwnServer, Result, own_server, run_day
from platone.demo.scenario import Scenario
from platone.demo.scenario_file import ScenarioInvalid, load_scenario

app = typer.Typer(no_args_is_help=True, help="Run a demonstration through the real interfaces.")
_ITALY = Path(__file__).with_name("italy") / "scenario"
_DATA = Path("platone-data")
"""The default folder of a server: that of `platone serve`."""
_console = Console(highlight=False)


@app.command()
def italy(
    scenario: Annotated[Path, typer.Option(help="Folder of the scenario.")] = _ITALY,
    out: Annotated[Path, typer.Option(help="Where messages and report go.")] = Path("out/italy"),
    server: Annotated[
        str | None, typer.Option(help="Drive this running server, on a simulated clock.")
    ] = None,
    credentials: Annotated[
        list[Path] | None,
        typer.Option(
            help="credentials.json of running servers, once for each; they know their addresses."
        ),
    ] = None,
    keep: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--keep", help="Leave the server running with the day in it.")
    ] = False,
) -> None:
    """Run the Italian market day of 23 June 2021, and compare it with the field test."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its server ends with it
    files = credentials or []
    if server is not None and len(files) != 1:
        raise SystemExit("platone: the server of --server needs --credentials, its own file")
    if files and keep:
        raise SystemExit("platone: a running server is kept by whoever runs it")
    try:
        with contextlib.ExitStack() as stack:
            result = _run(load_scenario(scenario), out, (server, files), stack, keep=keep)
    except (DayFailed, ScenarioInvalid) as failed:
        raise SystemExit(f"platone: {failed}") from failed
    if not result.is_good:
        raise typer.Exit(1)


@app.command()
def meters(
    data: Annotated[Path, typer.Option(help="The running server's folder.")] = _DATA,
    out: Annotated[Path, typer.Option(help="Where the nodes keep theirs.")] = Path("out/meters"),
) -> None:
    """Simulate Light Nodes for a running server's points of delivery that have none.

    Each signs readings, marked as simulated, and does what the DSO's setpoints say.
    """
    _console.print(
        f"Simulated Light Nodes for the server of {data}: they come by themselves where a point of "
        "delivery is registered, and live by its clock. Ctrl-C ends them.",
        soft_wrap=True,
    )
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(follow(data, out, lambda said: _console.print(said, soft_wrap=True)))
    except DayFailed as failed:
        raise SystemExit(f"platone: {failed}") from failed


def _tell(result: Result) -> None:
    if result.rows:
        _console.print(_table(result.rows))
    for proof in result.proofs:
        if not proof.is_valid:
            _console.print(f"[red]{proof.file} does not verify:[/] {proof.says}")
    met = sum(row.is_met for row in result.rows)
    verified = sum(proof.is_valid for proof in result.proofs)
    if result.rows:
        _console.print(f"{met} of {len(result.rows)} figures came out as expected.")
    _console.print(f"{verified} of {len(result.proofs)} proofs verify (platone verify FILE).")
    _console.print("The day's story:", result.report.resolve().as_uri(), soft_wrap=True)


def _run(
    scenario: Scenario,
    out: Path,
    driven: tuple[str | None, Sequence[Path]],
    stack: contextlib.ExitStack,
    *,
    keep: bool,
) -> Result:
    """Run the day on a server that is driven, or on one that lasts as long as the stack."""
    server, files = driven
    own: OwnServer | None = None
    told: list[Result] = []
    _console.print(f"[bold]{scenario.title}[/]  (plants, meters and TSO are simulated)")
    if not files:
        with _console.status("Starting a server of its own"):
            own = stack.enter_context(own_server(scenario, out))
        files = [own.credentials]
    with _console.status(STEPS[0][0]) as status:

        async def tell(result: Result, day: Day) -> None:
            status.stop()
            _tell(result)
            told.append(result)
            if keep and own is not None:
                _console.print(
                    _kept(own.running.credentials.base_url, own.credentials.parent), soft_wrap=True
                )
                await own.keep(day, _console.print)

        try:
            asyncio.run(run_day(scenario, files, out, _sayer(status.update), server, tell))
        except KeyboardInterrupt:
            if not told:
                raise
    return told[0]


def _kept(base_url: str, data: Path) -> str:
    """Return the words about a server that goes on with the day in it."""
    return (
        f"The day is on {base_url}: open it in a browser and sign in as any party. Its clock "
        "stands until MO moves it on the first page, and its simulated meters go on with it. "
        f"Its data folder is {data.resolve()}. Ctrl-C ends it."
    )


def _sayer(show: Callable[[str], None]) -> Callable[[str, str], None]:
    """Prints each finished step with its number, and shows what comes next."""
    titles = [title for title, _ in STEPS]
    upcoming = iter([*titles[1:], "Collect the messages", "Write the report"])
    number = iter(range(1, len(titles) + 2))

    def say(title: str, said: str) -> None:
        _console.print(f" [green]{next(number):2}[/] {title}: [dim]{said}[/]")
        show(next(upcoming, ""))

    return say


def _table(rows: list[Row]) -> Table:
    table = Table(title="Expected and obtained", show_lines=False)
    for name in ("figure", "expected", "obtained", "difference", ""):
        table.add_column(name, justify="right" if name in {"expected", "obtained"} else "left")
    for row in rows:
        difference = "" if row.difference is None else f"{row.difference:+.1e}"
        mark = "[green]met[/]" if row.is_met else f"[red]OFF[/] {row.reason}"
        table.add_row(row.title, _shown(row.expected), _shown(row.obtained), difference, mark)
    return table


def _shown(value: float | str | list[str] | None) -> str:
    if isinstance(value, float | int):
        return f"{value:.10g}"
    return f"{len(value)} PoDs" if isinstance(value, list) else str(value)
