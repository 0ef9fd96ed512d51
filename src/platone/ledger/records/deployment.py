"""The contracts that were created, as they are stored."""

from collections.abc import Mapping

from sqlalchemy import insert, select

from platone.infra.db import Database
from platone.ledger.records.table import contract, network


class DeploymentRecords:
    """The stored addresses and code hashes of the contracts.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def contracts(self) -> dict[str, tuple[str, str]]:
        """Return address and code hash by name; empty before the first start."""
        async with self._database.reading() as connection:
            rows = await connection.execute(select(contract))
            return {name: (address, code_hash) for name, address, code_hash in rows}

    async def first_block(self, chain_id: int) -> int | None:
        """Return the network's newest block before the contracts; none where none was begun."""
        query = select(network.c.first_block).where(network.c.chain_id == chain_id)
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(query)).scalar()
            return found

    async def is_on_network(self) -> bool:
        """Return whether the contracts were to be created on a network."""
        async with self._database.reading() as connection:
            return (await connection.execute(select(network))).first() is not None

    async def begin(self, chain_id: int, block: int) -> None:
        """Note before which block of a network nothing of the contracts is to be looked for."""
        row = {"chain_id": chain_id, "first_block": block}
        async with self._database.transaction() as connection:
            await connection.execute(insert(network), row)

    async def save(self, found: Mapping[str, tuple[str, str]]) -> None:
        """Store the contracts that were found."""
        rows = [
            {"name": name, "address": address, "code_hash": code_hash}
            for name, (address, code_hash) in found.items()
        ]
        async with self._database.transaction() as connection:
            await connection.execute(insert(contract), rows)
