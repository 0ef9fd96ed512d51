"""`platone chain status` and `audit` on a data folder, beside a running server."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from tests.integration.ledger.test_books import traded as traded  # noqa: PLC0414 - a fixture
from tests.integration.ledger.test_books_command import server_folder
from typer.testing import CliRunner

from platone.cli import app


def chain(folder: Path, *words: str) -> Any:
    """Run it on that folder, in a thread of its own, where it makes a loop of its own."""
    command = ["chain", *words, "--data", str(server_folder(folder))]
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(CliRunner().invoke, app, command).result(60)


async def test_the_status_tells_height_and_contracts(traded: Any) -> None:
    told = chain(traded.folder, "status", "--json")
    assert told.exit_code == 0, told.output
    found = msgspec.json.decode(told.output)
    answer = await traded.dso.post(
        "/rpc", json={"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
    )
    assert found["height"] == int(answer.json()["result"], 16)
    assert (found["place"], found["identity"]["chainId"]) == ("embedded", 864300)
    assert found["identity"]["contracts"] == traded.ledger.contracts
    assert (found["pending"], found["confirmations"]) == (0, 1)
    shown = chain(traded.folder, "status").output
    for each in (traded.ledger.contracts["Certification"], traded.ledger.sealer):
        assert each in shown


async def test_what_identifies_the_chain_is_told_to_everybody_and_fits_its_blocks(
    traded: Any,
) -> None:
    """By Ethereum's own calls: the first block, its hash, and the beneficiary that it names."""
    asked = {"method": "eth_getBlockByNumber", "params": ["0x0", False], "id": 1}
    first = (await traded.dso.post("/rpc", json={"jsonrpc": "2.0"} | asked)).json()["result"]
    told = (await traded.dso.get("/api/chain", headers={"Authorization": ""})).json()
    assert told["genesis"] == first["hash"]
    assert told["sealer"].lower() == first["miner"].lower()
    assert told["chainId"] == 864300
    assert told["members"] == []
    found = msgspec.json.decode(chain(traded.folder, "status", "--json").output)
    assert found["identity"] == told


async def test_the_audit_executes_all_again_and_finds_what_is_missing(traded: Any) -> None:
    told = chain(traded.folder, "audit")
    assert told.exit_code == 0, told.output
    assert "no faults" in told.output
    assert "blocks executed again" in told.output
    with sqlite3.connect(traded.folder / "ledger.db") as connection:
        connection.execute("UPDATE tree SET transaction_hash = zeroblob(32) WHERE id = 1")
    connection.close()
    told = chain(traded.folder, "audit", "--json")
    assert told.exit_code == 1
    (fault,) = msgspec.json.decode(told.output)["faults"]
    assert fault == f"batch 1: no transaction {'00' * 32}"
