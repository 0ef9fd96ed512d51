"""`platone books …`: the market's books, held against the chain."""

from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Json, Output
from platone.cli.output import write
from platone.settings import Settings

_DATA = Settings().data
"""The default folder: that of `platone serve`."""

app = typer.Typer(no_args_is_help=True, help="Hold the market's books against the chain.")


@app.callback()
def books() -> None:
    """Hold the market's books against the chain."""


@app.command()
def check(
    data: Annotated[Path, typer.Option(help="Folder of everything that is kept.")] = _DATA,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Hold all books against the chain, and name every difference."""
    found = bootstrap.check_books(data)
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
