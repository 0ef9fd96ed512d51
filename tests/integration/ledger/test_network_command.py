"""`platone chain status` and `audit`, and `platone books check`, where the chain is a network."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import msgspec
from tests.anvil import Anvil, pause_mining, running
from tests.integration.ledger.network import (
    FREE,
    OWNER,
    asked,
    confirmed,
    network_ledger,
    text,
    until,
)
from typer.testing import CliRunner

from platone.cli import app


async def told(folder: Path, node: Anvil, *words: str) -> Any:
    """Run a command on the data folder, in a thread: it makes a loop of its own."""
    surroundings = {"PLATONE_LEDGER_NETWORK": node.url, "PLATONE_CHAIN_ID": "864300"}
    command = [*words, "--data", str(folder)]
    return await asyncio.to_thread(CliRunner().invoke, app, command, env=surroundings)


async def test_the_commands_ask_the_network(tmp_path: Path, contract_cache: Path) -> None:
    with running(tmp_path / "node", *FREE) as node:
        ledger = network_ledger(tmp_path, contract_cache, node)
        await ledger.start()
        await ledger._certify.certify(OWNER, [text(1)])
        await until(lambda: confirmed(ledger, 1))
        await pause_mining(node)
        await ledger._certify.certify(OWNER, [text(2)])
        status = await told(tmp_path, node, "chain", "status", "--json")
        assert status.exit_code == 0, status.output
        found = msgspec.json.decode(status.output)
        known = found["identity"]
        assert (found["place"], known["chainId"], found["confirmations"]) == (node.url, 864300, 1)
        first = await asked(node, "eth_getBlockByNumber", "0x0", False)  # noqa: FBT003 - on the wire
        assert (known["genesis"], known["sealer"], known["members"]) == (first["hash"], None, [])
        assert found["height"] == int(await asked(node, "eth_blockNumber"), 16)
        assert (found["pending"], found["waiting"]) == (1, 1)
        assert known["contracts"] == ledger.contracts
        accounts = {each["address"]: each["nextNonce"] for each in found["accounts"]}
        assert accounts == {
            ledger._keys.operator.address: 7,
            ledger._keys.administrator.address: 2,
        }
        books = await told(tmp_path, node, "books", "check")
        assert books.output == "0 entries of 0 settlements: no differences\n"
        sound = await told(tmp_path, node, "chain", "audit")
        assert sound.output == "1 certifications looked up: no faults\n"
        await ledger.stop()
        node.stop(signal.SIGKILL)
        node.start()  # it has written nothing down
        lost = await told(tmp_path, node, "chain", "audit")
        assert lost.exit_code == 1
        assert "is not on the network" in lost.output
        node.stop()
        away = await told(tmp_path, node, "chain", "status")
        assert away.exit_code == 1
        assert "gives no answer" in str(away.exception)
