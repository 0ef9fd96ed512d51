"""Network files in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, insert, select

from platone.dso.domain.network_key import NetworkKey
from platone.dso.records.table import networks
from platone.infra.db import Database
from platone.kernel.errors import DuplicateIdentifier


class NetworkRecords:
    """The network files that were stored.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, key: NetworkKey, content: bytes, now: datetime) -> bool:
        """Store a file and put it in force; False where the same is stored already."""
        async with self._database.transaction() as connection:
            query = select(networks.c.content).where(_is(key))
            known = (await connection.execute(query)).scalar()
            if known is None:
                values = {"id": key.id, "version": key.version, "content": content}
                await connection.execute(
                    insert(networks).values(**values, stored_at=now.isoformat())
                )
                return True
        if known != content:
            raise DuplicateIdentifier(
                f"Version {key.version} of {key.id} is stored with another content: "
                "give the changed network a new version.",
                networkId=key.id,
                version=key.version,
            )
        return False

    async def keys(self) -> list[NetworkKey]:
        """Return the keys of all stored networks, the one in force last."""
        query = select(networks.c.id, networks.c.version).order_by(networks.c.number)
        async with self._database.reading() as connection:
            return [NetworkKey(*row) for row in await connection.execute(query)]

    async def content(self, key: NetworkKey) -> bytes | None:
        """Return a stored file; None where it is not stored."""
        query = select(networks.c.content).where(_is(key))
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found


def _is(key: NetworkKey) -> ColumnElement[bool]:
    return (networks.c.id == key.id) & (networks.c.version == key.version)
