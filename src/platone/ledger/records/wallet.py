"""Wallets as they are stored."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from platone.infra.db import Database
from platone.ledger.records.table import wallet


@dataclass(frozen=True, slots=True)
class PodWallet:
    """A point of delivery's wallet.

    Attributes:
        pod: The point of delivery.
        address: Its address on the chain.
        aggregator_id: The aggregator that serves the point of delivery.
        customer_id: The customer who owns it, where known.
    """

    pod: str
    address: str
    aggregator_id: str
    customer_id: str | None


class WalletRecords:
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
