"""Setpoints in SQL, with their copies on the way to customers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, insert, select, update

from platone.dso.domain.setpoint import SetpointState, TrackedSetpoint
from platone.dso.records.table import outbox, setpoints
from platone.infra.db import Database
from platone.kernel.errors import DuplicateIdentifier
from platone.messages.metering import SetpointAcknowledgement
from platone.messages.registry import Setpoint, SetpointBatch

TO_CUSTOMERS = "POST /api/scd/setpoints"
_WAITING = SetpointState.WAITING.value


class SetpointRecords:
    """The setpoints on their way to nodes.

    Args:
        database: The platform's database.
        wake: Says that something waits, in the outbox and for the nodes.
    """

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    async def keep_setpoint(self, setpoint: Setpoint, aggregator_id: str) -> bool:
        """Store a setpoint and send it to customers; False where the same is stored."""
        content = msgspec.json.encode(setpoint)
        start_s = int(setpoint.start_time.timestamp())
        query = select(setpoints.c.content).where(setpoints.c.setpoint_id == setpoint.setpoint_id)
        async with self._database.transaction() as connection:
            known = (await connection.execute(query)).scalar()
            if known is None:
                await connection.execute(
                    insert(setpoints).values(
                        setpoint_id=setpoint.setpoint_id,
                        aggregator_id=aggregator_id,
                        pod_id=setpoint.pod_id,
                        start_s=start_s,
                        end_s=start_s + 60 * setpoint.duration_minutes,
                        content=content,
                        state=_WAITING,
                    )
                )
                batch = SetpointBatch(setpoints=[setpoint])
                await outbox.put(connection, TO_CUSTOMERS, msgspec.json.encode(batch))
        if known is None:
            self._wake()
            return True
        if msgspec.json.decode(known, type=Setpoint) != setpoint:
            raise DuplicateIdentifier(
                f"{setpoint.setpoint_id} named another setpoint before.",
                setpointId=setpoint.setpoint_id,
            )
        return False

    async def setpoints(self, aggregator_id: str | None = None) -> list[TrackedSetpoint]:
        """Return setpoints by start and PoD, of one aggregator or all."""
        query = select(setpoints).order_by(setpoints.c.start_s, setpoints.c.pod_id)
        if aggregator_id is not None:
            query = query.where(setpoints.c.aggregator_id == aggregator_id)
        return await self._read(query)

    async def waiting(self) -> list[TrackedSetpoint]:
        """Return setpoints that no node has answered, the earliest first."""
        query = select(setpoints).where(setpoints.c.state == _WAITING)
        return await self._read(query.order_by(setpoints.c.start_s, setpoints.c.setpoint_id))

    async def note_sent(self, setpoint_id: str, device: str) -> None:
        """Note which node a setpoint was sent to."""
        change = update(setpoints).where(setpoints.c.setpoint_id == setpoint_id)
        async with self._database.transaction() as connection:
            await connection.execute(change.values(device=device))

    async def expire(self, now: datetime) -> None:
        """Give up the setpoints whose interval has gone by."""
        gone = (setpoints.c.state == _WAITING) & (setpoints.c.end_s <= int(now.timestamp()))
        async with self._database.reading() as connection:
            query = select(setpoints.c.setpoint_id).where(gone).limit(1)
            if (await connection.execute(query)).first() is None:
                return
        async with self._database.transaction() as connection:
            change = update(setpoints).where(gone).values(state=SetpointState.EXPIRED.value)
            await connection.execute(change)

    async def acknowledge(self, acknowledgement: SetpointAcknowledgement) -> bool:
        """Note a node's answer; False where it was sent no such setpoint."""
        sent = (setpoints.c.setpoint_id == acknowledgement.setpoint_id) & (
            setpoints.c.device == acknowledgement.device
        )
        change = (
            update(setpoints)
            .where(sent)
            .values(
                state=acknowledgement.status,
                detail=acknowledgement.detail,
                acknowledged_at=acknowledgement.acknowledged_at.astimezone(UTC).isoformat(),
            )
        )
        async with self._database.transaction() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def _read(self, query: Select[Any]) -> list[TrackedSetpoint]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [
            TrackedSetpoint(
                setpoint=msgspec.json.decode(row.content, type=Setpoint),
                aggregator_id=row.aggregator_id,
                state=SetpointState(row.state),
                device=row.device,
                detail=row.detail,
                acknowledged_at=(
                    datetime.fromisoformat(row.acknowledged_at) if row.acknowledged_at else None
                ),
            )
            for row in rows
        ]
