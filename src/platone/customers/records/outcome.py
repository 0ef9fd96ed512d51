"""Validated outcomes in SQL."""

import asyncio
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.notice import outcome_notices
from platone.customers.domain.scope import Selection
from platone.customers.records.notice import put_notices
from platone.customers.records.selection import restrict_to_scope
from platone.customers.records.table import outcome, outcome_pod
from platone.infra.db import Database, chunks
from platone.infra.packed import packed_json, unpack
from platone.messages.outcome import ValidatedOutcome

_decoder = msgspec.json.Decoder(ValidatedOutcome)


class OutcomeRecords:
    """The validated outcomes, and which points of delivery each one is about."""

    def __init__(self, database: Database, zone: str) -> None:
        self._database, self._zone = database, zone

    async def add(
        self, given: ValidatedOutcome, digest: str, start_s: int, at: datetime
    ) -> str | None:
        """Add an outcome; where its identifier is taken, return the stored content's digest."""
        name = given.market_outcome
        query = select(outcome.c.content_hash).where(outcome.c.market_outcome == name)
        async with self._database.transaction() as connection:
            stored: str | None = (await connection.execute(query)).scalar()
            if stored is not None:
                return stored
            row = {
                "market_outcome": name,
                "start_s": start_s,
                "content_hash": digest,
                "record": await asyncio.to_thread(packed_json, given),
                "received_us": microseconds_at(at),
            }
            await connection.execute(insert(outcome).values(row))
            pods = sorted({part.pod for part in given.flexibility})
            if pods:
                links = [{"market_outcome": name, "pod_id": pod_id} for pod_id in pods]
                await connection.execute(insert(outcome_pod), links)
            notices = outcome_notices(given, self._zone)
            await put_notices(connection, notices, self._zone, at)
        return None

    async def select(
        self, wanted: Selection, limit: int
    ) -> list[tuple[ValidatedOutcome, frozenset[str]]]:
        """Return outcomes by start, each with its points of delivery that are asked for."""
        parts = (
            select(outcome.c.market_outcome, outcome_pod.c.pod_id)
            .join(outcome_pod, outcome_pod.c.market_outcome == outcome.c.market_outcome)
            .where(outcome.c.start_s >= wanted.from_s, outcome.c.start_s < wanted.to_s)
        )
        parts = restrict_to_scope(parts, outcome_pod, wanted.scope, outcome.c.start_s)
        pods: dict[str, set[str]] = {}
        async with self._database.reading() as connection:
            for row in await connection.execute(parts):
                if not wanted.pod_ids or row.pod_id in wanted.pod_ids:
                    pods.setdefault(row.market_outcome, set()).add(row.pod_id)
            found: list[tuple[ValidatedOutcome, frozenset[str]]] = []
            for chunk in chunks(sorted(pods)[:limit]):
                query = select(outcome).where(outcome.c.market_outcome.in_(chunk))
                for row in await connection.execute(query):
                    seen = frozenset(pods[row.market_outcome])
                    found.append((_decoder.decode(unpack(row.record)), seen))
        return sorted(found, key=lambda item: (item[0].start_time, item[0].market_outcome))
