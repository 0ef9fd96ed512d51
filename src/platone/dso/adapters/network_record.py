"""Network files and alarms in SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.dso.adapters.table import networks, runs
from platone.dso.service.ports import NetworkKey, Stage
from platone.infra.db import Database
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm


class SqlNetworks:
    """Implements :class:`platone.dso.service.ports.Networks`.

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
        """All stored networks, the one in force last."""
        query = select(networks.c.id, networks.c.version).order_by(networks.c.number)
        async with self._database.reading() as connection:
            return [NetworkKey(*row) for row in await connection.execute(query)]

    async def content(self, key: NetworkKey) -> bytes | None:
        """A stored file."""
        query = select(networks.c.content).where(_is(key))
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
        return found


def _is(key: NetworkKey):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own type
    return (networks.c.id == key.id) & (networks.c.version == key.version)


def _kind(stage: Stage, *, unbalanced: bool) -> str:
    """What a calculation is stored under; balanced ones as before unbalanced ones were kept."""
    return f"{stage.value}/unbalanced" if unbalanced else stage.value


async def write_run(
    connection: AsyncConnection,
    day: MarketDay,
    stage: Stage,
    alarms: Sequence[Alarm],
    now: datetime,
    *,
    unbalanced: bool = False,
) -> None:
    """Store a calculation's alarms inside a transaction, in place of an earlier one's."""
    kind = _kind(stage, unbalanced=unbalanced)
    same = (runs.c.day == day.on.isoformat()) & (runs.c.stage == kind)
    await connection.execute(delete(runs).where(same))
    await connection.execute(
        insert(runs).values(
            day=day.on.isoformat(),
            stage=kind,
            alarms=msgspec.json.encode(alarms),
            made_at=now.isoformat(),
        )
    )


class SqlRuns:
    """Implements :class:`platone.dso.service.ports.Runs`.

    Args:
        database: The platform's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep_run(
        self,
        day: MarketDay,
        stage: Stage,
        alarms: Sequence[Alarm],
        now: datetime,
        *,
        unbalanced: bool = False,
    ) -> None:
        """Store a calculation's alarms, in place of an earlier one's of its kind."""
        async with self._database.transaction() as connection:
            await write_run(connection, day, stage, alarms, now, unbalanced=unbalanced)

    async def alarms(
        self, day: MarketDay | None, stage: Stage, *, unbalanced: bool = False
    ) -> list[Alarm] | None:
        """The alarms of a day, or of the calculation of a kind made last."""
        kind = _kind(stage, unbalanced=unbalanced)
        query = select(runs.c.alarms).where(runs.c.stage == kind)
        if day is not None:
            query = query.where(runs.c.day == day.on.isoformat())
        async with self._database.reading() as connection:
            found = (
                await connection.execute(query.order_by(runs.c.number.desc()).limit(1))
            ).scalar()
        return None if found is None else msgspec.json.decode(found, type=list[Alarm])
