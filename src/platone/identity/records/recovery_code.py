"""Recovery codes in SQL: each by its hash, and gone once it was used."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select

from platone.identity.records.table import recovery_code
from platone.infra.db import Database


class RecoveryCodeRecords:
    """The recovery codes of people.

    Args:
        database: Identity's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def left(self, name: str) -> int:
        """Return how many codes a person has that were not used."""
        query = select(func.count()).where(recovery_code.c.name == name)
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def replace(self, name: str, hashes: Sequence[str]) -> None:
        """Give a person other codes: those before are void."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(recovery_code).where(recovery_code.c.name == name))
            rows = [{"name": name, "code_hash": each} for each in hashes]
            await connection.execute(insert(recovery_code), rows)

    async def use(self, name: str, code_hash: str) -> bool:
        """Use up a code of a person; False where it has none of this hash, or not any more."""
        is_it = (recovery_code.c.name == name) & (recovery_code.c.code_hash == code_hash)
        async with self._database.transaction() as connection:
            done = await connection.execute(delete(recovery_code).where(is_it))
        return done.rowcount == 1
