"""A customer's wallet moves, and the ledger is killed between any two steps of what follows."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.integration.ledger.mortal import Fate, Killed, Mortal

from platone.infra.listing import Part
from platone.kernel.signature import SigningKey
from platone.ledger.context import Ledger
from platone.messages.ledger import AgreementTerms, WalletOpening

POD, PARTY = "IT002E61899978", "ACEAE"
TERMS = AgreementTerms(pod=POD, aggregator_id=PARTY, customer_share_ppm=900_000, penalty_price=0)


async def move(ledger: Ledger, address: str) -> None:
    """What the route of wallets does, which the market calls until it has an answer."""
    opening = WalletOpening(aggregator_id=PARTY, address=address)
    await ledger._agree._wallets.open(POD, opening, None)
    await ledger._agree.follow_wallet(POD)


async def pays_to(ledger: Ledger, traded: datetime) -> str:
    """The wallet that a trade is paid to; no other agreement stands on the chain."""
    agree = ledger._agree
    (standing,) = [each for each in (await agree.find(Part("", 100), PARTY)).items if each.active]
    assert await agree._contracts.ended_at(bytes.fromhex(standing.agreement_id[2:])) is None
    counting = await agree.counting(PARTY, POD, traded)
    assert counting is not None
    assert "0x" + counting.id.hex() == standing.agreement_id
    return counting.wallet


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("is_repeated", [False, True])
async def test_the_agreement_follows_whenever_the_ledger_was_killed(
    open_ledger: Any, *, is_done: bool, is_repeated: bool
) -> None:
    """A restart is enough once the address is stored; a repetition changes nothing then."""
    ledger = open_ledger()
    await ledger.start()
    await move(ledger, SigningKey().address)
    await ledger._agree.make(TERMS)
    traded = ledger._clock.now() + timedelta(minutes=1)
    ledger._clock.move_to(traded + timedelta(minutes=1))
    for step in range(30):
        new, fate, agree = SigningKey().address, Fate(step, is_done=is_done), ledger._agree
        agree._wallets._wallets = Mortal(agree._wallets._wallets, fate)
        agree._store = Mortal(agree._store, fate)
        agree._contracts = Mortal(agree._contracts, fate)
        with suppress(Killed):
            await move(ledger, new)
        await ledger.stop()
        ledger = open_ledger()
        ledger._clock.move_to(traded + timedelta(minutes=2 + step))
        await ledger.start()
        if is_repeated or (await ledger._agree._wallets.find(POD)).address != new:
            await move(ledger, new)
        assert await pays_to(ledger, traded) == new
        if not fate.has_died:
            break
    await ledger.stop()
    assert step > 5, "there are that many steps to die between"
