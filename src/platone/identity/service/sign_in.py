"""Signing in: a person by name, password and one-time code, or a development one by a press."""

import re
from dataclasses import replace

from platone.identity.domain.one_time_code import matching_step
from platone.identity.domain.person import Person, RegisteredPerson
from platone.identity.domain.problem import SignInRefused
from platone.identity.records.person import PersonRecords
from platone.identity.service.guess_limit import Claim, GuessLimit
from platone.kernel.clock import Clock

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}|::1|localhost")
_HOST = re.compile(r"\[?([^\]]*?)\]?(:\d+)?")


def is_loopback(host: str) -> bool:
    """Return whether a host's name, with or without a port, is one of this machine only."""
    named = _HOST.fullmatch(host)
    return named is not None and _LOOPBACK.fullmatch(named[1]) is not None


class SignIn:
    """Lets people in.

    Args:
        people: Who there is.
        guesses: Compares passwords with their hashes, and counts wrong ones.
        clock: The machine's clock.
        by_press: Whether the server listens on this machine only, so that development people
            may sign in by a press.
    """

    def __init__(
        self,
        people: PersonRecords,
        guesses: GuessLimit,
        clock: Clock,
        *,
        by_press: bool,
    ) -> None:
        self._people = people
        self._clock = clock
        self._guesses = guesses
        self._by_press = by_press

    async def __call__(self, claim: Claim, code: str) -> Person:
        """Return the person of a name and password, whose one-time code is right where it has one.

        Raises:
            SignInRefused: It is nobody known.
            TooManyFailures: Too many wrong ones came from there.
        """
        found = await self._people.find(claim.client_id)
        kept = found.password_hash if found is not None and found.password_hash else None
        async with self._guesses.turn:
            is_right = await self._guesses.is_right(claim, kept)
        if found is None or not is_right:
            raise SignInRefused("Name, password or one-time code is wrong.")
        if not await self._has_second_factor(found, code):
            self._guesses.count(claim)
            raise SignInRefused("Name, password or one-time code is wrong.")
        return found.person

    async def _has_second_factor(self, found: RegisteredPerson, code: str) -> bool:
        if not found.second_factor:
            return True
        step = matching_step(found.second_factor, code, self._clock.now().timestamp())
        return step is not None and await self._people.use_step(found.person.name, step)

    async def pressable(self, claim: Claim, host: str) -> list[Person]:
        """Return the people that may sign in by a press: those of a server for development.

        Args:
            claim: Says where the caller is; only this machine counts.
            host: The host that the browser asks for: a foreign name that leads here is none.
        """
        if not self._by_press or not is_loopback(claim.origin) or not is_loopback(host):
            return []
        return [each.person for each in await self._people.all() if each.is_for_development]

    async def press(self, claim: Claim, host: str) -> Person:
        """Return the development person that a claim names.

        Raises:
            SignInRefused: There is none, or this is not a server for development.
        """
        for person in await self.pressable(replace(claim, secret=""), host):
            if person.name == claim.client_id:
                return person
        raise SignInRefused("Nobody signs in by a press here.")
