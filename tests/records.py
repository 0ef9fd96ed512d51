"""A context's records seen from outside: by statements of the database's own, in either one."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from platone.infra.postgresql import Place

RecordsAt = Callable[[Path], str]
"""Where records are: the URL for a file's path."""


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement on the records at a URL, and return its rows."""
    if not url.startswith("sqlite"):
        with ThreadPoolExecutor(1) as thread:  # beside the event loop of the test
            return thread.submit(asyncio.run, _ask(url, statement)).result()
    with closing(sqlite3.connect(make_url(url).database or "")) as connection:
        rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows


async def _ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = await Place.of(url).connect()
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
