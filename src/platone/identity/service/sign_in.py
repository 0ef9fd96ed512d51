"""Signing in: a person by name, password and one-time code, or a development one by a press."""

import re
from dataclasses import replace

from platone.identity.domain.person import Person
from platone.identity.domain.problem import SignInRefused
from platone.identity.records.person import PersonRecords
from platone.identity.service.guess_limit import Claim, GuessLimit
from platone.identity.service.second_factor import SecondFactors

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
        factors: Their second factors.
        guesses: Compares passwords with their hashes, and counts wrong ones.
        by_press: Whether the server listens on this machine only, so that development people
            may sign in by a press.
    """

    def __init__(
        self,
        people: PersonRecords,
        factors: SecondFactors,
        guesses: GuessLimit,
        *,
        by_press: bool,
    ) -> None:
        self._people = people
        self._factors = factors
        self._guesses = guesses
        self._by_press = by_press

    async def __call__(self, claim: Claim, code: str) -> Person:
        """Return the person of a name, a password and, where it has a second factor, a code.

        Args:
            claim: Its name and password, and where it calls from.
            code: A one-time code, or a recovery code.

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
        if not await self._factors.is_shown(found, code):
            self._guesses.count(claim)
            raise SignInRefused("Name, password or one-time code is wrong.")
        return found.person

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
