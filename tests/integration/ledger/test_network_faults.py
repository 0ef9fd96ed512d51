"""A network that loses, delays and takes back: every record is certified in the end, and once."""

import asyncio
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.anvil import Anvil, pause_mining, running
from tests.integration.ledger.network import (
    FREE,
    OWNER,
    anchors,
    asked,
    confirmed,
    network_ledger,
    status,
    text,
    until,
)
from tests.records import ask

from platone.infra.db import Database, sqlite_url
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.network.terms import GWEI
from platone.ledger.context import Ledger
from platone.ledger.domain.transaction import SignedTransaction, Transaction
from platone.ledger.records.table import metadata
from platone.ledger.records.transaction_queue import Signed, TransactionQueue

_ROWS = "SELECT nonce, version, state, fee FROM chain_transaction WHERE sender = '{}' ORDER BY 1, 2"


def queued(folder: Path, ledger: Ledger) -> list[tuple[int, int, str, int]]:
    """Nonce, version, state and fee of what the administrator's account sends."""
    statement = _ROWS.format(ledger._keys.administrator.address)
    return ask(sqlite_url(folder / "ledger.db"), statement)


async def test_a_stuck_transaction_is_replaced_at_its_nonce(
    tmp_path: Path, contract_cache: Path
) -> None:
    """Nobody takes it for its fee; the version with the higher one is mined, and no other."""
    with running(tmp_path / "node", *FREE[-2:]) as node:
        ledger = network_ledger(tmp_path, contract_cache, node, replace_s=2)
        for key in (ledger._keys.operator, ledger._keys.administrator):
            node.endow(key.address)
        await ledger.start()
        await pause_mining(node)
        made = await ledger._certify.certify(OWNER, [text(1)])
        assert made.certifications[0].status == "PENDING"
        await asked(node, "anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
        await asked(node, "evm_mine")
        ((nonce, _, _, first), (same, _, _, second)) = await until(
            lambda: _versions(tmp_path, ledger)
        )
        assert nonce == same
        assert second * 8 >= first * 9, "geth and others take 12.5 % more"
        assert second >= 20 * GWEI
        sender = ledger._keys.administrator.address
        await until(lambda: _in_pool(node, sender, nonce))
        await asked(node, "evm_mine")
        await until(lambda: confirmed(ledger, 1))
        assert await anchors(ledger, node) == [await _root(ledger, 1)]
        assert await asked(node, "eth_getTransactionCount", sender, "latest") == hex(nonce + 1)
        assert queued(tmp_path, ledger) == [(nonce, 1, "confirmed", second)]
        await ledger.stop()


async def _versions(folder: Path, ledger: Ledger) -> list[tuple[int, int, str, int]]:
    rows = queued(folder, ledger)
    return rows if [row[2] for row in rows] == ["sent", "sent"] else []


async def _in_pool(node: Anvil, sender: str, nonce: int) -> bool:
    pool = await asked(node, "txpool_content")
    return list(pool["pending"].get(sender.lower(), ())) == [str(nonce)]


async def _root(ledger: Ledger, number: int) -> str:
    (stored,) = await ledger._certify.named(f"record/{number}")
    return "0x" + stored.root.hex()


async def test_what_a_reorganisation_takes_back_is_anchored_again(
    tmp_path: Path, contract_cache: Path
) -> None:
    with running(tmp_path / "node", *FREE) as node:
        ledger = network_ledger(tmp_path, contract_cache, node, confirmations=3)
        starting = asyncio.create_task(ledger.start())
        mining = asyncio.create_task(_mine_on(node))
        await starting
        mining.cancel()
        before = await asked(node, "evm_snapshot")
        made = await ledger._certify.certify(OWNER, [text(1)])
        assert made.certifications[0].status == "PENDING", "one block is not three"
        assert len(await anchors(ledger, node)) == 1
        await until(lambda: _is_mined(tmp_path, ledger))
        await asked(node, "evm_revert", before)
        assert await anchors(ledger, node) == []
        await until(lambda: _anchored(ledger, node))
        assert (await status(ledger, 1))[0] == "PENDING"
        await asked(node, "anvil_mine", "0x3")
        await until(lambda: confirmed(ledger, 1))
        assert await anchors(ledger, node) == [await _root(ledger, 1)]
        await ledger.stop()


async def _mine_on(node: Anvil) -> None:
    while True:
        await asyncio.sleep(0.5)
        await asked(node, "evm_mine")


async def _is_mined(folder: Path, ledger: Ledger) -> bool:
    return [row[2] for row in queued(folder, ledger)] == ["mined"]


async def _anchored(ledger: Ledger, node: Anvil) -> bool:
    return len(await anchors(ledger, node)) == 1


@pytest.mark.parametrize("is_running", [True, False])
async def test_what_a_killed_node_forgot_is_sent_again(
    tmp_path: Path, contract_cache: Path, *, is_running: bool
) -> None:
    """Its newest blocks are gone, confirmed ones too; while it is away, certification waits."""
    with running(tmp_path / "node", *FREE) as node:
        ledger = network_ledger(tmp_path, contract_cache, node)
        await ledger.start()
        await ledger._certify.certify(OWNER, [text(1)])
        node.stop()  # it writes down what it has
        node.start()
        await until(lambda: _height(node))
        await ledger._certify.certify(OWNER, [text(2), text(3)])
        await until(lambda: confirmed(ledger, 3))
        if not is_running:
            await ledger.stop()
        node.stop(signal.SIGKILL)
        if is_running:
            made = await ledger._certify.certify(OWNER, [text(4)])
            assert made.certifications[0].status == "PENDING"
        node.start()
        assert len(await anchors(ledger, node)) == 1, "the node lost what was confirmed"
        if not is_running:
            ledger = network_ledger(tmp_path, contract_cache, node)
            await ledger.start()
            await ledger._certify.certify(OWNER, [text(4)])
        for number in (1, 2, 4):
            await until(partial(confirmed, ledger, number))
        wanted = [await _root(ledger, number) for number in (1, 2, 4)]
        assert await anchors(ledger, node) == wanted
        await ledger.stop()


async def _height(node: Anvil) -> str:
    found: str = await asked(node, "eth_blockNumber")
    return found


async def test_two_writers_never_share_a_nonce(tmp_path: Path) -> None:
    """Two processes on one database: each transaction has its own place, and none is left out."""
    key = SigningKey(b"\x07" * 32)
    databases = [Database(sqlite_url(tmp_path / "ledger.db"), metadata) for _ in range(2)]
    await databases[0].open()

    def sign(number: int) -> Any:
        def signed(nonce: int) -> Signed:
            body = Transaction(
                chain_id=1, nonce=nonce, gas=21000, to=bytes(20), data=bytes([number])
            )
            made: SignedTransaction = body.sign(key)
            return Signed(made.hash, made.encode(), 0)

        return signed

    async def place(writer: int, number: int) -> int:
        queue = TransactionQueue(databases[writer])
        intent = bytes([number]) * 32
        return (await queue.reserve(key.address, intent, "", 5, sign(number))).nonce

    numbers = await asyncio.gather(*(place(each % 2, each // 2) for each in range(40)))
    assert sorted(set(numbers)) == list(range(5, 25)), "the same intent has one place"
    assert numbers[::2] == numbers[1::2]
    for database in databases:
        await database.close()
