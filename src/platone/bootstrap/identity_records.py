"""The records of identity in a data folder, whether a server runs on it or not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from platone.bootstrap.problem import ServerFailed
from platone.bootstrap.records_place import has_records, records_url
from platone.identity.records.table import metadata
from platone.infra.db import Database

T = TypeVar("T")


def with_identity(data: Path, act: Callable[[Database], Awaitable[T]]) -> T:
    """Do something with a data folder's records of identity, and return its result.

    Raises:
        ServerFailed: There is no data folder of a server.
    """
    return asyncio.run(_act(data, act))


async def _act(data: Path, act: Callable[[Database], Awaitable[T]]) -> T:
    if not has_records(data, "identity"):
        raise ServerFailed(f"{data} is no server's data folder: there is no identity in it.")
    database = Database(records_url(data, "identity"), metadata)
    try:
        await database.open()
        return await act(database)
    finally:
        await database.close()
