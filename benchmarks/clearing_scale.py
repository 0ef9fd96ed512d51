"""Clearing a million offers: the decision beside a bare sort, and from stored orders to the end."""

import asyncio
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.clearing import START, day_session
from benchmarks.harness import Row, growth, median_s, paired_s
from platone.infra.db import Database, sqlite_url
from platone.kernel.canonical import canonical_json
from platone.kernel.market_time import MarketDay
from platone.market.domain.clearing import clear_to_store
from platone.market.domain.deadline import DEFAULT_DEADLINES
from platone.market.domain.merit_order import decide
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, tabulate
from platone.market.records.submission import StoredOrder
from platone.market.records.table import day_baseline, metadata, outbox, session_pod
from platone.market.records.unit import MarketRecords
from platone.messages.clearing import DEFAULT_RULES, ClearingRules, Method
from platone.messages.market import RecordedSession

_MILLION = 960_000
"""Offered quarter-hours of 10,000 points of delivery, as many as a message can name."""
_SIZES = (60_000, 240_000, _MILLION)
_JOINT = 100_000
_SESSION = "session"


def _decision(offers: int) -> Callable[[], object]:
    recorded = day_session(offers)
    table = tabulate(recorded.pods)
    book, asks = book_offers(recorded, table), list_asks(recorded, table)
    return lambda: decide(book, asks, len(table.pods), DEFAULT_RULES)


def _decisions() -> list[Row]:
    keys = np.random.default_rng(1).integers(0, 2**62, _MILLION)
    works = [_decision(offers) for offers in _SIZES]
    times_s = [median_s(work, 5) for work in works[:-1]]
    sorts_s = [median_s(partial(np.sort, keys[:size]), 9) for size in _SIZES[:-1]]
    decide_s, sort_s = paired_s(works[-1], lambda: np.sort(keys), 9)
    note = f"{_MILLION:,} offered quarter-hours, 10,000 PoDs, 192 requests; from columns to columns"
    exponent, bare = growth(_SIZES, [*times_s, decide_s]), growth(_SIZES, [*sorts_s, sort_s])
    return [
        Row("clearing: the decision alone", 1e3 * decide_s, "ms", "np.sort", 1e3 * sort_s, note),
        Row("clearing: growth of the decision", exponent, "", "np.sort", bare, f"{_SIZES} offers"),
    ]


@dataclass(frozen=True, slots=True)
class _Stored:
    """A session in a database."""

    records: MarketRecords
    recorded: RecordedSession
    day: MarketDay

    async def store(self) -> None:
        """Store its orders as the market does, but in bulk."""
        async with self.records.writing() as unit:
            await unit.submissions.add(
                StoredOrder(_SESSION, each, canonical_json(each), "")
                for each in self.recorded.flexibility_services
            )
            connection = unit.submissions._connection  # noqa: SLF001 - in bulk, which no service needs
            await connection.execute(
                session_pod.insert(),
                [
                    {"session_id": _SESSION, "pod_id": pod.pod_id, "aggregator_id": "AGG"}
                    for pod in self.recorded.pods
                ],
            )
            await connection.execute(
                day_baseline.insert(),
                [
                    {
                        "day_start": self.day.start,
                        "pod_id": pod.pod_id,
                        "document": msgspec.json.encode(pod.power_baseline),
                    }
                    for pod in self.recorded.pods
                ],
            )

    async def clear(self) -> tuple[float, float]:
        """Read, clear and store; wall and processor time, seconds."""
        begun_s, used_s = time.perf_counter(), time.process_time()
        async with self.records.reading() as unit:
            services = await unit.submissions.of_session(_SESSION)
            pods = await unit.submissions.pods_of(_SESSION)
            curves = await unit.baselines.known(self.day, [pod.pod_id for pod in pods])
        recorded = RecordedSession(
            session=self.recorded.session,
            pods=[msgspec.structs.replace(pod, power_baseline=curves[pod.pod_id]) for pod in pods],
            flexibility_services=services,
        )
        cleared = clear_to_store(recorded)
        async with self.records.writing() as unit:
            await unit.outcomes.add(_SESSION, cleared)
        return time.perf_counter() - begun_s, time.process_time() - used_s


async def from_orders_to_outcome(offers: int = _MILLION) -> Row:
    """Return how long a clearing takes from stored orders to a stored outcome, with its hashes."""
    recorded = day_session(offers)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "market.db"), metadata)
        await database.open()
        day = MarketDay.holding(START, "Europe/Rome")
        stored = _Stored(
            MarketRecords(database, outbox, "Europe/Rome", DEFAULT_DEADLINES), recorded, day
        )
        await stored.store()
        wall_s, processor_s = await stored.clear()
        await database.close()
    return Row(
        "clearing: from stored orders to a stored, hashed outcome",
        wall_s,
        "s",
        "processor time",
        processor_s,
        f"{offers:,} offered quarter-hours, once; {_peak_gib():.2f} GiB at most in this process",
    )


def _peak_gib() -> float:
    """Return the largest memory of this process, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # of KiB, on Linux


def _at_least_cost() -> Row:
    recorded = day_session(_JOINT)
    joint = msgspec.structs.replace(recorded, rules=ClearingRules(method=Method.LEAST_COST))
    ours_s, merit_s = paired_s(lambda: clear_to_store(joint), lambda: clear_to_store(recorded), 3)
    return Row(
        f"clearing: {_JOINT:,} offers at least cost",
        ours_s,
        "s",
        "by merit order",
        merit_s,
        "DSO and TSO jointly, reasons and hashes included; 96 linear programs",
    )


def measure() -> list[Row]:
    """The decision, the whole of it with its records, and the joint market."""
    return [*_decisions(), asyncio.run(from_orders_to_outcome()), _at_least_cost()]
