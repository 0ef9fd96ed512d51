"""The example of which agreement counts, played from the page on a ledger."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

from tests.integration.ledger.test_contract_api import agree, line, open_wallet, settle

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "market-rules.md"
_PLAYS = re.compile(r"^```agreements\n(.*?)^```$", re.MULTILINE | re.DOTALL)
(PLAY,) = _PLAYS.findall(PAGE.read_text("utf-8"))
MICRO, ATTO = 10**6, 10**18
MIDNIGHT = datetime(2021, 6, 24, tzinfo=UTC)


class Play:
    """The example under way."""

    def __init__(self, running: Any) -> None:
        self.running = running
        self.trades: list[dict[str, Any]] = []
        self.number = 0
        self.paid: list[dict[str, Any]] = []

    async def act(self, text: str) -> None:
        for pattern, action in self._actions.items():
            if match := re.fullmatch(pattern, text):
                await action(self, *match.groups())
                return
        raise AssertionError(f"nobody knows how to play: {text}")

    def _at(self, hour: str) -> datetime:
        at = MIDNIGHT + timedelta(hours=int(hour))
        self.running.ledger._clock.move_to(at)
        return at

    async def _agree(self, hour: str, share: str, penalty: str) -> None:
        self._at(hour)
        terms = {"customerSharePpm": int(share) * 10_000, "penaltyPrice": int(penalty) * MICRO}
        assert (await agree(self.running, **terms)).status_code == 201

    async def _end(self, hour: str) -> None:
        self._at(hour)
        path = "/api/contracts/agreements"
        for each in (await self.running.operator.get(path)).json()["agreements"]:
            if each["active"]:
                await self.running.operator.delete(f"{path}/{each['agreementId']}")

    async def _sell(self, hour: str, kwh: str, price: str) -> None:
        at = self._at(hour).isoformat()
        ordered = {"ordered": -int(kwh) * MICRO, "price": int(price) * MICRO}
        self.trades.append(ordered | {"tradedAt": at})

    async def _deliver(self, kwh: str) -> None:
        self._at("20")
        lines = []
        for trade in self.trades:
            self.number += 1
            lines.append(line(self.number, measured=10 - int(kwh), **trade))
        self.paid = (await settle(self.running, f"s-{kwh}", *lines))["lines"]

    async def _gets(self, amounts: str) -> None:
        told = [Fraction(each["customerTokens"], ATTO) for each in self.paid]
        assert told == [Fraction(each) for each in amounts.split(", ")]

    async def _owes(self, amounts: str) -> None:
        told = [Fraction(each["owed"], ATTO) for each in self.paid]
        assert told == [Fraction(each) for each in amounts.split(", ")]

    _actions: ClassVar[dict[str, Callable[..., Awaitable[None]]]] = {
        r"at (\d+):00 they agree: (\d+) % to the customer, (\d+) € for a missing kWh": _agree,
        r"at (\d+):00 the agreement ends": _end,
        r"at (\d+):00 a gate closes: (\d) kWh are sold at (\d) €": _sell,
        r"(\d) kWh (?:is|are) delivered each time": _deliver,
        r"the customer gets ([\d., ]+) €": _gets,
        r"the aggregator owes ([\d., ]+) €": _owes,
    }


async def test_the_agreement_at_the_trade_counts_as_the_page_says(running: Any) -> None:
    assert (await open_wallet(running)).status_code == 201
    play = Play(running)
    lines = PLAY.splitlines()
    assert len(lines) == 11
    for text in lines:
        await play.act(text)
