"""Agreements as they are stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select

from platone.infra.db import Database, chunks
from platone.ledger.domain.entry_word import Holder
from platone.ledger.records.table import agreement
from platone.messages.ledger import AgreementTerms


@dataclass(frozen=True, slots=True)
class StoredAgreement:
    """An agreement as it is stored.

    Attributes:
        tag: What makes its identifier on the contract unlike any other, 12 bytes.
        terms: Its terms.
        wallet: The customer's wallet.
        account: The aggregator's account.
        transaction: The transaction that made it; none until then.
        ended: Whether it was ended.
    """

    tag: bytes
    terms: AgreementTerms
    wallet: str
    account: str
    transaction: bytes | None
    ended: bool

    @property
    def holder(self) -> Holder:
        """The terms that the contract is told again with each entry."""
        return Holder(
            tag=self.tag,
            wallet=self.wallet,
            account=self.account,
            customer_share_ppm=self.terms.customer_share_ppm,
        )

    @property
    def id(self) -> bytes:
        """Its identifier on the contract, 32 bytes."""
        return self.holder.agreement


class AgreementRecords:
    """The stored agreements.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agreements(
        self, aggregator: str | None = None, pod: str | None = None
    ) -> list[StoredAgreement]:
        """Return agreements of an aggregator, of a point of delivery, or all; oldest first."""
        query = select(agreement).order_by(agreement.c.number)
        if aggregator is not None:
            query = query.where(agreement.c.aggregator_id == aggregator)
        if pod is not None:
            query = query.where(agreement.c.pod == pod)
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def holders(self, agreements: Iterable[bytes]) -> dict[bytes, Holder]:
        """Return the terms that the contract is told of agreements, by their identifiers."""
        found: dict[bytes, Holder] = {}
        async with self._database.reading() as connection:
            for chunk in chunks(agreements):
                query = select(agreement).where(agreement.c.id.in_(chunk))
                rows = await connection.execute(query)
                found.update((row.id, _of_row(row).holder) for row in rows)
        return found

    async def save_agreement(self, stored: StoredAgreement) -> None:
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
            "ended": stored.ended,
        }
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                agreement.update().where(agreement.c.id == stored.id).values(**values)
            )
            if not changed.rowcount:
                await connection.execute(insert(agreement).values(id=stored.id, **values))


def _of_row(row: Row[Any]) -> StoredAgreement:
    terms = AgreementTerms(
        pod=row.pod,
        aggregator_id=row.aggregator_id,
        customer_share_ppm=row.customer_share_ppm,
        penalty_price=row.penalty_price,
        least_delivery_ppm=row.least_delivery_ppm,
        full_delivery_ppm=row.full_delivery_ppm,
    )
    return StoredAgreement(row.tag, terms, row.wallet, row.account, row.transaction_hash, row.ended)
