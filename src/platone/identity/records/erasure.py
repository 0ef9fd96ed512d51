"""Erasure of points of delivery from the logs of auditors' calls and of changes."""

import re

import msgspec
from sqlalchemy import or_, select, update

from platone.identity.records.change import ChangeRecords
from platone.identity.records.table import access, change
from platone.infra.db import Database
from platone.infra.http.change import Change
from platone.messages.erasure import ErasureOrder, ErasurePart

_ERASED = "erased"
_BY = "MDA"
"""The party whose system asks all contexts, and by which devices are revoked then."""
_TEXTS = ((access, ("call",)), (change, ("subject", "before", "after")))
"""The logs, and their columns in which a point of delivery can be named."""


class ErasureRecords:
    """The records that identity has of points of delivery: that an auditor asked for them.

    Args:
        database: Identity's database.
        changes: The log of changes in it.
    """

    def __init__(self, database: Database, changes: ChangeRecords) -> None:
        self._database, self._changes = database, changes

    async def erase(self, order: ErasureOrder) -> ErasurePart:
        """Take points of delivery out of both logs; who called or changed something stays.

        The erasure itself is told there, without a name, and that its devices are revoked.
        """
        devices: set[str] = set()
        pods = order.pod_ids
        named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, pods))})(?![\w-])")
        async with self._database.erasing() as connection:
            for table, names in _TEXTS:
                texts = [table.c[name] for name in names]
                is_near = or_(
                    *(each.contains(pod, autoescape=True) for each in texts for pod in pods)
                )
                for row in (await connection.execute(select(table).where(is_near))).all():
                    cleared = {name: named.sub(_ERASED, getattr(row, name)) for name in names}
                    is_it = table.c.number == row.number
                    await connection.execute(update(table).where(is_it).values(**cleared))
                    if table is change and row.kind == "device":
                        devices.add(row.subject)
        await self._tell(order.erasure_id, devices)
        await self._database.compact()
        return ErasurePart(context="identity", state="done")

    async def _tell(self, erasure_id: str, devices: set[str]) -> None:
        """Record an erasure, once, and the end of its devices."""
        if await self._newest("erasure", erasure_id) is None:
            begun = {"state": "begun"}
            await self._changes.record(Change(_BY, _BY, "erasure", erasure_id, {}, begun))
        for device in sorted(devices):
            was = await self._newest("device", device) or {}
            if was.get("status") == "active":
                gone = was | {"status": "revoked"}
                await self._changes.record(Change(_BY, _BY, "device", device, was, gone))

    async def _newest(self, kind: str, subject: str) -> dict[str, str] | None:
        """Return the fields of a thing after its last change; None: it was never changed."""
        is_it = (change.c.kind == kind) & (change.c.subject == subject)
        query = select(change.c.after).where(is_it).order_by(change.c.number.desc()).limit(1)
        async with self._database.reading() as connection:
            text = (await connection.execute(query)).scalar()
        return None if text is None else msgspec.json.decode(text, type=dict[str, str])
