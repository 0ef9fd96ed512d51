"""`platone chain init, found, join, show, …`: who keeps a chain together, and what they change."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap

Folder = Annotated[Path, typer.Argument(help="The member's folder; its keys never leave it.")]
_Consortium = Annotated[Path, typer.Argument(help="The consortium's file.")]
_ChangeFile = Annotated[
    Path, typer.Option("--output", "-o", help="File for the change, which the others agree to.")
]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no address: 0x and 40 hexadecimal digits")
    return text


def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="What people call the member, such as 'DSO Terni'.")],
    address: Annotated[
        str, typer.Option(help="Where the others' validators reach it: host and port.")
    ],
) -> None:
    """Make a member's keys, and the file by which the others know it."""
    file = bootstrap.init_member(folder, name, address)
    sys.stdout.write(f"{file} is for the other members; the keys stay in {folder}.\n")


def found(
    members: Annotated[list[Path], typer.Argument(help="The founders' files, of `init`.")],
    name: Annotated[str, typer.Option(help="A short name of the chain, such as terni-pilot.")],
    chain_id: Annotated[int, typer.Option(help="The chain's number (EIP-155).", min=1)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The consortium's file.")] = Path(
        "consortium.json"
    ),
) -> None:
    """Write the consortium's file from the founders' files; one of them does it for all."""
    consortium = bootstrap.found_consortium(members, name, chain_id, output)
    names = ", ".join(each.name for each in consortium.members)
    lines = [
        f"{output}: {consortium.name}, chain {consortium.chain_id}, founded by {names}",
        f"  founding address {consortium.address}: let each founder compare it",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def join(folder: Folder, consortium: _Consortium) -> None:
    """Put the consortium's file into a member's folder: its validator can start."""
    joined = bootstrap.join_consortium(folder, consortium)
    lines = [f"{folder} takes part in {joined.name}; founding address {joined.address}"]
    lines += [f"  {each.name:<30} {each.address}" for each in joined.members]
    sys.stdout.write("\n".join(lines) + "\n")


def invite(
    folder: Folder,
    member: Annotated[Path, typer.Argument(help="The new member's file, of `init`.")],
    output: _ChangeFile,
) -> None:
    """Draft the change that a new member comes, with one's own agreement."""
    change = bootstrap.draft_invitation(folder, member, output)
    _tell_draft(output, change.number)


def remove(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="The member who goes.")],
    output: _ChangeFile,
) -> None:
    """Draft the change that a member goes, with one's own agreement."""
    change = bootstrap.draft_removal(folder, name, output)
    _tell_draft(output, change.number)


def upgrade(
    folder: Folder,
    contract: Annotated[str, typer.Argument(help="The contract, such as SettlementAgreement.")],
    address: Annotated[str, typer.Argument(help="Where it stands.", callback=_address)],
    from_block: Annotated[
        int, typer.Option(help="The first block whose transactions the new code executes.", min=1)
    ],
    output: _ChangeFile,
) -> None:
    """Draft the change that a contract gets the code of this software, with one's own agreement."""
    change = bootstrap.draft_upgrade(folder, contract, address, from_block, output)
    _tell_draft(output, change.number)


def withdraw(
    folder: Folder,
    number: Annotated[int, typer.Argument(help="The change that brought the upgrade.", min=1)],
    output: _ChangeFile,
) -> None:
    """Draft the change that an upgrade is not to be, before its block comes."""
    change = bootstrap.draft_withdrawal(folder, number, output)
    _tell_draft(output, change.number)


def show(
    folder: Folder,
    change: Annotated[
        Path | None, typer.Argument(help="A change's file: what it would do, and who agreed.")
    ] = None,
) -> None:
    """Show who keeps the chain and which codes they agreed, or what a change would do."""
    if change is None:
        lines = bootstrap.tell_consortium(folder)
    else:
        lines = bootstrap.tell_change(folder, change)
    sys.stdout.write("\n".join(lines) + "\n")


def agree(
    folder: Folder,
    change: Annotated[Path, typer.Argument(help="The change's file; the agreement is added.")],
    rpc: Annotated[
        str | None, typer.Option(help="Hand it over to this validator once enough have agreed.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="CA of the --rpc address, PEM.")] = None,
) -> None:
    """Agree to a change, and hand it over once more than two thirds have."""
    show(folder, change)
    agreed, missing = bootstrap.agree_to_change(folder, change)
    if missing:
        sys.stdout.write(f"{change}: agreed; {missing} more must agree.\n")
    elif rpc is None:
        sys.stdout.write(f"{change}: enough have agreed; hand it over with --rpc.\n")
    else:
        bootstrap.hand_over_change(agreed, rpc, ca)
        sys.stdout.write(f"{change}: enough have agreed; the validators have it.\n")


def register(app: typer.Typer) -> None:
    """Add the commands to a group."""
    for command in (init, found, join, invite, remove, upgrade, withdraw, show, agree):
        app.command()(command)


def _tell_draft(file: Path, number: int) -> None:
    told = f"{file} is change {number}: let the others read it (show) and agree to it (agree).\n"
    sys.stdout.write(told)
