"""A server that ages in accelerated time: its parties' records grow as those of a real one do.

Access layer, customer database, market and ledger are the product's own, each on its SQLite files,
and speak over REST within this process. Synthetic are the devices, who sign every message, and the
offers; the DSO takes what the market proposes. One market day::

    day before   baselines, offers and the DSO's request ─► gate ─► outcome ─► answer ─► final one
    each step    signed messages ─► verified, stored, shared, certified
    each window  delivered ─► settled by the ledger, told
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI, Request, Response
from sqlalchemy import func, select

from benchmarks.aged_intake import Intake
from benchmarks.aged_offer import baseline_kw, services, sold_kw
from benchmarks.aged_party import URL, application, token
from benchmarks.technical_answer import technical_answer
from platone.access.domain.message import IncomingMessage
from platone.access.records.table import outbox as access_outbox
from platone.customers.adapters.push import Push
from platone.customers.context import Customers
from platone.infra.db import Database, sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.outward import OutwardCalls
from platone.infra.outbox import Outbox
from platone.kernel.clock import SimulatedClock
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.signature import SigningKey
from platone.ledger.context import Ledger
from platone.market.context import Market
from platone.market.domain.calendar import day_ahead_session
from platone.market.records.table import outbox as market_outbox
from platone.messages.metering import Reading
from platone.node.domain.message import seal_readings

_FIRST_DAY = datetime(2021, 6, 22, 22, tzinfo=UTC)
_WH_OF_KW = 250
"""Energy of a quarter-hour at 1 kW, Wh."""
_AFTER = timedelta(minutes=1)
"""How long after its last interval a message comes."""
_MOST_MESSAGES = 100
"""Messages of a device and day at most: so many numbers has each day."""
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What each point of delivery does every day.

    Attributes:
        pods: How many there are.
        readings: Readings in a message: a day has 96.
        sold: Quarter-hours in which each sells flexibility.
        messages_of_tree: Messages that are certified together; 0: all of a step.
    """

    pods: int
    readings: int = 1
    sold: int = 8
    messages_of_tree: int = 0


class AgedServer:
    """The contexts that keep records of points of delivery, and their parties.

    Args:
        folder: The data folder, new or aged.
        habit: What its points of delivery do.

    Attributes:
        pods: Its points of delivery.
        addresses: The addresses of their devices.
        ledger, customers, market, intake: Its contexts.
    """

    def __init__(self, folder: Path, habit: Habit) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._habit = folder, habit
        self._day = MarketDay.holding(_start_of(folder))
        self._clock = SimulatedClock(self._day.start - timedelta(hours=24), speed=0)
        self._outcomes: asyncio.Queue[bytes] = asyncio.Queue()
        app = application()
        transport = httpx.ASGITransport(app=app)
        self._http = httpx.AsyncClient(transport=transport, base_url=URL, timeout=600)
        url = {
            name: sqlite_url(folder / f"{name}.db") for name in ("ledger", "customers", "market")
        }
        operator, administrator = (PartyClient(self._http, each, "-") for each in ("MO", "MDA"))
        self.ledger = Ledger(url["ledger"], folder / "ledger", self._clock)
        push = Push(folder / "push-key", URL, OutwardCalls())
        self.customers = Customers(url["customers"], administrator, self._clock, push)
        self.market = Market(url["market"], operator, self._clock)
        self.intake = Intake(folder, administrator, self._clock)
        for each in (self.ledger, self.customers, self.market):
            app.include_router(each.router)
        self._others(app)
        self.pods = [f"IT001E{number:08d}" for number in range(habit.pods)]
        self._keys = [SigningKey(b"\x10" + n.to_bytes(31)) for n in range(habit.pods)]
        self.addresses = [key.address for key in self._keys]
        self._sequence = self._day.on.toordinal() * _MOST_MESSAGES

    async def start(self) -> None:
        """Start as a server does: the ledger first, which verifies its chain."""
        for each in (self.ledger, self.customers, self.market, self.intake):
            await each.start()

    async def stop(self) -> None:
        """Stop."""
        for each in (self.intake, self.market, self.customers, self.ledger):
            await each.stop()
        await self._http.aclose()

    async def found(self) -> None:
        """Register all points of delivery with their devices and agreements."""
        room = {"maxFlexibility": {"upperP": 50, "downP": 50}}
        pods = [{"podId": pod, "aggregatorId": "AGG"} | room for pod in self.pods]
        await self.ask("AGG", "POST", "/api/scd/pods", {"pods": pods})
        await self._quiet()
        for pod, key in zip(self.pods, self._keys, strict=True):
            terms = {"pod": pod, "aggregatorId": "AGG", "customerSharePpm": 800_000}
            await self.ask("AGG", "POST", "/api/contracts/agreements", terms)
            await self.intake.enrol(key.address, pod)
        await self._trade(self._day)

    async def live(self) -> None:
        """Live one market day: it is metered, certified and settled, and the next one traded."""
        following = MarketDay.holding(self._day.end)
        opens, is_traded = day_ahead_session(following).gate_opens, False
        for first in range(0, self._day.quarter_hours, self._habit.readings):
            if not is_traded and self._day.start + first * QUARTER_HOUR >= opens:
                await self._trade(following)
                is_traded = True
            await self._meter(first)
        self._day = following
        self._sequence = following.on.toordinal() * _MOST_MESSAGES
        _note_start(self._folder, following.start)

    async def ask(self, party: str, method: str, path: str, body: object = None) -> Any:
        """Return a party's answer of a route.

        Raises:
            AssertionError: It was refused.
        """
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Authorization": f"Bearer {token(party)}"}
        answer = await self._http.request(method, path, content=content, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.text[:1000]}"
        return msgspec.json.decode(answer.content)

    @property
    def first_sequence(self) -> int:
        """The number of each device's first message of the last day."""
        return self.yesterday.on.toordinal() * _MOST_MESSAGES

    @property
    def yesterday(self) -> MarketDay:
        """The last day that was lived."""
        return MarketDay.holding(self._day.start - _AFTER)

    async def _trade(self, day: MarketDay) -> None:
        """Have the points of delivery offer for a day, and the DSO ask for all of it."""
        plan, pods = day_ahead_session(day), self.pods
        self._move_to(plan.gate_opens + _AFTER)
        await self.market.tick(self._clock.now())
        start, length = day.start.isoformat(), day.quarter_hours
        series = [
            {"podId": pod, "startTime": start, "values": baseline_kw(pod, length)} for pod in pods
        ]
        await self.ask("AGG", "POST", "/api/scd/baselines", {"series": series})
        for service in services(pods, self._habit.sold, start):
            await self.ask(service["playerId"], "POST", "/api/flexibilityService", service)
        self._move_to(plan.gate_closes + _AFTER)
        await self._quiet()
        while not self._outcomes.empty():
            answer = technical_answer(self._outcomes.get_nowait())
            await self.ask("DSO", "POST", "/api/technicalOutcome", msgspec.json.decode(answer))
        await self._quiet()

    async def _meter(self, first: int) -> None:
        """Have the readings of some quarter-hours sent, certified, and what is due settled."""
        last = min(first + self._habit.readings, self._day.quarter_hours)
        self._move_to(self._day.start + last * QUARTER_HOUR + _AFTER)
        messages = [
            self._message(pod, key, range(first, last))
            for pod, key in zip(self.pods, self._keys, strict=True)
        ]
        self._sequence += 1
        together = self._habit.messages_of_tree or len(messages)
        for start in range(0, len(messages), together):
            await self.intake.take(messages[start : start + together])
            await self.intake.certify()
        await self._quiet()

    def _message(self, pod: str, key: SigningKey, span: range) -> IncomingMessage:
        readings = [
            Reading(
                pod_id=pod,
                start_time=self._day.start + at * QUARTER_HOUR,
                duration_minutes=15,
                energy_wh=round(sold_kw(pod, at) * _WH_OF_KW),
            )
            for at in span
        ]
        (sealed,) = seal_readings(key, self._sequence, self._clock.now(), readings)
        return IncomingMessage(key.address, sealed.envelope)

    def _move_to(self, instant: datetime) -> None:
        if instant > self._clock.now():
            self._clock.move_to(instant)

    async def _quiet(self) -> None:
        """Wait until nothing is on its way between the contexts, and nothing due is left."""
        ends_s = time.monotonic() + _PATIENCE_S
        while True:
            await self.market.tick(self._clock.now())
            if not await self._on_their_way():
                return
            assert time.monotonic() < ends_s, "messages are on their way for too long"
            await asyncio.sleep(0.02)

    async def _on_their_way(self) -> bool:
        databases: list[tuple[Outbox, Database]] = [
            (access_outbox, self.intake.database),
            (market_outbox, self.market._database),  # noqa: SLF001 - they tell nobody
        ]
        for outbox, database in databases:
            query = select(func.count()).where(outbox.table.c.state == "waiting")
            async with database.reading() as connection:
                if (await connection.execute(query)).scalar_one():
                    return True
        return False

    def _others(self, app: FastAPI) -> None:
        """Answer for the DSO and the aggregator: they take what they are told."""

        @app.api_route("/{path:path}", methods=["POST", "PUT"])
        async def take(path: str, request: Request) -> Response:
            body = await request.body()
            if path == "api/dso/marketOutcome":
                self._outcomes.put_nowait(body)
            return Response(b'{"id":"x","status":"accepted"}', media_type="application/json")


def _start_of(folder: Path) -> datetime:
    """Return where the clock of a data folder stands."""
    noted = folder / "day"
    return datetime.fromisoformat(noted.read_text()) if noted.exists() else _FIRST_DAY


def _note_start(folder: Path, start: datetime) -> None:
    (folder / "day").write_text(start.isoformat())
