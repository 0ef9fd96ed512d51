"""Settlements that were cut off, and records older than the chain: nothing is paid twice."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.integration.ledger.metered import (
    certify_at,
    line_records,
    quarter_hour,
    reading_name,
)

from platone.ledger.context import Ledger
from platone.messages.ledger import AgreementTerms, SettlementLine, SettlementOrder, WalletOpening

POD, OTHER = "IT002E61899978", "IT002E60974469"
MICRO = 10**6


def order(name: str, *numbers: int) -> SettlementOrder:
    """Lines of two points of delivery in turn, 12.6 tokens each to the customer."""
    lines = [
        SettlementLine(
            line_id=f"trade/{number}",
            pod=(POD, OTHER)[number % 2],
            aggregator_id="ACEAE",
            start_time=quarter_hour(number),
            baseline=10 * MICRO,
            ordered=-2 * MICRO,
            measured=8 * MICRO,
            price=7 * MICRO,
            readings=(reading_name((POD, OTHER)[number % 2], quarter_hour(number), 8 * MICRO),),
        )
        for number in numbers
    ]
    return SettlementOrder(settlement_id=name, lines=lines)


async def agreed_ledger(ledger: Ledger) -> None:
    await ledger.start()
    lines = [msgspec.to_builtins(line) for line in order("s-0", *range(5)).lines]
    await certify_at(ledger, *line_records(lines))
    for pod in (POD, OTHER):
        await ledger._agree._wallets.open(pod, WalletOpening(aggregator_id="ACEAE"), None)
        terms = AgreementTerms(pod=pod, aggregator_id="ACEAE", customer_share_ppm=900_000)
        await ledger._agree.make(terms)


async def balances(ledger: Ledger) -> list[str]:
    wallets = ledger._agree._wallets
    return [(await wallets.show(await wallets.find(pod))).balance for pod in (POD, OTHER)]


def forget(folder: Path, positions: tuple[int, ...], text: bytes | None = None) -> None:
    """Take back what was noted of lines; and say that their text is another."""
    with sqlite3.connect(folder / "ledger.db") as connection:
        for position in positions:
            connection.execute(
                "UPDATE line SET paid = NULL, transaction_hash = NULL, "
                "settled = coalesce(?, settled) WHERE position = ?",
                (text, position),
            )
    connection.close()


def bring_back(folder: Path, copy: Path) -> None:
    """Put a copy in place of the records."""
    for stale in folder.glob("ledger.db*"):
        stale.unlink()
    shutil.copy(copy, folder / "ledger.db")


@pytest.mark.parametrize("forgotten", [(0, 1, 2, 3, 4), (1, 3)])
async def test_what_the_contract_paid_is_found_again(
    open_ledger: Any, folder: Path, forgotten: tuple[int, ...]
) -> None:
    """After a kill when the contract had paid, and none or one of two entries was noted."""
    ledger = open_ledger()
    await agreed_ledger(ledger)
    receipt, _ = await ledger._settle.settle(order("s-1", 0, 1, 2, 3, 4))
    height = ledger._chain.chain.head.number
    await ledger.stop()
    forget(folder, forgotten)
    ledger = open_ledger()
    await ledger.start()
    assert await ledger._settle.receipt("s-1") == receipt
    assert ledger._chain.chain.head.number == height
    assert await balances(ledger) == ["37.8", "25.2"]
    await ledger.stop()


async def test_what_was_only_ordered_is_paid_at_start(open_ledger: Any) -> None:
    ledger = open_ledger()
    await agreed_ledger(ledger)
    ordered = order("s-1", 0, 1, 2)
    lines = await ledger._settle._prepared(ordered)
    await ledger._settle._store.add_settlement(ordered, "hash", lines, ledger._clock.now())
    await ledger.stop()
    ledger = open_ledger()
    await ledger.start()
    finished = await ledger._settle.receipt("s-1")
    assert [paid.customer_tokens for paid in finished.lines] == [126 * 10**17] * 3
    assert await balances(ledger) == ["25.2", "12.6"]
    await ledger.stop()


async def test_lines_that_were_numbered_but_not_sent_are_numbered_again(open_ledger: Any) -> None:
    """As after a kill before the transaction; another settlement takes the numbers meanwhile."""
    ledger = open_ledger()
    await agreed_ledger(ledger)
    ordered, settle = order("s-1", 0, 2), ledger._settle
    lines = await settle._prepared(ordered)
    await settle._store.add_settlement(ordered, "hash", lines, ledger._clock.now())
    assert len(await settle._pay._number(lines)) == 2
    await settle.settle(order("s-2", 4))
    await settle.resume()
    numbers = [line.settled.number for line in await settle._store.lines("s-1") if line.settled]
    assert numbers == [2, 3]
    assert await balances(ledger) == ["37.8", "0"]
    await ledger.stop()


@pytest.mark.parametrize("again", ["s-2", "s-3"])
async def test_records_older_than_the_chain_pay_nothing_twice(
    open_ledger: Any, folder: Path, again: str
) -> None:
    """A copy of the records is brought back, and the market orders again what was paid since."""
    ledger = open_ledger()
    await agreed_ledger(ledger)
    await ledger._settle.settle(order("s-1", 0))
    await ledger.stop()
    shutil.copy(folder / "ledger.db", folder / "copy.db")
    ledger = open_ledger()
    await ledger.start()
    await ledger._settle.settle(order("s-2", 2))
    await ledger.stop()
    bring_back(folder, folder / "copy.db")
    ledger = open_ledger()
    await ledger.start()
    receipt, _ = await ledger._settle.settle(order(again, 2, 3))
    assert [line.problem is None for line in receipt.lines] == [False, True]
    assert "different ages" in str(receipt.lines[0].problem)
    assert await balances(ledger) == ["25.2", "12.6"]
    await ledger.stop()


async def test_another_line_under_a_known_name_is_not_taken_for_paid(
    open_ledger: Any, folder: Path
) -> None:
    """The text is no longer the one under the root: the ledger does not say that it was paid."""
    ledger = open_ledger()
    await agreed_ledger(ledger)
    await ledger._settle.settle(order("s-1", 0))
    (stored,) = await ledger._settle._store.lines("s-1")
    assert stored.settled is not None
    forged = msgspec.structs.replace(stored.settled, penalty_price=5)
    await ledger.stop()
    forget(folder, (0,), msgspec.json.encode(forged))
    ledger = open_ledger()
    await ledger.start()
    (line,) = (await ledger._settle.receipt("s-1")).lines
    assert "different ages" in str(line.problem)
    assert await balances(ledger) == ["12.6", "0"]
    await ledger.stop()
