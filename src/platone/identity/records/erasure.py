"""Erasure of points of delivery from the log of auditors' calls."""

import re

from sqlalchemy import or_, select, update

from platone.identity.records.table import access
from platone.infra.db import Database
from platone.messages.erasure import ErasureOrder, ErasurePart

_ERASED = "erased"


class ErasureRecords:
    """The records that identity has of points of delivery: that an auditor asked for them.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(self, order: ErasureOrder) -> ErasurePart:
        """Take points of delivery out of the recorded calls; who called for which case stays."""
        pods = order.pod_ids
        named = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, pods))})(?![\w-])")
        is_near = or_(*(access.c.call.contains(pod, autoescape=True) for pod in pods))
        async with self._database.erasing() as connection:
            rows = (await connection.execute(select(access).where(is_near))).all()
            for row in rows:
                call = named.sub(_ERASED, row.call)
                change = update(access).where(access.c.number == row.number)
                await connection.execute(change.values(call=call))
        await self._database.compact()
        return ErasurePart(context="identity", state="done")
