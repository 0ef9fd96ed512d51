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
    """The stored addresses of wallets.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def wallet(self, pod: str) -> PodWallet | None:
        """Return a point of delivery's wallet."""
        async with self._database.reading() as connection:
            row = (await connection.execute(select(wallet).where(wallet.c.pod == pod))).first()
        return None if row is None else PodWallet(*row)

    async def wallets(self) -> dict[str, PodWallet]:
        """Return all wallets, by point of delivery."""
        async with self._database.reading() as connection:
            return {row.pod: PodWallet(*row) for row in await connection.execute(select(wallet))}

    async def pods_of(self, customer: str) -> list[str]:
        """Return the points of delivery whose wallets belong to a customer."""
        query = select(wallet.c.pod).where(wallet.c.customer_id == customer)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def save_wallet(self, stored: PodWallet) -> None:
        """Store a wallet, new or changed."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(wallet).where(wallet.c.pod == stored.pod))
            await connection.execute(
                insert(wallet).values(
                    pod=stored.pod,
                    address=stored.address,
                    aggregator_id=stored.aggregator_id,
                    customer_id=stored.customer_id,
                )
            )
