"""Two workers of a market on one database: figures and refusals of one, nothing doubled."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import (
    ITALIAN_PODS,
    ITALIAN_SERVICES,
    Desk,
    OtherParties,
    entry,
    registered,
    service,
)
from tests.integration.market.test_market_crash import (
    GATE_CLOSES,
    MEASURED_WH,
    WINDOW_ENDS,
    _statuses,
)
from tests.integration.market.test_settlement_correction import DAY, _sold
from tests.integration.market.test_settlement_recording import (
    DELIVERY,
    POD,
    _check_same_bytes,
    _line,
)
from tests.integration.market.test_settlement_recording import WINDOW_ENDS as SOLD_ENDS

from platone.infra.postgresql import Place
from platone.market.domain.rules import MarketRules
from platone.messages.clearing import BaselineMethod, ClearingRules, SettlementRules

NOON = datetime(2021, 6, 22, 10, tzinfo=UTC)
FIVE_DAYS = SettlementRules(baseline=BaselineMethod.FIVE_WORKING_DAYS)


class Pair:
    """Two workers, whose clocks and other parties are the same."""

    def __init__(self, folder: Path, address: str, rules: MarketRules | None = None) -> None:
        self.others = OtherParties()
        schema = Place(address, f"p{random.getrandbits(60):x}").url
        self.both = [
            Desk(folder, self.others, NOON, rules, records_at=lambda _: schema, is_shared=True)
            for _ in range(2)
        ]
        self.both[1].clock = self.both[0].clock
        self.both[1].market = self.both[1]._assemble()
        self.turn = 0

    async def start(self) -> None:
        for each in self.both:
            await each.market.start()

    def stepping(self, desk: Desk) -> bool:
        return desk.market._leases["steps"].is_held

    @property
    def one(self) -> Desk:
        """The worker that moves sessions on."""
        return next(each for each in self.both if self.stepping(each))

    @property
    def other(self) -> Desk:
        return next(each for each in self.both if each is not self.one)

    async def call(self, party: str, method: str, path: str, body: object = None) -> Any:
        """Call the workers in turn."""
        self.turn += 1
        return await self.both[self.turn % 2].call(party, method, path, body)

    async def tick(self, now: datetime) -> None:
        """Both look at the clock at once, again and again as their servers do."""
        self.one.clock.move_to(now)
        for _ in range(3):
            await asyncio.gather(*(each.market.tick(now) for each in self.both))

    async def deliver(self) -> None:
        waiting = "SELECT 1 FROM outbox WHERE state = 'waiting' UNION ALL SELECT 1 FROM certificate"
        async with asyncio.timeout(60):
            while self.one.records(waiting):
                await self.tick(self.one.clock.now())
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        for each in self.both:
            await each.market.stop()


@pytest.fixture
async def pair(tmp_path: Path, postgresql_address: str) -> AsyncIterator[Pair]:
    made = Pair(tmp_path, postgresql_address)
    await made.start()
    await made.tick(NOON)
    pods = [pod for pod, _ in ITALIAN_PODS]
    answer = await made.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
    assert answer.status_code == 201, answer.text
    for pod, kw in ITALIAN_PODS:
        made.others.baselines[str(pod["podId"])] = [kw] * 96
    yield made
    await made.stop()


async def hang(desk: Desk) -> None:
    """As a process that stands still: it renews nothing, and lets nothing go."""
    await desk.market.supervisor.stop()


async def validate(pair: Pair) -> None:
    outcome = pair.others.bodies("POST /api/dso/marketOutcome")[0]
    names = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    technical = {key: outcome[key] for key in names} | {
        "flexibility": [
            {
                "pod": pod["pod"],
                "power": [{"index": 50, "acceptedPValue": pod["power"][0]["acceptedPValue"]}],
            }
            for pod in outcome["flexibility"]
        ]
    }
    answers = await asyncio.gather(
        *(each.call("DSO", "POST", "/api/technicalOutcome", technical) for each in pair.both)
    )
    assert sorted(each.status_code for each in answers) == [200, 201]


async def test_a_day_of_two_workers_is_that_of_one_although_one_hangs(pair: Pair) -> None:
    """The counts are those of :mod:`test_market_crash`, of one market that is never killed."""
    for each in ITALIAN_SERVICES:
        answers = await asyncio.gather(
            *(
                desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
                for desk in pair.both
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 201]
    for pod, energy_wh in MEASURED_WH.items():
        pair.others.read(pod, DELIVERY_OF_DAY, energy_wh)
    await pair.tick(GATE_CLOSES)
    await pair.deliver()
    await validate(pair)
    hanging, other = pair.one, pair.other
    await hang(hanging)
    async with asyncio.timeout(60):
        while not all(other.market._leases[name].is_held for name in ("steps", "outbox")):
            await asyncio.sleep(0.2)
    await pair.tick(WINDOW_ENDS)
    await pair.deliver()

    others = pair.others
    assert len(others.distinct("POST /api/dso/marketOutcome")) == 1
    assert len(others.distinct("POST /api/aggregator/validatedOutcome")) == 1
    assert len(others.distinct("POST /api/scd/outcomes")) == 1
    assert len(others.distinct("POST /api/aggregator/settlement")) == 1
    assert len(others.settlements) == 1
    assert len(others.certified()) == 5 + 3 + 1 + 3
    outcome = others.bodies("POST /api/dso/marketOutcome")[0]["marketOutcome"]
    for desk in pair.both:
        settlement = await desk.get("MO", f"/api/settlement/{outcome}")
        assert _statuses(settlement) == dict.fromkeys(MEASURED_WH, "settled")
        for topic in ("validated_outcome_DSO", "validated_outcome_ACEAE", "Settlement_ACEAE"):
            assert len((await desk.get("MO", f"/api/topics/{topic}"))["messages"]) == 1


DELIVERY_OF_DAY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(3))
async def test_races_between_workers_are_answered_as_within_one(pair: Pair, seed: int) -> None:
    """Offers of one name, or that sell a point of delivery twice: one is taken."""
    chance = random.Random(seed)  # noqa: S311 - a test
    pod = "IT002E61899978"
    offers = [
        service("ACEAE", "offer", name, [entry(2278.545 - kw, 0.01, pod)])
        for name in ("ACEAE/one", "ACEAE/two")
        for kw in (100, 200, 300)
    ]
    chance.shuffle(offers)
    answers = await asyncio.gather(
        *(pair.call("ACEAE", "POST", "/api/flexibilityService", each) for each in offers)
    )
    statuses = [each.status_code for each in answers]
    assert statuses.count(201) == 1, [each.text for each in answers]
    refused = {each.json()["type"] for each in answers if each.status_code != 201}
    alone = [
        await pair.one.call("ACEAE", "POST", "/api/flexibilityService", each) for each in offers
    ]
    assert refused <= {each.json().get("type") for each in alone}
    taken = pair.one.records("SELECT count(*) FROM service")
    assert taken == [(1,)]


async def test_a_correction_told_to_one_worker_counts_at_the_other(
    tmp_path: Path, postgresql_address: str
) -> None:
    """As `test_past_days_are_read_once…`: five working days at 103 kW, then one of them more."""
    rules = MarketRules(clearing=ClearingRules(settlement=FIVE_DAYS))
    pair = Pair(tmp_path, postgresql_address, rules)
    await pair.start()
    try:
        desk = pair.one

        async def register(pod: str, **more: Any) -> Any:
            body = {"pods": [registered(pod, **more)]}
            return await desk.call("MDA", "POST", "/api/podRegistry", body)

        async def told_to_other(start: datetime) -> None:
            told = {"podId": POD, "startTime": start.isoformat(), "durationMinutes": 15}
            body = {"corrections": [told]}
            answer = await pair.other.call("MDA", "POST", "/api/measurementCorrections", body)
            assert answer.status_code == 200, answer.text

        await desk.tick()
        outcome = await _sold(desk, register)
        back = [days for days in range(1, 8) if (DELIVERY - days * DAY).weekday() < 5][:5]
        for days in back:
            desk.others.read(POD, DELIVERY - days * DAY, 25_750)
        desk.others.read(POD, DELIVERY, 22_500)
        await desk.tick(SOLD_ENDS)
        await pair.deliver()
        assert _line(await _check_same_bytes(desk, outcome))["referenceP"] == 103.0
        corrected = DELIVERY - back[-1] * DAY
        desk.others.read(POD, corrected, 30_750, revision=1, version=2)
        await told_to_other(corrected)
        desk.others.read(POD, DELIVERY, 23_250, revision=2, version=3)
        await told_to_other(DELIVERY)
        async with asyncio.timeout(60):
            line = _line(await _check_same_bytes(desk, outcome))
            while line["measuredP"] != 93.0:
                await pair.tick(SOLD_ENDS + timedelta(seconds=pair.turn))
                pair.turn += 1
                await pair.deliver()
                line = _line(await _check_same_bytes(desk, outcome))
                await asyncio.sleep(0.2)
        assert line["referenceP"] == 107.0
    finally:
        await pair.stop()
