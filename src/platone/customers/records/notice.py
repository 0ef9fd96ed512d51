"""Browsers that want notices, and notices on their way to them, in SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import microseconds_at
from platone.customers.domain.notice import Browser, Notice, encoded
from platone.customers.records.table import notice, notice_endpoint, pod
from platone.infra.db import Database, chunks, replace_rows

MOST_BROWSERS = 10
"""Browsers of one customer; of more the one that came first is told no more."""
_MOST_WAITING = 50
"""Notices that wait for one browser; more are left out, since who reads them has seen enough."""


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """The oldest notice that waits for a browser.

    Attributes:
        number: Its number.
        endpoint_id: The browser's name.
        browser: The browser.
        body: What is told.
        tries: How often that was tried in vain.
    """

    number: int
    endpoint_id: str
    browser: Browser
    body: bytes
    tries: int


async def put_notices(
    connection: AsyncConnection, notices: Iterable[Notice], zone: str, at: datetime
) -> None:
    """Add notices for the browsers of the customers whom they concern, with what caused them."""
    by_pod = {each.pod_id: each for each in notices}
    waiting = (
        select(func.count())
        .where(notice.c.endpoint_id == notice_endpoint.c.endpoint_id)
        .scalar_subquery()
    )
    for some in chunks(sorted(by_pod)):
        query = (
            select(notice_endpoint.c.endpoint_id, notice_endpoint.c.language, pod.c.pod_id)
            .join(pod, pod.c.customer_id == notice_endpoint.c.customer_id)
            .where(pod.c.pod_id.in_(some), waiting < _MOST_WAITING)
        )
        rows = [
            {
                "endpoint_id": row.endpoint_id,
                "pod_id": row.pod_id,
                "body": encoded(by_pod[row.pod_id], row.language, zone),
                "tries": 0,
                "made_us": microseconds_at(at),
            }
            for row in await connection.execute(query)
        ]
        if rows:
            await connection.execute(insert(notice), rows)


class NoticeRecords:
    """The browsers, and the notices that wait for them.

    Args:
        database: The customer database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def endpoints(self, customer_id: str) -> list[str]:
        """Return the names of a customer's browsers, the first one first."""
        query = (
            select(notice_endpoint.c.endpoint_id)
            .where(notice_endpoint.c.customer_id == customer_id)
            .order_by(notice_endpoint.c.made_us, notice_endpoint.c.endpoint_id)
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def add(
        self, customer_id: str, endpoint_id: str, browser: Browser, language: str, at: datetime
    ) -> None:
        """Add a customer's browser, or change it; who signs in there last is told there."""
        row = {
            "endpoint_id": endpoint_id,
            "customer_id": customer_id,
            "endpoint": browser.endpoint,
            "p256dh": browser.p256dh,
            "auth": browser.auth,
            "language": language,
            "made_us": microseconds_at(at),
        }
        async with self._database.transaction() as connection:
            await _forget(connection, endpoint_id)
            await replace_rows(connection, notice_endpoint, [row])
            of_customer = notice_endpoint.c.customer_id == customer_id
            query = select(notice_endpoint.c.endpoint_id).where(of_customer)
            newest = query.order_by(notice_endpoint.c.made_us.desc()).offset(MOST_BROWSERS)
            for old in (await connection.execute(newest)).scalars().all():
                await _forget(connection, old)

    async def remove(self, endpoint_id: str, customer_id: str | None = None) -> bool:
        """Forget a browser and what waits for it; return whether there was one."""
        its = notice_endpoint.c.endpoint_id == endpoint_id
        if customer_id is not None:
            its &= notice_endpoint.c.customer_id == customer_id
        async with self._database.transaction() as connection:
            found = await connection.execute(select(notice_endpoint.c.endpoint_id).where(its))
            if found.scalar_one_or_none() is None:
                return False
            await _forget(connection, endpoint_id)
            return True

    async def waiting(self) -> list[WaitingNotice]:
        """Return the oldest notice of each browser for which one waits."""
        first = select(func.min(notice.c.id)).group_by(notice.c.endpoint_id)
        query = (
            select(notice, notice_endpoint)
            .join(notice_endpoint, notice_endpoint.c.endpoint_id == notice.c.endpoint_id)
            .where(notice.c.id.in_(first))
            .order_by(notice.c.id)
        )
        async with self._database.reading() as connection:
            return [
                WaitingNotice(
                    row.id,
                    row.endpoint_id,
                    Browser(row.endpoint, row.p256dh, row.auth),
                    row.body,
                    row.tries,
                )
                for row in await connection.execute(query)
            ]

    async def done(self, number: int) -> None:
        """Forget a notice: it was taken, or is given up."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(notice).where(notice.c.id == number))

    async def failed(self, number: int) -> None:
        """Note that a notice was not taken."""
        change = update(notice).where(notice.c.id == number).values(tries=notice.c.tries + 1)
        async with self._database.transaction() as connection:
            await connection.execute(change)


async def _forget(connection: AsyncConnection, endpoint_id: str) -> None:
    for table in (notice, notice_endpoint):
        await connection.execute(delete(table).where(table.c.endpoint_id == endpoint_id))
