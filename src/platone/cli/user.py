"""`platone user …`: the people who may sign in to a server's pages."""

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from platone import bootstrap
from platone.messages.base import Role
from platone.settings import Settings

DATA = Settings().data
"""The default folder: that of `platone serve`."""

Data = Annotated[Path, typer.Option(help="Folder of everything that is kept.")]
Stdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the standard input.")
]

app = typer.Typer(no_args_is_help=True, help="Say who may sign in to a server's pages.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    party: Annotated[str, typer.Option(help="The party that it acts for; a new one is made.")],
    role: Annotated[
        list[Role] | None,
        typer.Option(help="A role of the party that it has; default: all of them."),
    ] = None,
    data: Data = DATA,
    password_stdin: Stdin = False,  # noqa: FBT002 - a flag
) -> None:
    """Add a person; with the first one, the development parties sign in by a press no more."""
    password = _password(from_stdin=password_stdin)
    gone = bootstrap.add_person(data, name, party, tuple(role or ()), password)
    sys.stdout.write(f"{name} may sign in for {party}.\n")
    if gone:
        sys.stdout.write("The development parties no longer sign in by a press.\n")


@app.command(name="list")
def list_people(data: Data = DATA) -> None:
    """List the people, their parties and roles."""
    for each in bootstrap.list_people(data):
        roles = ", ".join(role.value for role in each.person.party.roles)
        door = "by a press" if each.is_for_development else "by password"
        door += " and one-time code" if each.second_factor else ""
        sys.stdout.write(f"{each.person.name}: {each.person.party.party_id} ({roles}), {door}\n")


@app.command()
def password(
    name: str,
    data: Data = DATA,
    password_stdin: Stdin = False,  # noqa: FBT002 - a flag
) -> None:
    """Give a person another password; its sign-ins end."""
    bootstrap.change_password(data, name, _password(from_stdin=password_stdin))
    sys.stdout.write(f"{name} has another password, and has to sign in again.\n")


@app.command()
def second_factor(name: str, data: Data = DATA) -> None:
    """Give a person a second factor, for an authenticator application; its sign-ins end."""
    secret = bootstrap.add_second_factor(data, name)
    address = f"otpauth://totp/Platone:{quote(name)}?secret={secret}&issuer=Platone"
    sys.stdout.write(f"Type this secret into the authenticator: {secret}\nor open: {address}\n")


@app.command()
def remove(name: str, data: Data = DATA) -> None:
    """Remove a person; its sign-ins end."""
    bootstrap.remove_person(data, name)
    sys.stdout.write(f"{name} is removed.\n")
