"""`platone party …`: the parties that are at home on a server, and their clients."""

import sys
from typing import Annotated

import msgspec
import typer

from platone import bootstrap
from platone.cli.user import DATA, Data
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials
from platone.messages.people import PartyOrder

app = typer.Typer(no_args_is_help=True, help="Say which parties are at home on a server.")


@app.command()
def add(
    party: Annotated[str, typer.Argument(help="Its identifier, such as AGGREGATOR-7.")],
    role: Annotated[list[Role], typer.Option(help="What it is; may be given several times.")],
    data: Data = DATA,
) -> None:
    """Add a party, and write its client as JSON: the secret is shown here only."""
    try:
        order = msgspec.convert({"partyId": party, "roles": role}, PartyOrder)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(str(error)) from error
    _tell(bootstrap.add_party(data, order.party_id, tuple(order.roles)))


@app.command(name="list")
def list_parties(data: Data = DATA) -> None:
    """List the parties and their roles."""
    for each in bootstrap.list_parties(data):
        roles = ", ".join(role.value for role in each.roles)
        sys.stdout.write(f"{each.party_id}: {roles}\n")


@app.command()
def rotate(party: str, data: Data = DATA) -> None:
    """Give a party's client a new secret, and write it as JSON; the old one is void at once.

    A token that the old one has got before counts until its end, up to ten minutes.
    """
    _tell(bootstrap.rotate_party(data, party))


@app.command()
def remove(party: str, data: Data = DATA) -> None:
    """Remove a party with its client and its people; its last token ends within minutes."""
    bootstrap.remove_party(data, party)
    sys.stdout.write(f"{party} is removed.\n")


def _tell(client: ClientCredentials) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(client)).decode() + "\n")
