"""Erasure of points of delivery from the logs of auditors' calls and of changes."""

import re

from sqlalchemy import or_, select, update

from platone.identity.records.table import access, change
from platone.infra.db import Database
from platone.messages.erasure import ErasureOrder, ErasurePart

_ERASED = "erased"
_TEXTS = ((access, ("call",)), (change, ("subject", "before", "after")))
"""The logs, and their columns in which a point of delivery can be named."""


class ErasureRecords:
    """The records that identity has of points of delivery: that an auditor asked for them.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erase(self, order: ErasureOrder) -> ErasurePart:
        """Take points of delivery out of both logs; who called or changed something stays."""
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
        await self._database.compact()
        return ErasurePart(context="identity", state="done")
