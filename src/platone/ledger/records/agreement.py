"""Agreements as they are stored."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select

from platone.infra.db import Database, chunks
from platone.infra.listing import Listed, Part, read_part
from platone.ledger.domain.agreement import KnownAgreement
from platone.ledger.domain.entry_word import Holder
from platone.ledger.records.table import agreement
from platone.messages.ledger import AgreementTerms


class AgreementRecords:
    """The stored agreements.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agreements(
        self, aggregator: str | None = None, pod: str | None = None
    ) -> list[KnownAgreement]:
        """Return agreements of an aggregator, of a point of delivery, or all; oldest first."""
        query = select(agreement).order_by(agreement.c.number)
        if aggregator is not None:
            query = query.where(agreement.c.aggregator_id == aggregator)
        if pod is not None:
            query = query.where(agreement.c.pod == pod)
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def listed(
        self,
        part: Part,
        aggregator: str | None = None,
        pods: Collection[str] | None = None,
        as_of: datetime | None = None,
    ) -> Listed[KnownAgreement]:
        """Return agreements, oldest first.

        Args:
            part: Which part of them.
            aggregator: Only its own.
            pods: Only those about these points of delivery.
            as_of: Only those in force then, to the second.
        """
        query = select(agreement)
        if aggregator is not None:
            query = query.where(agreement.c.aggregator_id == aggregator)
        if pods is not None:
            query = query.where(agreement.c.pod.in_(sorted(pods)))
        if as_of is not None:
            at_s = int(as_of.timestamp())
            lasts = agreement.c.ended_s.is_(None) | (agreement.c.ended_s > at_s)
            query = query.where(agreement.c.since_s <= at_s, lasts)
        async with self._database.reading() as connection:
            return (await read_part(connection, query, [agreement.c.number], part)).of(_of_row)

    async def named(self, identifier: bytes) -> KnownAgreement | None:
        """Return an agreement by its identifier; None where there is none."""
        query = select(agreement).where(agreement.c.id == identifier)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _of_row(row)

    async def holders(self, agreements: Iterable[bytes]) -> dict[bytes, Holder]:
        """Return the terms that the contract is told of agreements, by their identifiers."""
        found: dict[bytes, Holder] = {}
        async with self._database.reading() as connection:
            for chunk in chunks(agreements):
                query = select(agreement).where(agreement.c.id.in_(chunk))
                rows = await connection.execute(query)
                found.update((row.id, _of_row(row).holder) for row in rows)
        return found

    async def save_agreement(self, stored: KnownAgreement) -> None:
        """Store an agreement, new or changed."""
        values = {
            "tag": stored.tag,
            "pod": stored.terms.pod,
            "aggregator_id": stored.terms.aggregator_id,
            "customer_share_ppm": stored.terms.customer_share_ppm,
            "penalty_price": stored.terms.penalty_price,
            "least_delivery_ppm": stored.terms.least_delivery_ppm,
            "full_delivery_ppm": stored.terms.full_delivery_ppm,
            "wallet": stored.wallet,
            "account": stored.account,
            "transaction_hash": stored.transaction,
            "since_s": int(stored.since.timestamp()),
            "ended_s": None if stored.ended_at is None else int(stored.ended_at.timestamp()),
        }
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                agreement.update().where(agreement.c.id == stored.id).values(**values)
            )
            if not changed.rowcount:
                await connection.execute(insert(agreement).values(id=stored.id, **values))


def _of_row(row: Row[Any]) -> KnownAgreement:
    terms = AgreementTerms(
        pod=row.pod,
        aggregator_id=row.aggregator_id,
        customer_share_ppm=row.customer_share_ppm,
        penalty_price=row.penalty_price,
        least_delivery_ppm=row.least_delivery_ppm,
        full_delivery_ppm=row.full_delivery_ppm,
    )
    return KnownAgreement(
        tag=row.tag,
        terms=terms,
        wallet=row.wallet,
        account=row.account,
        since=datetime.fromtimestamp(row.since_s, UTC),
        transaction=row.transaction_hash,
        ended_at=None if row.ended_s is None else datetime.fromtimestamp(row.ended_s, UTC),
    )
