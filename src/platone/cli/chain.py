"""`platone chain …`: the chain on which the ledger's contracts live, looked at and checked."""

from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.option import Json, Output
from platone.cli.output import write

Data = Annotated[Path | None, typer.Option(help="The server's folder; it may run.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with the server's settings.")]

app = typer.Typer(no_args_is_help=True, help="Look at the ledger's chain, and check all of it.")


@app.callback()
def chain() -> None:
    """Look at the ledger's chain, and check all of it."""


@app.command()
def status(
    data: Data = None,
    config: Config = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Show how the chain stands, what waits for it, and what readers of proofs compare."""
    found = bootstrap.chain_status(bootstrap.settings_of_folder(config, data))
    chain = found.identity
    lines = [
        f"chain {chain.chain_id}, {found.place}",
        f"  newest block   {found.height}, made {found.newest_block_at:%Y-%m-%d %H:%M:%S} UTC",
        f"  confirmed      after {found.confirmations} block{'s' * (found.confirmations > 1)}",
        f"  pending        {found.pending} roots of certified records",
        f"  waiting        {found.waiting} transactions",
    ]
    lines += [f"  first block    {chain.genesis}"]
    lines += [f"  sealer         {chain.sealer or 'none: its blocks bear no seal'}"]
    lines += [f"  member         {name}" for name in chain.members]
    lines += [f"  contract       {address}  {name}" for name, address in chain.contracts.items()]
    lines += [
        f"  account        {each.address}  next nonce {each.next_nonce}, {each.balance_wei} wei"
        for each in found.accounts
    ]
    write(found, "\n".join(lines), None, json=json)


@app.command()
def audit(
    data: Data = None,
    config: Config = None,
    member: Annotated[
        Path | None, typer.Option(help="A member's folder: the chain of its validator.")
    ] = None,
    output: Output = None,
    json: Json = False,  # noqa: FBT002 - a flag
) -> None:
    """Check the chain from its beginning, and every certification against it."""
    if member is None:
        found = bootstrap.audit_whole_chain(bootstrap.settings_of_folder(config, data))
    else:
        found = bootstrap.audit_validator(member)
    head = f"{found.certifications} certifications looked up: "
    head += f"{len(found.faults) or 'no'} fault{'s' * (len(found.faults) != 1)}"
    if found.blocks:
        head = f"{found.blocks} blocks executed again, {head}"
    write(found, "\n".join([head, *(f"  {each}" for each in found.faults)]), output, json=json)
    if not found.is_sound:
        raise typer.Exit(1)
