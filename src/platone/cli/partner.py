"""`platone partner …`: the servers of other parties that a server trusts and calls."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.user import DATA, Data
from platone.messages.partner import PartnerFile

app = typer.Typer(no_args_is_help=True, help="Say which servers of other parties are partners.")


@app.command()
def export(data: Data = DATA) -> None:
    """Write the file that partners are given to the standard output; nothing in it is secret."""
    sys.stdout.write(bootstrap.export_partner(data))


@app.command()
def add(
    files: list[Path],
    data: Data = DATA,
    same_company: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--same-company",
            help="They may speak for parties of servers that are known already: one company's.",
        ),
    ] = False,
) -> None:
    """Add partners by the files that they gave, or replace earlier ones; it counts at once."""
    for file in files:
        added = bootstrap.add_partner(data, file, same_company=same_company)
        sys.stdout.write(f"{_shown(added)}\n")


@app.command(name="list")
def list_partners(data: Data = DATA) -> None:
    """List the partners: where they are, what runs there, and whom they speak for."""
    for each in bootstrap.list_partners(data):
        sys.stdout.write(f"{_shown(each)}\n")


@app.command()
def remove(name: str, data: Data = DATA) -> None:
    """Remove a partner, which is a stranger from now on."""
    bootstrap.remove_partner(data, name)
    sys.stdout.write(f"{name} is a partner no more.\n")


def _shown(told: PartnerFile) -> str:
    contexts = ", ".join(told.contexts) or "no context"
    return f"{told.name}: {told.url} runs {contexts}, and speaks for {', '.join(told.parties)}."
