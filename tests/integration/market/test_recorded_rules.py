"""The rules of a session's settlement: as it recorded them, and read once for all its parts."""

from pathlib import Path

import msgspec
from sqlalchemy import insert, update

from platone.infra.db import Database, sqlite_url
from platone.market.domain.deadline import DEFAULT_DEADLINES
from platone.market.records.table import metadata, outbox, outcome
from platone.market.records.unit import MarketRecords
from platone.market.service.recorded_rules import RecordedRules
from platone.messages.clearing import BaselineMethod, ClearingRules, SettlementRules

RULES = SettlementRules(baseline=BaselineMethod.METER_BEFORE, estimate_after_hours=5)
RECORDED = b'{"pods":[],"rules":%b}' % msgspec.json.encode(ClearingRules(settlement=RULES))


async def test_rules_are_those_recorded_and_outlive_the_recording(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "market.db"), metadata)
    await database.open()
    try:
        known = RecordedRules(MarketRecords(database, outbox, "Europe/Rome", DEFAULT_DEADLINES))

        async def record(recording: bytes) -> None:
            async with database.transaction() as connection:
                await connection.execute(update(outcome).values(recording=recording))

        row = {"id": "a1", "session_id": "s", "recording": b"", "market": b"{}"}
        async with database.transaction() as connection:
            await connection.execute(insert(outcome).values(row))
        assert await known.of("a1") == SettlementRules()  # erased
        await record(RECORDED)
        assert await known.of("a1.3") == RULES
        await record(b"")
        assert [await known.of(name) for name in ("a1", "a1.3", "a1.4")] == [RULES] * 3
    finally:
        await database.close()
