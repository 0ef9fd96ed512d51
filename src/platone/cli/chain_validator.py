"""`platone chain validator`: a member's part in a chain that several parties keep together."""

from pathlib import Path
from typing import Annotated

import typer

from platone import bootstrap
from platone.cli.chain_member import Folder

_PORTS = 65_536
"""Ports are numbers below this (16 bits)."""


def _place(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < _PORTS:
        raise typer.BadParameter(f"{text!r} is no host and port, such as 0.0.0.0:26656")
    return text


def validator(
    folder: Folder,
    peers: Annotated[
        str, typer.Option(help="Where the other validators reach it.", callback=_place)
    ] = "0.0.0.0:26656",
    rpc: Annotated[
        str, typer.Option(help="Where its Ethereum JSON-RPC listens.", callback=_place)
    ] = "127.0.0.1:8545",
    cometbft: Annotated[str, typer.Option(help="CometBFT's program, version 0.38.")] = "cometbft",
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate of the JSON-RPC, PEM; without it: HTTP.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
) -> None:
    """Run a member's validator: it orders and executes the chain's blocks with the others'."""
    if (certificate is None) != (key is None):
        raise typer.BadParameter("--certificate and --key belong together")
    host, _, port = rpc.rpartition(":")
    bootstrap.run_validator(
        bootstrap.ValidatorOrder(
            folder, cometbft, peers, host.strip("[]"), int(port), certificate, key
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command to a group."""
    app.command()(validator)
