"""Settling a day: the rule in columns, what is stored of it, and the lines of the product."""

import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.harness import Row, median_s
from platone.market.domain.delivery import DeliveryLine, quantify_all
from platone.market.domain.metering import Metered
from platone.market.domain.settlement_columns import (
    SettledColumns,
    Terms,
    energies_of,
    settle_columns,
)
from platone.market.domain.statement import pay_under, settlement_lines
from platone.messages.ledger import AgreementTerms

_PODS, _QUARTER_HOURS = 100_000, 96
_LINES = 10_000
_GOAL_S = 10.0
_START = datetime(2021, 6, 22, 22, tzinfo=UTC)


def _settle() -> tuple[SettledColumns, float]:
    """Settle powers of 100,000 points of delivery over a day, and measure it in processor time."""
    random = np.random.default_rng(7)
    shape = (_PODS, _QUARTER_HOURS)
    baseline_kw = random.uniform(1, 9, shape)
    ordered_kw = random.uniform(-1, 1, shape)
    measured_wh = random.integers(0, 2_500, shape)
    price = random.integers(0, 300_000, shape)
    terms = Terms(
        penalty_price=np.full(_PODS, 20_000),
        least_delivery_ppm=np.full(_PODS, 750_000),
        full_delivery_ppm=np.zeros(_PODS, np.int64),
    )
    begun_s = time.process_time()
    settled = settle_columns(
        baseline=energies_of(baseline_kw),
        ordered=energies_of(ordered_kw),
        measured=measured_wh * 1000,
        price=price,
        terms=terms,
    )
    return settled, time.process_time() - begun_s


def _store(settled: SettledColumns, folder: str) -> float:
    """Store a row for each point of delivery, and measure it in processor time."""
    begun_s = time.process_time()
    with sqlite3.connect(Path(folder) / "settled.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("DROP TABLE IF EXISTS settled")
        database.execute(
            "CREATE TABLE settled (pod INTEGER PRIMARY KEY, delivered BLOB, deficiency BLOB, "
            "net BLOB, paid TEXT, owed TEXT)"
        )
        columns = (settled.delivered, settled.deficiency, settled.net)
        database.executemany(
            "INSERT INTO settled VALUES (?,?,?,?,?,?)",
            (
                (pod, *(each[pod].tobytes() for each in columns), str(paid), str(owed))
                for pod, (paid, owed) in enumerate(zip(settled.paid, settled.owed, strict=True))
            ),
        )
    return time.process_time() - begun_s


def _lines() -> list[DeliveryLine]:
    return [
        DeliveryLine(
            line_id=f"outcome.POD{number // 96:06d}.{number % 96}.0",
            outcome_id="outcome",
            pod=f"POD{number // 96:06d}",
            index=number % 96,
            starts=_START + timedelta(minutes=15 * (number % 96)),
            window_start=_START,
            rank=0,
            baseline_kw=5.0,
            total_kw=4.0,
            change_kw=-1.0,
            price=0.05,
            request_player_id="DSO",
            offer_player_id="AGG",
        )
        for number in range(_LINES)
    ]


def _tell(lines: list[DeliveryLine]) -> bytes:
    """Settle lines one by one, as the market does, and write what is told of them."""
    metered = {each.spot: Metered(1_000_000, "reading") for each in lines}
    quantities = quantify_all(lines, metered)
    terms = AgreementTerms(pod="POD000000", aggregator_id="AGG", customer_share_ppm=800_000)
    paid = {name: pay_under(each, terms) for name, each in quantities.items()}
    by_line = {each.line_id: metered[each.spot] for each in lines}
    return msgspec.json.encode(settlement_lines(lines, quantities, paid, by_line))


def measure() -> list[Row]:
    """Return the times of a day of 100,000 points of delivery, and of 10,000 lines one by one."""
    count = f"{_PODS:,} PoDs, {_PODS * _QUARTER_HOURS:,} lines; processor time"
    settled, rule_s = _settle()
    with tempfile.TemporaryDirectory() as folder:
        store_s = _store(settled, folder)
    lines = _lines()
    told_s = median_s(lambda: _tell(lines), runs=3)
    return [
        Row("settlement: a day by the rule, in columns", rule_s, "s", "the goal", _GOAL_S, count),
        Row(
            "settlement: … and stored, durably, a row a PoD",
            rule_s + store_s,
            "s",
            "the goal",
            _GOAL_S,
            count,
        ),
        Row(
            "settlement: a line as the market tells it",
            told_s / _LINES * 1e6,
            "µs",
            note="quantities, payment, text; one by one, without readings, records and ledger",
        ),
    ]
