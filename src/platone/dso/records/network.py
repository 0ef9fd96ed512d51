"""Network files in SQL."""

from datetime import datetime
from typing import cast, get_args

from sqlalchemy import ColumnElement, insert, select

from platone.dso.domain.network_key import NetworkKey
from platone.dso.records.table import network_clocks, networks
from platone.grid.file.cim.clock import Clocks
from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.errors import DuplicateIdentifier


class NetworkRecords:
    """The network files that were stored.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(
        self, key: NetworkKey, content: bytes, now: datetime, clocks: Clocks = "solved"
    ) -> bool:
        """Store a file and how it is read, and put it in force; False where that is so already."""
        async with self._database.transaction() as connection:
            query = select(networks.c.content).where(_is(key))
            known = (await connection.execute(query)).scalar()
            if known is None:
                values = {"id": key.id, "version": key.version, "content": content}
                await connection.execute(
                    insert(networks).values(**values, stored_at=now.isoformat())
                )
                row = {"id": key.id, "version": key.version, "clocks": clocks}
                await connection.execute(insert(network_clocks).values(**row))
                return True
        if known != content or await self.clocks(key) != clocks:
            raise DuplicateIdentifier(
                f"Version {key.version} of {key.id} is stored with another content (or clocks): "
                "give the changed network a new version.",
                networkId=key.id,
                version=key.version,
            )
        return False

    async def last(
        self, network_id: str | None = None, version: str | None = None
    ) -> NetworkKey | None:
        """Return the key of what was stored last, of a network or version; None without one."""
        query = select(networks.c.id, networks.c.version).order_by(networks.c.number.desc())
        if network_id is not None:
            query = query.where(networks.c.id == network_id)
        if version is not None:
            query = query.where(networks.c.version == version)
        async with self._database.reading() as connection:
            row = (await connection.execute(query.limit(1))).one_or_none()
        return None if row is None else NetworkKey(row.id, row.version)

    async def listed(self, part: Part) -> Listed[tuple[NetworkKey, datetime]]:
        """Return keys of stored networks with the times of storing, in that order."""
        query = select(networks.c.id, networks.c.version, networks.c.stored_at)
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [networks.c.number], part)
        return found.of(
            lambda row: (NetworkKey(row.id, row.version), datetime.fromisoformat(row.stored_at))
        )

    async def content(self, key: NetworkKey) -> bytes | None:
        """Return a stored file; None where it is not stored."""
        query = select(networks.c.content).where(_is(key))
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found

    async def clocks(self, key: NetworkKey) -> Clocks:
        """Return whether the clocks of a stored network's transformers turn angles."""
        where = (network_clocks.c.id == key.id) & (network_clocks.c.version == key.version)
        async with self._database.reading() as connection:
            found = (
                await connection.execute(select(network_clocks.c.clocks).where(where))
            ).scalar()
        return cast("Clocks", found) if found in get_args(Clocks) else "solved"


def _is(key: NetworkKey) -> ColumnElement[bool]:
    return (networks.c.id == key.id) & (networks.c.version == key.version)
