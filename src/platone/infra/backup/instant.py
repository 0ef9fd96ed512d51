"""The one instant of which several databases are copied.

So that none of the copies names what another lacks, all writers are held off for a moment ::

    hold all ──► nobody can commit ──► begin to read all ──► let go (milliseconds)
        │ one is busy: let all go, wait, again                  │
                  copy at leisure what each began to read ◄─────┘
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

PATIENCE_S = 0.5
"""How long one database may be busy with a commit until all are let go again, s."""
_TRIES = 60
"""How often all databases are asked to hold still; a minute of a server that never does."""
_PAUSE_S = 0.5
"""Pause between two tries, s."""


class BusyError(Exception):
    """A database is busy with a commit."""


class Source(Protocol):
    """A database, or several of one server, as it is copied."""

    async def hold(self) -> None:
        """Hold all writers off.

        Raises:
            BusyError: One writes, and goes on.
        """
        ...

    async def begin(self) -> None:
        """Begin to read what there is now."""
        ...

    async def let_go(self) -> None:
        """Let writers go on; what was begun to be read stays readable."""
        ...

    async def copy(self, folder: Path) -> None:
        """Write what was begun to be read to files below a folder."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


async def begin_together(sources: Sequence[Source]) -> datetime | None:
    """Begin to read all sources as of one instant.

    Args:
        sources: The databases.

    Returns:
        That instant by the machine's clock; none where they were never still.
    """
    for _ in range(_TRIES):
        try:
            for each in sources:
                await each.hold()
            at = datetime.now(UTC)
            for each in sources:
                await each.begin()
        except BusyError:  # the others go on meanwhile
            pass
        else:
            return at
        finally:
            for each in sources:
                await each.let_go()
        await asyncio.sleep(_PAUSE_S)
    return None
