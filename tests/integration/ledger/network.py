"""A ledger whose contracts live on a real node's network, for the tests."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from tests.anvil import Anvil
from tests.integration.ledger.conftest import NOW

from platone.infra.db import sqlite_url
from platone.kernel.clock import SimulatedClock
from platone.ledger.adapters.network.terms import NetworkTerms
from platone.ledger.context import Ledger
from platone.messages.ledger import CertificationRecord

FREE = (
    *("--gas-price", "0", "--base-fee", "0", "--disable-min-priority-fee"),
    *("--timestamp", str(int(NOW.timestamp()))),
)
"""Options of a network without fees, at the time of the tests' market."""
PATIENCE_S = 60.0
OWNER = "MDA"


class Node(Protocol):
    """A node of some network."""

    @property
    def url(self) -> str: ...


def network_ledger(folder: Path, contract_cache: Path, node: Node, **terms: Any) -> Ledger:
    """A ledger on a node's network, with compiled contracts in its folder."""
    home = folder / "ledger"
    home.mkdir(parents=True, exist_ok=True)
    for kept in contract_cache.glob("contracts-*.json"):
        shutil.copy(kept, home)
    return Ledger(
        sqlite_url(folder / "ledger.db"),
        home,
        SimulatedClock(NOW, speed=0),
        network=NetworkTerms(url=node.url, **terms),
    )


def text(number: int) -> CertificationRecord:
    """A record that is no reading."""
    return CertificationRecord(
        id=f"record/{number}",
        kind="settlement",
        content=f'{{"number": {number}}}',
        salt="0x" + number.to_bytes(32).hex(),
    )


async def status(ledger: Ledger, number: int) -> tuple[str, int | None]:
    """Whether a record is certified, and in which block."""
    (told,) = await ledger._certify.states(await ledger._certify.named(f"record/{number}"))
    return told.status, told.block_number


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until something holds, and return it."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        if found := await holds():
            return found
        await asyncio.sleep(0.1)
    raise TimeoutError("it did not come about")


async def confirmed(ledger: Ledger, number: int) -> bool:
    """Tell that a record is certified."""
    return (await status(ledger, number))[0] == "CONFIRMED"


async def asked(node: Anvil, method: str, *params: object) -> Any:
    """Ask the node while the ledger goes on."""
    return await asyncio.to_thread(node.call, method, *params)


async def anchors(ledger: Ledger, node: Anvil) -> list[str]:
    """The roots that the network holds, in their order."""
    where = {"address": ledger.contracts["Certification"], "fromBlock": "0x0"}
    found = await asked(node, "eth_getLogs", where)
    return [each["topics"][1] for each in found if len(each["topics"]) == 4]
