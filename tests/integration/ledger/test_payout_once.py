"""Payouts, exactly once: killed between any two steps, and with transactions that get stuck.

After each, chain and books are held against one another, and every sum is zero.
"""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import msgspec
import pytest
from tests.integration.ledger.metered import certify_at, line_records, quarter_hour, reading_name
from tests.integration.ledger.mortal import Fate, Killed, Mortal

from platone.ledger.context import Ledger
from platone.messages.ledger import AgreementTerms, SettlementLine, SettlementOrder, WalletOpening

PODS = ("IT002E61899978", "IT002E60974469", "IT002E60550189")
MICRO = 10**6
PATIENCE_S = 30.0
"""Longest wait for a step that does not hang, s."""


def order(name: str, numbers: range, random: Random) -> SettlementOrder:
    """Lines of three customers for DSO and TSO; some deliver, some do not."""
    lines = []
    for number in numbers:
        pod, measured = PODS[number % 3], random.choice([7, 8, 9, 11]) * MICRO
        lines.append(
            SettlementLine(
                line_id=f"trade/{name}/{number}",
                pod=pod,
                aggregator_id="ACEAE" if number % 3 else "ACEAE_2",
                start_time=quarter_hour(number),
                baseline=10 * MICRO,
                ordered=-2 * MICRO,
                measured=measured,
                price=random.choice([7 * MICRO, 1, 333_333]),
                readings=(reading_name(pod, quarter_hour(number), measured),),
                requester_id=random.choice(["DSO", "TSO"]),
            )
        )
    return SettlementOrder(settlement_id=name, lines=lines)


async def found(ledger: Ledger) -> None:
    await ledger.start()
    for place, pod in enumerate(PODS):
        aggregator = "ACEAE" if place else "ACEAE_2"
        await ledger._agree._wallets.open(pod, WalletOpening(aggregator_id=aggregator), None)
        terms = AgreementTerms(
            pod=pod, aggregator_id=aggregator, customer_share_ppm=333_333, penalty_price=9 * MICRO
        )
        await ledger._agree.make(terms)


async def certified(ledger: Ledger, due: SettlementOrder) -> SettlementOrder:
    await certify_at(ledger, *line_records([msgspec.to_builtins(line) for line in due.lines]))
    return due


async def check(ledger: Ledger, orders: list[SettlementOrder]) -> None:
    """All lines are paid, once; the sums are those of the rule; books and chain agree."""
    told = await ledger._reconcile()
    assert told.is_reconciled, told.differences
    assert told.entries == sum(len(due.lines) for due in orders)
    earned = owed = 0
    for due in orders:
        for line in due.lines:
            missing = max(line.measured - 8 * MICRO, 0)
            net = line.price * (2 * MICRO - min(missing, 2 * MICRO)) - 9 * MICRO * missing
            earned, owed = earned + max(net, 0), owed + max(-net, 0)
    contracts = ledger._settle._pay._contracts
    assert await contracts.supply() == earned * 10**6
    charged = [
        await contracts.charged(ledger._keys.party(party).address) for party in ("DSO", "TSO", "MO")
    ]
    assert sum(charged) == (earned - owed) * 10**6


@pytest.mark.parametrize("is_done", [False, True])
async def test_a_kill_at_any_step_pays_each_line_once(open_ledger: Any, *, is_done: bool) -> None:
    random = Random(5)  # noqa: S311 - repeatable on purpose
    ledger = open_ledger()
    await found(ledger)
    orders: list[SettlementOrder] = []
    for step in range(100):
        due = await certified(ledger, order(f"s{step}", range(6), random))
        fate = Fate(step, is_done=is_done)
        settle = ledger._settle
        settle._store = settle._pay._store = Mortal(settle._store, fate)
        settle._pay._contracts = Mortal(settle._pay._contracts, fate)
        with suppress(Killed):
            await settle.settle(due)
        await ledger.stop()
        ledger = open_ledger()
        await ledger.start()
        await ledger._settle.settle(due)  # the market orders again what it got no answer to
        orders.append(due)
        await check(ledger, orders)
        if not fate.has_died:
            break
    await ledger.stop()
    assert len(orders) > 10, "there are that many steps to die between"


async def test_a_stuck_transaction_pays_each_line_once(open_ledger: Any) -> None:
    """The answer to a transaction never comes; who waits for it gives up, and orders again."""
    random = Random(6)  # noqa: S311 - repeatable on purpose
    ledger = open_ledger()
    await found(ledger)
    due = await certified(ledger, order("s", range(6), random))
    writer, append = ledger._chain.writer, ledger._chain.chain.append
    loop, may_go = asyncio.get_running_loop(), asyncio.Event()

    def stuck(intents: Any) -> Any:
        asyncio.run_coroutine_threadsafe(may_go.wait(), loop).result(PATIENCE_S)
        return append(intents)

    ledger._chain.chain.append = stuck
    waiting = asyncio.create_task(ledger._settle.settle(due))
    while not writer._thread._work_queue.empty() or not writer._waiting._unfinished_tasks:
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    again = asyncio.create_task(ledger._settle.settle(due))
    await asyncio.sleep(0.1)  # it waits behind the stuck one
    may_go.set()
    receipt, _ = await asyncio.wait_for(again, PATIENCE_S)
    assert [line.problem for line in receipt.lines] == [None] * 6
    await check(ledger, [due])
    await ledger.stop()


@pytest.mark.parametrize("seed", range(3))
async def test_all_sums_are_zero_in_random_histories(open_ledger: Any, seed: int) -> None:
    """Settlements, kills at random steps and restarts, one after the other."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    ledger = open_ledger()
    await found(ledger)
    orders: list[SettlementOrder] = []
    for step in range(8):
        due = await certified(ledger, order(f"s{step}", range(random.randrange(1, 9)), random))
        fate = Fate(random.randrange(40), is_done=random.random() < 0.5)
        settle = ledger._settle
        settle._store = settle._pay._store = Mortal(settle._store, fate)
        settle._pay._contracts = Mortal(settle._pay._contracts, fate)
        with suppress(Killed):
            await settle.settle(due)
        told = await ledger._reconcile._records.total()
        assert told == 0
        await ledger.stop()
        ledger = open_ledger()
        await ledger.start()
        await ledger._settle.settle(due)
        orders.append(due)
        await check(ledger, orders)
    await ledger.stop()
