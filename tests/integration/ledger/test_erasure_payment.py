"""An erasure waits for a payment that has no result, and no longer than 45 days."""

from datetime import timedelta
from typing import Any

from tests.integration.ledger.test_settlement_kill import POD, agreed_ledger, order

from platone.ledger.context import Ledger
from platone.ledger.records.erasure import ErasureRecords
from platone.ledger.service.agreement import pseudonym
from platone.ledger.service.erase import ErasePods
from platone.messages.erasure import ErasureOrder, ErasurePart


async def _ordered_ago(ledger: Ledger, ago: timedelta) -> None:
    """Order what is paid to both, so long ago, as a chain that has given no result since."""
    ordered = order("s-1", 0, 1, 2)
    lines = await ledger._settle._prepared(ordered)
    await ledger._settle._store.add_settlement(ordered, "hash", lines, ledger._clock.now() - ago)


async def _asked(ledger: Ledger) -> ErasurePart:
    records = ErasureRecords(ledger._database, lambda name: pseudonym(ledger._keys, name))
    erase = ErasePods(records, ledger._agree, ledger._clock)
    return await erase(ErasureOrder(erasure_id="e-1", pod_ids=[POD]))


async def test_a_payment_under_way_is_waited_for(open_ledger: Any) -> None:
    ledger = open_ledger()
    await agreed_ledger(ledger)
    await _ordered_ago(ledger, timedelta(days=44))
    told = await _asked(ledger)
    assert (told.state, told.reason) == ("waiting", "a payment is under way")
    assert told.until is not None
    assert timedelta(hours=23) < told.until - ledger._clock.now() <= timedelta(days=1)
    assert len(await ledger._settle._store.lines("s-1")) == 3
    await ledger._settle.resume()
    assert (await _asked(ledger)).state == "done"
    await ledger.stop()


async def test_a_chain_that_never_answers_is_not_waited_for_for_ever(open_ledger: Any) -> None:
    """What was owed to the person goes with it; what is owed to others is paid when it answers."""
    ledger = open_ledger()
    await agreed_ledger(ledger)
    await _ordered_ago(ledger, timedelta(days=45))
    assert (await _asked(ledger)).state == "done"
    await ledger.stop()

    ledger = open_ledger()
    await ledger.start()
    (paid,) = (await ledger._settle.receipt("s-1")).lines
    assert (paid.line_id, paid.customer_tokens) == ("trade/1", 126 * 10**17)
    await ledger.stop()
