"""Phasors, their power and the devices' configuration in SQL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.domain.phasor import PhasorSample
from platone.dso.domain.retention import PHASOR_INSTANTS_ANSWERED, PHASOR_INSTANTS_KEPT
from platone.dso.records.instant import instant_at_us, microseconds_at
from platone.dso.records.table import phasor_devices, phasors
from platone.grid.phasor.component import ComponentPhasors
from platone.infra.db import Database, replace_rows
from platone.infra.listing import Listed, Part, read_part
from platone.messages.phasor import Phase, PhasorDevice

_Parts = dict[Phase, tuple[float, float]]


class _Content(msgspec.Struct, array_like=True, frozen=True):
    """Real and imaginary parts by phase."""

    voltages: _Parts
    currents: _Parts
    powers: _Parts


_DECODER = msgspec.msgpack.Decoder(_Content)


class PhasorRecords:
    """The phasors that were measured lately, and the configuration of devices.

    Args:
        database: The platform's database.
        kept: How many instants of components are kept of a device; the oldest go first.
        answered: How many of them one answer holds, or a few more.
    """

    def __init__(
        self,
        database: Database,
        kept: int = PHASOR_INSTANTS_KEPT,
        answered: int = PHASOR_INSTANTS_ANSWERED,
    ) -> None:
        self._database = database
        self._kept, self._answered = kept, answered
        self._since_pruning: dict[str, int] = {}

    async def keep(self, taken: Sequence[PhasorSample]) -> None:
        """Store samples; the same component, device and instant again replaces the earlier one."""
        rows = {
            (it.device, it.component.id, microseconds_at(it.at)): _content(it.component)
            for it in taken
        }
        async with self._database.transaction() as connection:
            await replace_rows(
                connection,
                phasors,
                [
                    {"device": device, "component": component, "taken_us": us, "content": content}
                    for (device, component, us), content in rows.items()
                ],
            )
            for device, count in Counter(device for device, _, _ in rows).items():
                # at first: nobody knows how many an earlier run has left above the bound
                count_since = self._since_pruning.get(device, self._kept) + count
                if count_since >= self._kept // 10:
                    await self._prune(connection, device)
                    count_since = 0
                self._since_pruning[device] = count_since

    async def _prune(self, connection: AsyncConnection, device: str) -> None:
        """Delete the oldest samples; not at each message, for it walks over all that is kept."""
        query = select(phasors.c.taken_us).where(phasors.c.device == device)
        oldest = query.order_by(phasors.c.taken_us.desc()).offset(self._kept).limit(1)
        last_us = (await connection.execute(oldest)).scalar()
        if last_us is not None:
            gone = (phasors.c.device == device) & (phasors.c.taken_us <= last_us)
            await connection.execute(delete(phasors).where(gone))

    async def latest(self, device: str) -> list[PhasorSample]:
        """Return the newest sample of each of a device's components, by instant."""
        return await self._newest(phasors.c.device == device)

    async def last_before(self, at: datetime, within: timedelta) -> list[PhasorSample]:
        """Return the newest sample of each component until an instant, younger than ``within``."""
        return await self._newest(
            (phasors.c.taken_us <= microseconds_at(at))
            & (phasors.c.taken_us > microseconds_at(at - within))
        )

    async def _newest(self, condition: Any) -> list[PhasorSample]:
        newest = (
            select(
                phasors.c.device, phasors.c.component, func.max(phasors.c.taken_us).label("taken")
            )
            .where(condition)
            .group_by(phasors.c.device, phasors.c.component)
            .subquery()
        )
        is_newest = (
            (phasors.c.device == newest.c.device)
            & (phasors.c.component == newest.c.component)
            & (phasors.c.taken_us == newest.c.taken)
        )
        query = select(phasors).join(newest, is_newest)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.order_by(*_ORDER))
            return [_taken(row) for row in rows]

    async def between(
        self, device: str, begin: datetime, end: datetime
    ) -> tuple[list[PhasorSample], datetime | None]:
        """Return a device's samples in a span of time, by instant, and where the rest begins."""
        query = select(phasors).where(
            phasors.c.device == device,
            phasors.c.taken_us >= microseconds_at(begin),
            phasors.c.taken_us < microseconds_at(end),
        )
        async with self._database.reading() as connection:
            ordered = query.order_by(*_ORDER)
            found = (await connection.execute(ordered.limit(self._answered + 1))).all()
            if len(found) <= self._answered:
                return [_taken(row) for row in found], None
            # An instant is not cut in two: this answer ends with the last one that began.
            last_us = found[-2].taken_us
            whole = query.where(phasors.c.taken_us <= last_us).order_by(*_ORDER)
            rows = (await connection.execute(whole)).all()
            after = query.where(phasors.c.taken_us > last_us).order_by(*_ORDER).limit(1)
            rest = (await connection.execute(after)).first()
        return [_taken(row) for row in rows], None if rest is None else instant_at_us(rest.taken_us)

    async def devices(self) -> Mapping[str, PhasorDevice]:
        """Return the configurations by device."""
        query = select(phasor_devices).order_by(phasor_devices.c.device)
        async with self._database.reading() as connection:
            return {
                row.device: msgspec.json.decode(row.content, type=PhasorDevice)
                for row in await connection.execute(query)
            }

    async def listed(self, part: Part) -> Listed[tuple[str, PhasorDevice]]:
        """Return devices with their configurations, by name."""
        by = [phasor_devices.c.device]
        async with self._database.reading() as connection:
            found = await read_part(connection, select(phasor_devices), by, part)
        return found.of(
            lambda row: (row.device, msgspec.json.decode(row.content, type=PhasorDevice))
        )

    async def configure(self, device: str, wanted: PhasorDevice) -> None:
        """Store the configuration of a device."""
        content = msgspec.json.encode(wanted)
        async with self._database.transaction() as connection:
            row = {"device": device, "content": content}
            await replace_rows(connection, phasor_devices, [row])


_ORDER = (phasors.c.taken_us, phasors.c.device, phasors.c.component)


def _parts(phasors_: Mapping[Phase, complex]) -> _Parts:
    return {phase: (value.real, value.imag) for phase, value in phasors_.items()}


def _content(component: ComponentPhasors) -> bytes:
    return msgspec.msgpack.encode(
        _Content(_parts(component.voltages), _parts(component.currents), _parts(component.powers))
    )


def _complexes(parts: _Parts) -> dict[Phase, complex]:
    return {phase: complex(*pair) for phase, pair in parts.items()}


def _taken(row: Row[Any]) -> PhasorSample:
    content = _DECODER.decode(row.content)
    component = ComponentPhasors(
        row.component,
        _complexes(content.voltages),
        _complexes(content.currents),
        _complexes(content.powers),
    )
    return PhasorSample(row.device, instant_at_us(row.taken_us), component)
