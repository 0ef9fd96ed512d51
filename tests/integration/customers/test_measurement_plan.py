"""SQLite finds readings by their points of delivery, and never reads those of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from platone.customers.domain.erasure import StoredErasure, first_parts
from platone.customers.domain.scope import Scope, Selection
from platone.customers.records.curve import CurveRecords
from platone.customers.records.erasure import ErasureRecords
from platone.customers.records.kafka_queue import TOPIC, MeasurementQueue
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.retention import MonthRecords
from platone.infra.db import Database
from platone.kernel.clock import SimulatedClock
from platone.messages.registry import Measurement

FIRST = datetime(2021, 6, 1, tzinfo=UTC)
START_S = int(FIRST.timestamp())
AGE = timedelta(days=30)


def measured(pod: int, number: int, version: int = 1) -> Measurement:
    return Measurement(
        pod_id=f"POD-{pod}",
        start_time=FIRST + timedelta(minutes=15 * number),
        duration_minutes=15,
        energy_wh=number,
        quality="measured",
        device="0x" + "5A" * 20,
        sequence=number,
        certification_id=f"cert-{pod}-{number}",
        certification_hash=f"{number:064x}",
        received_at=FIRST + timedelta(days=2),
        version=version,
    )


@contextmanager
def noted_statements() -> Iterator[dict[str, Any]]:
    """Collects the statements that are executed once, each with its parameters."""
    found: dict[str, Any] = {}

    def note(_connection: object, _cursor: object, statement: str, *more: Any) -> None:
        parameters, _context, is_many = more
        if not is_many and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            found[statement] = parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def use_all(database: Database) -> None:
    """Store, read, publish, erase and remove readings, in each way that there is."""
    records, after = MeasurementRecords(database), FIRST + timedelta(days=900)
    async with records.transaction() as transaction:
        items = [measured(pod, number) for pod in range(3) for number in range(40)]
        await transaction.add(items)
        await transaction.mark(items, "MO", FIRST)
        await transaction.find([("POD-1", START_S), ("POD-2", START_S + 900)])
        await transaction.add([measured(1, 3, version=2)])
    for scope in (Scope(), Scope(aggregator_id="ACEAE"), Scope(customer_id="CUSTOMER-1")):
        for pods in ((), ("POD-1", "POD-2")):
            wanted = Selection(scope, START_S, START_S + 7200, pods)
            await records.select(wanted, 100)
            await records.select(wanted, 100, superseded=True)
            await CurveRecords(database).select(wanted, 3600, 100)
    queue = MeasurementQueue(database, SimulatedClock(after, speed=0))
    assert await queue.after(TOPIC + "MO", 0)
    assert await queue.mark_of(TOPIC + "MO", 7)
    await queue.passed(TOPIC + "MO", 120)
    made = StoredErasure("1", None, ("POD-0",), FIRST, None, (*first_parts(),))
    erasures = ErasureRecords(database)
    await erasures.add(made, [], "DPO")
    await erasures.erase(made, after)
    async with records.transaction() as transaction:
        await transaction.add([measured(1, 96 * 700)])
    assert await MonthRecords(database).count(after, AGE) == 81
    assert sum([number async for number in MonthRecords(database).remove(after, AGE)]) == 81


@pytest.mark.sqlite_only
async def test_no_statement_reads_all_readings(database: Database) -> None:
    with noted_statements() as found:
        await use_all(database)
    plans = {}
    async with database.reading() as connection:
        for statement, parameters in found.items():
            asked = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans[statement] = [str(row["detail"]) for row in asked.mappings()]
    looked = [step for plan in plans.values() for step in plan if "measurement USING" in step]
    assert len(looked) > 10
    for statement, plan in plans.items():
        assert "SCAN measurement" not in plan, statement
