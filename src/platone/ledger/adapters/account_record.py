"""Wallets and agreements in SQL."""

from typing import Any

from sqlalchemy import Row, delete, insert, select

from platone.infra.db import Database
from platone.ledger.adapters.table import agreement, wallet
from platone.ledger.service.agreement import KeptAgreement
from platone.ledger.service.wallet import PodWallet
from platone.messages.ledger import AgreementTerms


class SqlWalletStore:
    """Keeps wallets' addresses.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wallet(self, pod: str) -> PodWallet | None:
        """A point of delivery's wallet."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(wallet).where(wallet.c.pod == pod))).first()
        return None if row is None else PodWallet(*row)

    async def pods_of(self, customer: str) -> list[str]:
        """The points of delivery whose wallets belong to a customer."""
        query = select(wallet.c.pod).where(wallet.c.customer_id == customer)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def save_wallet(self, kept: PodWallet) -> None:
        """Keep a wallet, new or changed."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(wallet).where(wallet.c.pod == kept.pod))
            await connection.execute(
                insert(wallet).values(
                    pod=kept.pod,
                    address=kept.address,
                    aggregator_id=kept.aggregator_id,
                    customer_id=kept.customer_id,
                )
            )


class SqlAgreementStore:
    """Keeps agreements.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agreements(
        self, aggregator: str | None = None, pod: str | None = None
    ) -> list[KeptAgreement]:
        """Agreements of an aggregator, of a point of delivery, or all; oldest first."""
        query = select(agreement).order_by(agreement.c.number)
        if aggregator is not None:
            query = query.where(agreement.c.aggregator_id == aggregator)
        if pod is not None:
            query = query.where(agreement.c.pod == pod)
        async with self._database.reading() as connection:
            return [_kept(row) for row in await connection.execute(query)]

    async def save_agreement(self, kept: KeptAgreement) -> None:
        """Keep an agreement, new or changed."""
        values = {
            "pod": kept.terms.pod,
            "aggregator_id": kept.terms.aggregator_id,
            "customer_share_ppm": kept.terms.customer_share_ppm,
            "penalty_price": kept.terms.penalty_price,
            "wallet": kept.wallet,
            "account": kept.account,
            "transaction_hash": kept.transaction,
            "ended": kept.ended,
        }
        async with self._database.transaction() as connection:
            changed = await connection.execute(
                agreement.update().where(agreement.c.id == kept.id).values(**values)
            )
            if not changed.rowcount:
                await connection.execute(insert(agreement).values(id=kept.id, **values))


def _kept(row: Row[Any]) -> KeptAgreement:
    terms = AgreementTerms(
        pod=row.pod,
        aggregator_id=row.aggregator_id,
        customer_share_ppm=row.customer_share_ppm,
        penalty_price=row.penalty_price,
    )
    return KeptAgreement(row.id, terms, row.wallet, row.account, row.transaction_hash, row.ended)
