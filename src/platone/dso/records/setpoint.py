"""Setpoints in SQL, with their copies on the way to customers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.setpoint import SetpointState, TrackedSetpoint
from platone.dso.records.table import outbox, setpoints
from platone.infra.db import Database, chunks
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.errors import DuplicateIdentifier, PlatoneError
from platone.messages.metering import SetpointAcknowledgement
from platone.messages.registry import Setpoint, SetpointBatch

TO_CUSTOMERS = "POST /api/scd/setpoints"
_WAITING = SetpointState.WAITING.value
_PAGE = 1_000
"""Setpoints that are read at once, to be sent or to be shown: some 10 ms."""
Place = tuple[int, str]
"""The start of a setpoint, s since 1970, and its identifier: by them they are in order."""
FIRST: Place = (-1, "")
"""The place before all setpoints."""
Kept = bool | PlatoneError
"""True for a setpoint that is new, False for one that is known, or the reason of a refusal."""


class SetpointRecords:
    """The setpoints on their way to nodes.

    Args:
        database: The platform's database.
        wake: Says that something waits, in the outbox and for the nodes.
    """

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        self._database = database
        self._wake = wake

    async def keep(self, batch: Sequence[Setpoint], aggregator_id: str) -> list[Kept]:
        """Store setpoints and send them to customers, all in one transaction.

        Returns:
            Of each whether it is new, or why it is not stored: another one has its identifier.
        """

        async def store(connection: AsyncConnection) -> list[Kept]:
            known = await _contents(connection, {each.setpoint_id for each in batch})
            kept: list[Kept] = []
            new: list[Setpoint] = []
            for each in batch:
                before = known.setdefault(each.setpoint_id, each)
                if before is each:
                    new.append(each)
                kept.append(before is each if before == each else _other(each))
            if new:
                rows = [_row(each, aggregator_id) for each in new]
                await connection.execute(insert(setpoints), rows)
                message = msgspec.json.encode(SetpointBatch(setpoints=new))
                await outbox.put(connection, TO_CUSTOMERS, message)
            return kept

        kept = await self._database.transact(store)
        if True in kept:
            self._wake()
        return kept

    async def listed(self, part: Part, aggregator_id: str | None = None) -> Listed[TrackedSetpoint]:
        """Return setpoints by identifier, of one aggregator or all."""
        query = select(setpoints)
        if aggregator_id is not None:
            query = query.where(setpoints.c.aggregator_id == aggregator_id)

        async def read(connection: AsyncConnection) -> Listed[TrackedSetpoint]:
            by = [setpoints.c.setpoint_id]
            return (await read_part(connection, query, by, part)).of(_tracked)

        return await self._database.look(read)

    async def waiting(
        self, after: Place, devices: Mapping[str, str], *, again: bool
    ) -> tuple[list[TrackedSetpoint], Place | None]:
        """Return setpoints that no node has answered, of PoDs with a node, the earliest first.

        Args:
            after: Where the page before ended.
            devices: The node of each PoD that has one.
            again: Whether those are wanted too that were sent to a node before.

        Returns:
            A page of them, and where it ends; None where there are no more.
        """
        place = tuple_(setpoints.c.start_s, setpoints.c.setpoint_id)
        query = select(setpoints).where(setpoints.c.state == _WAITING, place > after)
        if not again:
            query = query.where(setpoints.c.device.is_(None))
        page = query.order_by(setpoints.c.start_s, setpoints.c.setpoint_id).limit(_PAGE)

        async def read(
            connection: AsyncConnection,
        ) -> tuple[list[TrackedSetpoint], Place | None]:
            rows = (await connection.execute(page)).all()
            found = [_tracked(row) for row in rows if row.pod_id in devices]
            ends = (rows[-1].start_s, rows[-1].setpoint_id) if len(rows) == _PAGE else None
            return found, ends

        return await self._database.look(read)

    async def note_sent(self, devices: Mapping[str, str]) -> None:
        """Note which node each of some setpoints was sent to, by the setpoint's identifier."""
        if not devices:
            return
        change = (
            update(setpoints)
            .where(setpoints.c.setpoint_id == bindparam("sent"))
            .values(device=bindparam("to"))
        )
        rows = [{"sent": name, "to": device} for name, device in devices.items()]

        async def note(connection: AsyncConnection) -> None:
            await connection.execute(change, rows)

        await self._database.transact(note)

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


async def _contents(connection: AsyncConnection, names: Collection[str]) -> dict[str, Setpoint]:
    """Return the stored setpoints of these identifiers."""
    found: dict[str, Setpoint] = {}
    for chunk in chunks(names):
        query = select(setpoints.c.content).where(setpoints.c.setpoint_id.in_(chunk))
        for content in (await connection.execute(query)).scalars():
            known = msgspec.json.decode(content, type=Setpoint)
            found[known.setpoint_id] = known
    return found


def _other(setpoint: Setpoint) -> DuplicateIdentifier:
    return DuplicateIdentifier(
        f"{setpoint.setpoint_id} named another setpoint before.", setpointId=setpoint.setpoint_id
    )


def _row(setpoint: Setpoint, aggregator_id: str) -> dict[str, object]:
    start_s = int(setpoint.start_time.timestamp())
    return {
        "setpoint_id": setpoint.setpoint_id,
        "aggregator_id": aggregator_id,
        "pod_id": setpoint.pod_id,
        "start_s": start_s,
        "end_s": start_s + 60 * setpoint.duration_minutes,
        "content": msgspec.json.encode(setpoint),
        "state": _WAITING,
    }


def _tracked(row: Any) -> TrackedSetpoint:
    answered = row.acknowledged_at
    return TrackedSetpoint(
        setpoint=msgspec.json.decode(row.content, type=Setpoint),
        aggregator_id=row.aggregator_id,
        state=SetpointState(row.state),
        device=row.device,
        detail=row.detail,
        acknowledged_at=datetime.fromisoformat(answered) if answered else None,
    )
