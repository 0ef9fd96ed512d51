"""Curves of measured power in SQL: the database adds up the steps, and only those leave it."""

from dataclasses import fields

from sqlalchemy import case, func, select

from platone.customers.domain.curve import Step
from platone.customers.domain.scope import Selection
from platone.customers.records.selection import fetch_rows
from platone.customers.records.stored_measurement import of_pods
from platone.infra.db import Database
from platone.infra.whole import whole_sum

_MINUTES_AN_HOUR = 60
"""Minutes of an hour."""
_FIELDS = tuple(each.name for each in fields(Step))
"""The fields of a step, in the order in which they are selected."""


class CurveRecords:
    """The measurements of all points of delivery, read in steps.

    Args:
        database: The customer database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def select(self, wanted: Selection, step_s: int, limit: int) -> list[Step]:
        """Return the steps in which something was measured, by point of delivery and start.

        Args:
            wanted: Which measurements.
            step_s: Length of a step.
            limit: This many at most.
        """
        energy_wh, minutes = of_pods.c.energy_wh, of_pods.c.duration_minutes
        power_w = energy_wh * (1.0 * _MINUTES_AN_HOUR) / minutes
        start_s = of_pods.c.start_s - of_pods.c.start_s % step_s
        query = (
            select(
                of_pods.c.pod_id,
                start_s.label("step_start_s"),
                func.min(power_w),
                func.max(power_w),
                whole_sum(case((energy_wh > 0, energy_wh), else_=0)),
                whole_sum(case((energy_wh < 0, -energy_wh), else_=0)),
                whole_sum(minutes),
                func.max(minutes),
            )
            .where(of_pods.c.start_s >= wanted.from_s, of_pods.c.start_s < wanted.to_s)
            .where(of_pods.c.is_superseded.is_(False))
            .group_by(of_pods.c.pod_id, start_s)
            .order_by(of_pods.c.pod_id, start_s)
        )
        async with self._database.reading() as connection:
            rows = await fetch_rows(connection, query, of_pods, wanted, limit)
        return [Step(**dict(zip(_FIELDS, row, strict=True))) for row in rows]
