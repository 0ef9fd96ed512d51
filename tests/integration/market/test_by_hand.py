"""Every line of a settlement computed by hand, from what each party can read over REST alone.

The arithmetic below follows docs/reference/market-rules.md, and uses nothing of the platform.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.integration.ledger.metered import METER, reading, record, signed
from tests.integration.market.test_market_with_customers import DELIVERY, START, Town
from tests.integration.market.test_what_counts import (
    GATE,
    REAL_TIME,
    RT_GATE,
    send,
    session_like,
    validate,
)

from platone.infra.db import sqlite_url
from platone.kernel.clock import SimulatedClock
from platone.ledger.context import Ledger

INDEX = 50
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
MICRO, ATTO = 10**6, 10**18
CURVES = {"IT001": 100.0, "IT002": 100.1}
TERMS: dict[str, dict[str, Any]] = {
    "IT001": {"customerSharePpm": 800_000, "penaltyPrice": 20_000},
    "IT002": {
        "customerSharePpm": 333_333,
        "penaltyPrice": 70_001,
        "leastDeliveryPpm": 500_000,
        "fullDeliveryPpm": 1_000_000,
    },
}
MEASURED_WH = {"IT001": 21_750, "IT002": 19_000}
"""87 kW and 76 kW in the quarter-hour."""
SECOND_WH = 22_250
"""89 kW, in a corrected reading of IT001."""


# The rules of the page, in exact numbers: energies in kWh, money in EUR.


def energy(power_kw: float) -> Fraction:
    """A power's energy in a quarter-hour, to the nearest millionth of a kWh, even on a tie."""
    return Fraction(round(Fraction(str(power_kw)) / 4 * MICRO), MICRO)


@dataclass
class Hand:
    """A line computed by hand."""

    reference: Fraction
    ordered: Fraction
    delivered: Fraction
    paid: Fraction
    penalty: Fraction

    @property
    def net(self) -> Fraction:
        return self.paid - self.penalty


def references(baseline: Fraction, ordered: list[Fraction], measured: Fraction) -> list[Fraction]:
    """What each trade counts from: the baseline, the opposite trades, and those before it.

    What is missing beyond the first trade of a direction is missing there only.
    """
    found = []
    for number, change in enumerate(ordered):
        opposite = sum((each for each in ordered if each * change < 0), Fraction())
        before = sum((each for each in ordered[:number] if each * change > 0), Fraction())
        start = baseline + opposite + before
        if before:
            start = min(start, measured) if change > 0 else max(start, measured)
        found.append(start)
    return found


def settle(
    reference: Fraction, ordered: Fraction, measured: Fraction, price: Fraction, terms: Any
) -> Hand:
    change = measured - reference if ordered > 0 else reference - measured
    size = abs(ordered)
    delivered = min(max(change, Fraction()), size)
    missing = max(size - change, Fraction())
    least = Fraction(terms.get("leastDeliveryPpm", 0), MICRO)
    full = Fraction(terms.get("fullDeliveryPpm", 0), MICRO)
    counted = delivered
    if delivered < least * size:
        counted = Fraction()
    elif full > least:
        part = min((delivered / size - least) / (full - least), Fraction(1))
        counted = size * part
    exact = price * counted
    paid = Fraction(exact * 10**12 // 1, 10**12)
    penalty = Fraction(terms["penaltyPrice"], MICRO) * missing
    return Hand(reference, ordered, delivered, paid, penalty)


def spot(baseline_kw: float, trades: list[dict[str, Any]], wh: int, terms: Any) -> list[Hand]:
    """All trades of a PoD in the quarter-hour, in the order in which they were made."""
    levels = [baseline_kw]
    for trade in trades:
        levels.append(levels[-1] + trade["acceptedPChange"])
    energies = [energy(each) for each in levels]
    ordered = [after - before for before, after in pairwise(energies)]
    measured = Fraction(wh, 1000)
    return [
        settle(reference, change, measured, Fraction(str(trade["acceptedPPrice"])), terms)
        for reference, change, trade in zip(
            references(energies[0], ordered, measured), ordered, trades, strict=True
        )
    ]


def customers_part(lines: list[Hand], terms: Any) -> Fraction:
    """The customer's tokens of a line: its share of what each version added to the last."""
    share = Fraction(terms["customerSharePpm"], MICRO)
    total, before = Fraction(), Fraction()
    for line in lines:
        total += max(max(line.net, Fraction()) - max(before, Fraction()), Fraction()) * share
        before = line.net
    return total


# The town: a day-ahead trade of two PoDs, and in real time more of one and less of the other.


@pytest.fixture
async def town(tmp_path: Path, issuer_key: ECKey, party_token: Any) -> AsyncIterator[Town]:
    clock = SimulatedClock(datetime(2021, 6, 22, 10, tzinfo=UTC), speed=0)
    ledger = Ledger(sqlite_url(tmp_path / "ledger.db"), tmp_path / "ledger", clock, wait_s=0)
    made = Town(tmp_path, issuer_key, party_token, ledger.router, clock)
    for each in (ledger, made.market, made.customers):
        await each.start()
    await made.market.tick(made.clock.now())
    await _agreed(made)
    await _traded(made)
    await _change_terms(made)
    await _measured(made)
    yield made
    for each in (made.market, made.customers, ledger):
        await each.stop()


async def _agreed(town: Town) -> None:
    for pod, kw in CURVES.items():
        told: dict[str, Any] = {"podId": pod, "aggregatorId": "ACEAE", "customerId": "CUSTOMER-1"}
        told |= {"maxFlexibility": {"upperP": 50, "downP": 50}}
        await town.call("ACEAE", "POST", "/api/scd/pods", told)
        series = [{"podId": pod, "startTime": START, "values": [kw] * 96}]
        await town.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
        terms = {"pod": pod, "aggregatorId": "ACEAE"} | TERMS[pod]
        async with asyncio.timeout(10):
            while (await town.ask("ACEAE", "POST", AGREEMENTS, terms)).status_code >= 300:
                await town.market.tick(town.clock.now())


AGREEMENTS = "/api/contracts/agreements"


async def _traded(town: Town) -> None:
    both = {"pod": list(CURVES)}
    await send(town, "DSO", "need", both, 170.0)
    for pod, total_kw in (("IT001", 85.0), ("IT002", 84.9)):
        await send(town, "ACEAE", f"day-{pod}", {"pod": [pod]}, total_kw)
    town.clock.move_to(GATE)
    await validate(town)
    town.clock.move_to(RT_GATE - timedelta(hours=1))
    await town.market.tick(town.clock.now())
    await send(town, "TSO", "up", {"pod": ["IT001"]}, 90.0, **REAL_TIME)
    await send(town, "DSO", "down", {"pod": ["IT002"]}, 75.2, **REAL_TIME)
    await send(town, "ACEAE", "rt-1", {"pod": ["IT001"]}, 90.0, **REAL_TIME)
    await send(town, "ACEAE", "rt-2", {"pod": ["IT002"]}, 75.2, **REAL_TIME)
    town.clock.move_to(RT_GATE)
    await validate(town, 1)


async def _change_terms(town: Town) -> None:
    """After the trades and before delivery: it changes nothing of them."""
    town.clock.move_to(RT_GATE + timedelta(minutes=90))
    for each in (await town.call("MO", "GET", AGREEMENTS))["agreements"]:
        await town.call("MO", "DELETE", f"{AGREEMENTS}/{each['agreementId']}")
        town.clock.move_to(town.clock.now() + timedelta(minutes=1))
        new = {"pod": each["pod"], "aggregatorId": "ACEAE", "customerSharePpm": 1}
        await town.call("ACEAE", "POST", AGREEMENTS, new)


async def _measure(town: Town, pod: str, wh: int, **more: Any) -> None:
    name = f"reading-{pod}-{wh}"
    certified = record(name, signed(reading(pod, DELIVERY, wh)))
    await town.call("MDA", "POST", "/api/certification", {"records": [certified]})
    told = {
        "podId": pod,
        "startTime": DELIVERY.isoformat(),
        "durationMinutes": 15,
        "energyWh": wh,
        "quality": "measured",
        "device": METER.address,
        "sequence": wh,
        "certificationId": name,
        "certificationHash": "0" * 64,
        "receivedAt": (DELIVERY + timedelta(minutes=16)).isoformat(),
    }
    await town.call("MDA", "POST", "/api/scd/measurements", {"measurements": [told | more]})


async def _measured(town: Town) -> None:
    town.clock.move_to(DELIVERY + timedelta(minutes=30))
    await town.call("MDA", "POST", "/api/contracts/nodes", {"device": METER.address})
    for pod, wh in MEASURED_WH.items():
        await _measure(town, pod, wh)
    town.clock.move_to(WINDOW_ENDS)
    await town.until(lambda: len(town.sent("api/aggregator/settlement")) == 2)
    await _measure(town, "IT001", SECOND_WH, revision=1)
    await town.until(lambda: len(town.sent("api/aggregator/settlement")) == 4)


class Reader:
    """What a party reads over REST, and nothing else."""

    def __init__(self, town: Town, party: str) -> None:
        self.town, self.party = town, party

    async def get(self, path: str) -> Any:
        return await self.town.call(self.party, "GET", path)

    async def trades(self) -> dict[str, list[dict[str, Any]]]:
        """Each PoD's trades at the quarter-hour, of both sessions in the order made."""
        if self.party.startswith("CUSTOMER"):
            outcomes = await self.get(f"/api/scd/outcomes?from={START}&to=2021-06-23T22:00:00Z")
            outcomes.sort(key=lambda each: each["marketType"])
        else:
            outcomes = [
                await self.get(f"/api/validatedOutcome/{name}") for name in await self.outcomes()
            ]
        found: dict[str, list[dict[str, Any]]] = {}
        for each in outcomes:
            for pod in each["flexibility"]:
                taken = [power for power in pod["power"] if power["acceptedPValue"] is not None]
                found.setdefault(pod["pod"], []).extend(taken)
        return found

    async def outcomes(self) -> list[str]:
        day = {"marketType": "dayAhead", "startTime": START}
        sessions = [await session_like(self.town, **wanted) for wanted in (day, REAL_TIME)]
        return [each["marketOutcome"] for each in sessions]

    async def baseline(self, pod: str, gate: str) -> float:
        span = f"from={START}&to=2021-06-23T22:00:00Z&asOf={gate}"
        (series,) = (await self.get(f"/api/scd/baselines?podId={pod}&{span}"))["series"]
        return float(series["values"][INDEX])

    async def measured_wh(self, pod: str) -> list[int]:
        """All versions of the quarter-hour's reading, in order."""
        span = "from=2021-06-23T10:30:00Z&to=2021-06-23T10:45:00Z&versions=all"
        found = (await self.get(f"/api/scd/measurements?podId={pod}&{span}"))["measurements"]
        return [each["energyWh"] for each in sorted(found, key=lambda each: each["version"])]

    async def settled(self) -> dict[str, list[dict[str, Any]]]:
        """Each PoD's settlement lines at the quarter-hour, of both sessions."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name in await self.outcomes():
            for pod in (await self.get(f"/api/settlement/{name}"))["flexibility"]:
                found.setdefault(pod["pod"], []).extend(pod["power"])
        return found

    async def agreements(self, at: str) -> dict[str, dict[str, Any]]:
        """The agreements in force at an instant, by PoD."""
        found = (await self.get(f"{AGREEMENTS}?asOf={at}"))["agreements"]
        return {each["pod"]: each for each in found}


def instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def check(line: dict[str, Any], hands: list[Hand], terms: Any) -> None:
    """A settlement line and its versions say what comes out by hand, to the last digit."""
    hand = hands[-1]
    exact = line["quantities"]
    assert exact["reference"] == hand.reference * MICRO
    assert exact["ordered"] == hand.ordered * MICRO
    assert exact["delivered"] == hand.delivered * MICRO
    assert (line["paidP"], line["penaltyP"]) == (float(hand.paid), float(hand.penalty))
    assert Fraction(line["customerTokens"]) == customers_part(hands, terms)
    assert [each["net"] for each in line["versions"]] == [float(each.net) for each in hands[:-1]]


async def test_the_aggregator_computes_every_line_again(town: Town) -> None:
    reader = Reader(town, "ACEAE")
    trades, settled = await reader.trades(), await reader.settled()
    agreed = await reader.agreements(instant(GATE))
    assert {pod: len(lines) for pod, lines in settled.items()} == {"IT001": 2, "IT002": 2}
    for pod, lines in settled.items():
        baseline = await reader.baseline(pod, instant(GATE))
        versions = [
            spot(baseline, trades[pod], wh, agreed[pod]) for wh in await reader.measured_wh(pod)
        ]
        assert len(versions) == (2 if pod == "IT001" else 1)
        for number, line in enumerate(lines):
            assert line["terms"]["agreementId"] == agreed[pod]["agreementId"]
            check(line, [each[number] for each in versions], agreed[pod])


async def test_who_asked_computes_what_it_pays(town: Town) -> None:
    """The terms stand in the line; of what others asked for, the reference tells what counts."""
    for party, bought in (("DSO", {"IT001": 1, "IT002": 2}), ("TSO", {"IT001": 1})):
        reader = Reader(town, party)
        settled = await reader.settled()
        assert {pod: len(lines) for pod, lines in settled.items()} == bought
        for lines in settled.values():
            for line in lines:
                exact, terms = line["quantities"], line["terms"]
                hands = [
                    settle(
                        Fraction(each["reference"], MICRO),
                        Fraction(each["ordered"], MICRO),
                        Fraction(each["measured"], MICRO),
                        Fraction(each["price"], MICRO),
                        terms,
                    )
                    for each in [*(old["quantities"] for old in line["versions"]), exact]
                ]
                check(line, hands, terms)
                assert Fraction(exact["price"], MICRO) == Fraction(str(line["priceP"]))


async def test_the_dso_computes_them_from_baselines_and_readings_too(town: Town) -> None:
    reader = Reader(town, "DSO")
    trades, settled = await reader.trades(), await reader.settled()
    for pod, lines in settled.items():
        baseline = await reader.baseline(pod, instant(GATE))
        newest = (await reader.measured_wh(pod))[-1]
        for line in lines:
            hands = spot(baseline, trades[pod], newest, line["terms"])
            told = line["quantities"]
            same = [each for each in hands if each.ordered * MICRO == told["ordered"]]
            assert told["reference"] in [each.reference * MICRO for each in same]
            assert told["measured"] == newest * 1000


async def test_the_customer_computes_its_tokens(town: Town) -> None:
    """From its own statement, trades, baseline and readings, to the balance of its wallet."""
    reader = Reader(town, "CUSTOMER-1")
    trades = await reader.trades()
    for pod in CURVES:
        agreed = (await reader.agreements(instant(GATE)))[pod]
        stated = (await reader.get(f"{AGREEMENTS}/{agreed['agreementId']}/lines"))["lines"]
        baseline = await reader.baseline(pod, stated[0]["line"]["tradedAt"])
        versions = [spot(baseline, trades[pod], wh, agreed) for wh in await reader.measured_wh(pod)]
        total = Fraction()
        for number in range(2):
            total += customers_part([each[number] for each in versions], agreed)
        balance = await reader.get(f"/api/contracts/transactions/balanceOf/{pod}")
        assert Fraction(balance["balance"]) == total
        told = [Fraction(each["payment"]["customerTokens"], ATTO) for each in stated]
        assert sum(told) == total
        assert len(stated) == 2 * len(versions)
        owed = sum(each["payment"]["owed"] - each["payment"]["relieved"] for each in stated)
        nets = [each.net for each in versions[-1]]
        assert Fraction(owed, ATTO) == sum(max(-each, Fraction()) for each in nets)
