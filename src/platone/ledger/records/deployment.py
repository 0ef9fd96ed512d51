"""The contracts that were created, as they are stored."""

from collections.abc import Mapping

from sqlalchemy import insert, select

from platone.infra.db import Database
from platone.ledger.records.table import contract


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

    async def save(self, found: Mapping[str, tuple[str, str]]) -> None:
        """Store the contracts that were found."""
        rows = [
            {"name": name, "address": address, "code_hash": code_hash}
            for name, (address, code_hash) in found.items()
        ]
        async with self._database.transaction() as connection:
            await connection.execute(insert(contract), rows)
