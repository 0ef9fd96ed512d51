"""`platone books …`: the market's books, held against the chain, and written for the parties."""

import re
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Json, Output
from platone.cli.output import write
from platone.cli.progress import progress

Data = Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with the server's settings.")]

_HELP = "Hold the market's books against the chain, and write statements and invoices."

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_FEW = 10
"""Parties up to which a bar of progress would be gone before it is read."""
app = typer.Typer(no_args_is_help=True, help=_HELP)


@app.callback()
def books() -> None:
    """Hold the market's books against the chain, and write statements and invoices."""


@app.command()
def check(
    data: Data = None,
    config: Config = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Hold all books against the chain, and name every difference."""
    found = bootstrap.check_books(bootstrap.settings_of_folder(config, data))
    head = (
        f"{found.entries:,} entries of {found.settlements:,} settlements: "
        f"{'no' if found.is_reconciled else found.difference_count} differences"
    )
    lines = [
        f"  {each.what}: {each.books} in the books, {each.chain} on the chain"
        for each in found.differences
    ]
    write(found, "\n".join([head, *lines]), output, json=json)
    if not found.is_reconciled:
        raise typer.Exit(1)


def _month(text: str) -> str:
    if _MONTH.fullmatch(text) is None:
        raise typer.BadParameter(f"{text!r} is no month; one is 2021-06")
    return text


@app.command()
def export(
    month: Annotated[str, typer.Argument(help="Month of delivery.", callback=_month)],
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
    party: Annotated[str | None, typer.Option(help="Only this party's. Default: all.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Write a month's statements and invoices of each party, as CSV and as PDF."""
    settings = bootstrap.settings_of_folder(config, data)
    with progress("Writing", long=_FEW) as left:
        files = bootstrap.export_books(settings, month, out, party, left)
    typer.echo(f"{len(files)} files are written to {out}")
