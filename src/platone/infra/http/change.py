"""The log of changes: who changed what, from what to what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request

from platone.infra.http.security import Principal

COMMAND_LINE = "commandLine"
"""The client by which changes are told that a command made on the server's own machine."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that somebody made.

    Attributes:
        party_id: Whose party made it.
        client_id: Through which client, or which person.
        kind: The kind of thing that was changed, such as "agreement".
        subject: Which one.
        before: What it was, by field; empty where it is new.
        after: What it is now, by field; empty where it is gone.
    """

    party_id: str
    client_id: str
    kind: str
    subject: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


class ChangeLog(Protocol):
    """The log of changes; a server with identity has one in its application's state."""

    async def record(self, change: Change) -> None:
        """Record a change durably, before it is answered."""
        ...


async def record_change(
    request: Request,
    principal: Principal,
    what: tuple[str, str],
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
) -> None:
    """Record a change of a caller; a context that runs without identity keeps none.

    Args:
        request: The call.
        principal: Who calls.
        what: The kind of thing that was changed, and which one.
        before: What it was.
        after: What it is now.
    """
    log: ChangeLog | None = getattr(request.app.state, "change_log", None)
    if log is not None:
        kind, subject = what
        made = Change(
            principal.party_id, principal.client_id, kind, subject, before or {}, after or {}
        )
        await log.record(made)
