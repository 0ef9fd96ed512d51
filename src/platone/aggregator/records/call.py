"""Calls to other parties in SQL: put into the outbox with what caused them, and their results."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.aggregator.domain.call import PartnerCall, PodProgress
from platone.aggregator.records.table import outbox, progress
from platone.infra.among import among_keys
from platone.infra.db import Database, chunks, replace_rows
from platone.messages.base import Message

REGISTRATION = "registration"
"""The step that the wallet and the agreement of a PoD rest on."""
WAITING, REFUSED = "waiting", "refused"
"""The states of a step that is not answered yet, and of one that was refused."""
_DONE, _LATE = "done", "late"
_Name = tuple[str, str]
"""A party, and a PoD in its portfolio."""


class StoredCall(Message):
    """A call as it waits in the outbox; ``pods`` are the PoDs that it is about."""

    party: str
    step: str
    method: str
    path: str
    pods: tuple[str, ...]
    content: msgspec.Raw


async def put_calls(connection: AsyncConnection, party: str, calls: Sequence[PartnerCall]) -> None:
    """Put a party's calls into the outbox inside the caller's transaction."""
    for call in calls:
        waiting = [
            {"party": party, "pod_id": pod, "step": call.step, "state": WAITING, "problem": None}
            for pod in dict.fromkeys(call.pods)
        ]
        await replace_rows(connection, progress, waiting)
        stored = StoredCall(
            party=party,
            step=call.step,
            method=call.method,
            path=call.path,
            pods=call.pods,
            content=msgspec.Raw(msgspec.json.encode(call.content)),
        )
        # The destination orders the calls: those of one party and lane go out one by one.
        await outbox.put(connection, f"{party} {call.lane}", msgspec.json.encode(stored))


class CallRecords:
    """The results of the calls to other parties, by PoD.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def progress(self, pods: Iterable[_Name]) -> Mapping[_Name, list[PodProgress]]:
        """Return how far PoDs have come, by party and identifier."""
        found: dict[_Name, list[PodProgress]] = {}
        async with self._database.reading() as connection:
            for some in chunks(pods):
                its = among_keys(connection, (progress.c.party, progress.c.pod_id), some)
                query = select(progress).where(its).order_by(progress.c.step)
                for row in await connection.execute(query):
                    problem = msgspec.json.decode(row.problem) if row.problem else None
                    told = found.setdefault((row.party, row.pod_id), [])
                    told.append(PodProgress(row.step, row.state, problem))
        return found

    async def registration(self, party: str, pod_id: str) -> str | None:
        """Return the state of a PoD's registration: waiting, done, refused; None without one."""
        query = select(progress.c.state).where(
            progress.c.party == party,
            progress.c.pod_id == pod_id,
            progress.c.step == REGISTRATION,
        )
        async with self._database.reading() as connection:
            found: str | None = (await connection.execute(query)).scalar()
        return found

    async def save_result(
        self,
        call: StoredCall,
        problems: Mapping[str, Any],
        late: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Record a call's result for each of its PoDs: the problem, what it was late for, or done.

        Args:
            call: The call.
            problems: Why it was refused, by PoD.
            late: What it was taken too late for, by PoD.
        """
        async with self._database.transaction() as connection:
            for pod in dict.fromkeys(call.pods):
                problem = problems.get(pod) or late.get(pod)
                change = update(progress).where(
                    progress.c.party == call.party,
                    progress.c.pod_id == pod,
                    progress.c.step == call.step,
                )
                state = REFUSED if pod in problems else _LATE if pod in late else _DONE
                stored = None if problem is None else msgspec.json.encode(problem)
                await connection.execute(change.values(state=state, problem=stored))
