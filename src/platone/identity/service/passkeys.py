"""Passkeys of people: made, listed, removed, and what lets a person in."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from platone.identity.domain.passkey import MOST_PASSKEYS, Passkey, is_later
from platone.identity.domain.person import Person, RegisteredPerson, person_of
from platone.identity.domain.problem import (
    PasskeyNotPossible,
    PasskeyRefused,
    PasskeyUnknown,
    SignInRefused,
    TooManyPasskeys,
)
from platone.identity.records.passkey import PasskeyRecords
from platone.identity.records.person import PersonRecords
from platone.identity.service.challenge import Challenges, as_text
from platone.identity.service.fresh import check_fresh
from platone.identity.service.guess_limit import Claim, GuessLimit
from platone.identity.service.web_authn import WebAuthn
from platone.infra.http.security import Principal
from platone.kernel.clock import Clock
from platone.messages.passkey import PasskeyOrder

_log = logging.getLogger(__name__)
_HANDLE_BYTES = 32
"""Random bytes by which devices know a person: 64 are the most that WebAuthn has."""
_SIGN_IN = "sign-in"


class Passkeys:
    """The passkeys of a server's people.

    Args:
        records: Where they are kept.
        people: Who there is.
        web_authn: Asks devices; none where the server has no name that passkeys can be for.
        guesses: Counts failures, with those of passwords.
        clock: The machine's clock.
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(
        self,
        records: PasskeyRecords,
        people: PersonRecords,
        web_authn: WebAuthn | None,
        guesses: GuessLimit,
        clock: Clock,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._records, self._people, self._web_authn = records, people, web_authn
        self._guesses, self._clock = guesses, clock
        self._challenges = Challenges(monotonic_s)

    def question(self) -> dict[str, Any] | None:
        """Return the question to a browser for a sign-in; None where there are no passkeys."""
        if self._web_authn is None:
            return None
        return self._web_authn.request(self._challenges.issue(_SIGN_IN))

    async def sign_in(self, answer: Mapping[str, str], origin: str) -> Person:
        """Return the person whose passkey has answered, from where a browser is.

        Raises:
            SignInRefused: It is nobody's, or the answer is not good.
            TooManyFailures: Too many bad ones came from there.
        """
        claim = Claim(answer.get("passkey", "")[:200], "", origin)
        known = await self._records.find(answer.get("passkey", ""))
        self._guesses.check(claim, is_known=known is not None)
        try:
            person = await self._person(known, answer)
        except PasskeyRefused as refused:
            self._guesses.count(claim)
            raise SignInRefused("This passkey is not known here.") from refused
        return person

    async def _person(self, known: Passkey | None, answer: Mapping[str, str]) -> Person:
        if known is None or self._web_authn is None:
            raise PasskeyRefused("There is no such passkey.")
        use = self._web_authn.used(known, answer)
        if not is_later(known.counter, use.counter):
            _log.warning("a passkey of %s counts back: it may have been copied", known.person_name)
            raise PasskeyRefused("The device's counter has gone back.")
        if not self._challenges.use(use.challenge, _SIGN_IN):
            raise PasskeyRefused("The challenge was used, is too old, or not ours.")
        found = await self._people.find(known.person_name)
        if found is None or not await self._records.use(known, use.counter, self._clock.now()):
            raise PasskeyRefused("The passkey was used or removed meanwhile.")
        return found.person

    async def seen(self, caller: Principal) -> list[Passkey]:
        """Return the caller's passkeys; a client that is no person has none."""
        return await self._records.of_person(person_of(caller.client_id))

    async def is_possible(self, caller: Principal) -> bool:
        """Return whether the caller can have a passkey here."""
        name = person_of(caller.client_id)
        return self._web_authn is not None and await self._registered(name) is not None

    async def is_offered(self, caller: Principal) -> bool:
        """Return whether the caller is to be offered a passkey: it can have one, and never was."""
        name = person_of(caller.client_id)
        return await self.is_possible(caller) and not await self._records.was_offered(name)

    async def options(self, caller: Principal) -> dict[str, Any]:
        """Return the question to the caller's browser for a new passkey; now one was offered.

        Raises:
            PasskeyNotPossible: The caller is no person with a password, or the server has no name.
            TooManyPasskeys: It has as many as a person may have.
            SignInTooOld: It signed in too long ago.
        """
        name, asking = await self._changing(caller)
        known = await self._records.of_person(name)
        await self._records.note_offer(name)
        if len(known) >= MOST_PASSKEYS:
            raise TooManyPasskeys(f"{name} has {len(known)} passkeys.", most=MOST_PASSKEYS)
        handle = _handle(known)
        return asking.creation(name, handle, known, self._challenges.issue(_purpose(name, handle)))

    async def add(self, caller: Principal, order: PasskeyOrder) -> Passkey:
        """Keep the caller's new passkey, and return it.

        Raises:
            PasskeyRefused: The device's answer is not to what was asked, or was taken before.
            PasskeyNotPossible: As for :meth:`options`; so are the others.
        """
        name, asking = await self._changing(caller)
        made = asking.made(order.client_data, order.attestation)
        known = await self._records.of_person(name)
        if not self._challenges.use(made.challenge, _purpose(name, order.handle)):
            raise PasskeyRefused("The challenge was used, is too old, or was another person's.")
        if len(known) >= MOST_PASSKEYS:
            raise TooManyPasskeys(f"{name} has {len(known)} passkeys.", most=MOST_PASSKEYS)
        now = self._clock.now()
        added = Passkey(
            id=made.id,
            person_name=name,
            handle=order.handle,
            credential=made.credential,
            counter=made.counter,
            agent=order.agent,
            made=now,
            used=now,
        )
        if not await self._records.add(added):
            raise PasskeyRefused("There is a passkey of this identifier already.")
        return added

    async def remove(self, caller: Principal, identifier: str) -> Passkey:
        """Remove a passkey of the caller, and return it.

        Raises:
            PasskeyUnknown: The caller has none of this identifier.
            SignInTooOld: It signed in too long ago.
        """
        name = person_of(caller.client_id)
        if not any(each.id == identifier for each in await self._records.of_person(name)):
            raise PasskeyUnknown(f"There is no passkey {identifier[:60]} of the caller.")
        check_fresh(caller, self._clock.now())
        gone = await self._records.remove(name, identifier)
        if gone is None:
            raise PasskeyUnknown("The passkey was removed meanwhile.")
        return gone

    async def _changing(self, caller: Principal) -> tuple[str, WebAuthn]:
        name = person_of(caller.client_id)
        if self._web_authn is None:
            raise PasskeyNotPossible("This server is reached by a number: it needs a public_url.")
        if await self._registered(name) is None:
            raise PasskeyNotPossible(f"{caller.client_id} is no person with a password here.")
        check_fresh(caller, self._clock.now())
        return name, self._web_authn

    async def _registered(self, name: str) -> RegisteredPerson | None:
        found = await self._people.find(name) if name else None
        return None if found is None or found.is_for_development else found


def _handle(known: list[Passkey]) -> str:
    """Return the name that devices know a person by: one for all its passkeys."""
    return known[0].handle if known else as_text(secrets.token_bytes(_HANDLE_BYTES))


def _purpose(name: str, handle: str) -> str:
    return f"new {name} {handle}"
