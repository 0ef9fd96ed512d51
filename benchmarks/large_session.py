"""A session of thousands of points of delivery, from its gate to its settlement.

The market runs as in the server, its partners are stand-ins that answer at once: customers has
every baseline and reading, the DSO takes all of each part, and the ledger pays. A probe asks for
its turn every few ms: how long it waited is how long any other request would have.
"""

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from benchmarks.clearing import day_session
from benchmarks.harness import Row
from benchmarks.stand_in import StandIn
from benchmarks.technical_answer import technical_answer
from platone.infra.collector import spare_long_looks
from platone.infra.db import sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, TokenVerifier
from platone.kernel.canonical import canonical_json
from platone.kernel.clock import SimulatedClock
from platone.kernel.market_time import MarketDay
from platone.market.context import Market
from platone.market.domain.calendar import day_ahead_session
from platone.market.domain.deadline import DEFAULT_DEADLINES
from platone.market.records.submission import StoredOrder
from platone.market.records.table import outbox
from platone.market.records.unit import MarketRecords
from platone.messages.market import RecordedSession
from platone.messages.registry import PointOfDelivery

PODS = int(os.environ.get("PLATONE_BENCH_PODS", "2000"))
"""Points of delivery; 10,000 for the whole goal, which takes 2.2 GB and four minutes."""
_ISSUER = "https://issuer.test"
_DAY = MarketDay.holding(datetime(2021, 6, 22, 22, tzinfo=UTC), "Europe/Rome")
_OPEN, _CLOSED = datetime(2021, 6, 22, 10, tzinfo=UTC), datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
_DELIVERED = datetime(2021, 6, 23, 23, tzinfo=UTC)
_TURN_S = 0.005
_GOAL_S = 0.2
_MB = 1e6


@dataclass
class Probe:
    """How long a request would have waited for its turn, at most.

    Attributes:
        longest_s: By the clock, which goes on while other programs have the processor.
        longest_work_s: As far as this process worked meanwhile, in whatever thread.
    """

    longest_s: float = 0.0
    longest_work_s: float = 0.0

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look as long as the context lasts."""
        task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            task.cancel()

    async def _look(self) -> None:
        while True:
            begun_s, work_s = time.perf_counter(), time.process_time()
            await asyncio.sleep(_TURN_S)
            waited_s = time.perf_counter() - begun_s - _TURN_S
            self.longest_s = max(self.longest_s, waited_s)
            worked_s = min(waited_s, time.process_time() - work_s)
            self.longest_work_s = max(self.longest_work_s, worked_s)


def _token(key: ECKey) -> str:
    claims = {
        "iss": _ISSUER,
        "aud": AUDIENCE,
        "sub": "client-DSO",
        "exp": int((datetime.now(UTC) + timedelta(hours=1)).timestamp()),
        "party": "DSO",
        "scope": "platone",
        "roles": ["SystemOperator"],
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, key)


async def _store(market: Market, recorded: RecordedSession) -> None:
    """Store the orders of a session as if they had come over REST, but in bulk."""
    database = market._database  # noqa: SLF001 - in bulk, which no service needs
    records = MarketRecords(database, outbox, "Europe/Rome", DEFAULT_DEADLINES)
    session_id = day_ahead_session(_DAY).id
    points = [
        PointOfDelivery(pod_id=pod.pod_id, aggregator_id=pod.aggregator_id) for pod in recorded.pods
    ]
    async with records.writing() as unit:
        await unit.pods.put(points, _OPEN)
        await unit.submissions.record_pods({session_id: points})
        curves = {pod.pod_id: pod.power_baseline for pod in recorded.pods}
        await unit.baselines.note(_DAY, curves)
        for each in recorded.flexibility_services:
            party = "AGG" if each.player_id == "off" else each.player_id
            own = msgspec.structs.replace(each, player_id=party, submitted_at=_OPEN)
            await unit.submissions.add([StoredOrder(session_id, own, canonical_json(own), "")])
        await unit.sessions.mark_used(session_id)


async def _run() -> tuple[dict[str, float], dict[str, Probe], str]:
    """Return the seconds of each step with what was seen of waits, and how much there was."""
    recorded = day_session(PODS * 96)
    partners = StandIn(recorded)
    key = ECKey.generate_key("P-256")
    took: dict[str, float] = {}
    waits: dict[str, Probe] = {}

    @asynccontextmanager
    async def step(name: str) -> AsyncIterator[None]:
        probe, begun_s = Probe(), time.perf_counter()
        async with probe.looking():
            yield
        took[name], waits[name] = time.perf_counter() - begun_s, probe

    spare_long_looks()  # as a server does at the end of its start
    with tempfile.TemporaryDirectory() as folder:
        transport = httpx.ASGITransport(app=partners.app)
        client = PartyClient(
            httpx.AsyncClient(transport=transport, base_url="https://others.test"), "market", "s"
        )
        clock = SimulatedClock(_OPEN, speed=0)
        market = Market(sqlite_url(Path(folder) / "market.db"), client, clock)
        app = FastAPI()
        app.state.token_verifier = TokenVerifier(_ISSUER, lambda: KeySet([key]))
        install_problems(app)
        app.include_router(market.router)
        await market.start()
        await market.tick(_OPEN)
        await _store(market, recorded)
        caller = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="https://market.test", timeout=600
        )
        headers = {"Authorization": f"Bearer {_token(key)}"}
        clock.move_to(_CLOSED)
        async with step("gate to outcome"):
            await market.tick(_CLOSED)
        async with step("outcome to the DSO"):
            await _delivered(market)
        assert partners.outcomes, "nothing was traded: there is nothing to measure"
        answers = [technical_answer(raw) for raw in partners.outcomes]
        async with step("the DSO's answers to the final outcome"):
            for answer in answers:
                told = await caller.post("/api/technicalOutcome", content=answer, headers=headers)
                assert told.status_code == 201, told.text
        async with step("final outcome to all"):
            await _delivered(market)
        async with step("the day's settlement, told to all"):
            clock.move_to(_DELIVERED)
            await market.tick(_DELIVERED)
            await _delivered(market)
        await market.stop()
    assert partners.settlements, "nothing was settled"
    note = (
        f"{PODS:,} PoDs that offer all day, outcome in {len(answers)} parts; {partners.paid:,} "
        f"lines settled, told in {len(partners.settlements)} messages of at most "
        f"{max(partners.settlements) / _MB:.1f} MB"
    )
    return took, waits, note


async def _delivered(market: Market) -> None:
    """Wait until nothing waits to be sent."""
    while await outbox.waiting(market._database):  # noqa: ASYNC110, SLF001 - it tells nobody
        await asyncio.sleep(0.05)


def measure() -> list[Row]:
    """Each step's time, beside nothing, and the longest wait beside the goal."""
    took, waits, much = asyncio.run(_run())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    note = f"{much}; peak {memory:.1f} GiB"
    return [
        row
        for name, seconds in took.items()
        for row in (
            Row(f"large session: {name}", seconds, "s", note=note),
            Row(
                "large session: … longest wait of another",
                waits[name].longest_s,
                "s",
                "goal",
                _GOAL_S,
                note,
            ),
            Row(
                "large session: … of it at work",
                waits[name].longest_work_s,
                "s",
                "goal",
                _GOAL_S,
                "of the longest wait, as far as this process had a processor",
            ),
        )
    ]
