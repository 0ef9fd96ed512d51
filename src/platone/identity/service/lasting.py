"""Callers that still count: a token alone makes nothing that outlasts it."""

from dataclasses import dataclass
from typing import Protocol

from platone.identity.domain.person import person_of
from platone.identity.records.client import ClientRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.sign_in import SignInRecords
from platone.infra.http.security import TokenInvalid


class Holder(Protocol):
    """A holder of a token, by what the token tells."""

    @property
    def client_id(self) -> str:
        """The client that it was given to."""

    @property
    def sign_in_id(self) -> str:
        """The identifier of the person's sign-in; empty where that is not told."""

    @property
    def issued_s(self) -> float:
        """The instant at which it was given, s since 1970; 0 where that is not told."""


@dataclass(frozen=True, slots=True)
class CheckLasting:
    """Checks that a caller could get its token again now.

    A token counts until its end, for minutes after its person was removed or its client's secret
    was made anew. Within them nobody shall make secrets, invitations or certificates, which last.

    Attributes:
        people: Who there is now.
        sign_ins: The sign-ins that last.
        clients: The parties' clients, and since when each has its secret.
    """

    people: PersonRecords
    sign_ins: SignInRecords
    clients: ClientRecords

    async def __call__(self, caller: Holder) -> None:
        """Check a caller.

        Raises:
            TokenInvalid: Its person or sign-in is gone, or its client has another secret since.
        """
        name = person_of(caller.client_id)
        if name:
            await self._check_person(name, caller.sign_in_id)
            return
        since_s = await self.clients.secret_since_s(caller.client_id)
        if since_s is not None and caller.issued_s < since_s:
            raise TokenInvalid("The token is of a secret that is void: ask for another one.")

    async def _check_person(self, name: str, sign_in_id: str) -> None:
        is_there = await self.people.find(name) is not None
        if not is_there or (sign_in_id and not await self.sign_ins.lasts(name, sign_in_id)):
            raise TokenInvalid("This sign-in has ended: sign in again.")
