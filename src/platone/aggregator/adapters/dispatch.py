"""The calls that leave through the outbox, each with its own party's token."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import update

from platone.aggregator.adapters import table
from platone.aggregator.service.ports import Call
from platone.infra.db import Database
from platone.infra.http.client import PartnerRefused, PartyClient
from platone.infra.outbox import DeliveryRefused, Entry
from platone.messages.base import Message

DONE = "done"
REFUSED = "refused"


class SealedCall(Message):
    """A call as it waits in the outbox."""

    party: str
    step: str
    method: str
    path: str
    pods: tuple[str, ...]
    content: msgspec.Raw


def lane_of(party: str, call: Call) -> str:
    """The outbox's destination: what is in order with the call."""
    return f"{party} {call.lane}"


def sealed(party: str, call: Call) -> bytes:
    """A call as bytes for the outbox."""
    return msgspec.json.encode(
        SealedCall(
            party=party,
            step=call.step,
            method=call.method,
            path=call.path,
            pods=call.pods,
            content=msgspec.Raw(msgspec.json.encode(call.content)),
        )
    )


class Courier:
    """Makes the calls of the outbox and records how each PoD fared.

    Args:
        database: The aggregator's database.
        clients: Each party's calls to the others.
    """

    def __init__(self, database: Database, clients: Mapping[str, PartyClient]) -> None:
        self._database = database
        self._clients = clients

    async def deliver(self, entry: Entry) -> None:
        """Deliver one entry.

        Raises:
            DeliveryRefused: The other party will never take it.
            PartnerUnavailable: It may take it later.
        """
        call = msgspec.json.decode(entry.body, type=SealedCall)
        client = self._clients.get(call.party)
        if client is None:
            raise DeliveryRefused(f"{call.party} is not served here.")
        send = client.put if call.method == "PUT" else client.post
        try:
            answer: Any = await send(call.path, call.content, object)
        except PartnerRefused as refusal:
            problem = refusal.fields.get("partnerProblem") or {"detail": refusal.detail}
            await self._record(call, dict.fromkeys(call.pods, problem))
            raise DeliveryRefused(refusal.detail) from refusal
        await self._record(call, _problems(call.pods, answer))

    async def _record(self, call: SealedCall, problems: Mapping[str, object]) -> None:
        columns = table.PROGRESS.c
        async with self._database.transaction() as connection:
            for pod in dict.fromkeys(call.pods):
                problem = problems.get(pod)
                change = update(table.PROGRESS).where(
                    columns.party == call.party, columns.pod_id == pod, columns.step == call.step
                )
                state = DONE if problem is None else REFUSED
                stored = None if problem is None else msgspec.json.encode(problem)
                await connection.execute(change.values(state=state, problem=stored))


def _problems(pods: Sequence[str], answer: object) -> dict[str, object]:
    """Items of a bulk call that were refused, by PoD; the answers are in the items' order."""
    results = answer.get("results", ()) if isinstance(answer, dict) else ()
    return {
        pod: result.get("problem") or {"title": "refused"}
        for pod, result in zip(pods, results, strict=False)
        if result.get("status") == REFUSED
    }
