"""Second factors of people: turned on and off, shown at a sign-in, and how to do without once."""

import base64
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta

from platone.identity.domain.one_time_code import matching_step
from platone.identity.domain.person import FRESH, RegisteredPerson, SecondFactor, person_of
from platone.identity.domain.problem import (
    OneTimeCodeWrong,
    SecondFactorNotAsked,
    SecondFactorNotPossible,
    SecondFactorUnknown,
    TooManyFailures,
)
from platone.identity.domain.recovery_code import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    recovery_code,
    recovery_hash,
)
from platone.identity.records.passkey import PasskeyRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.recovery_code import RecoveryCodeRecords
from platone.identity.service.failure_limit import FailureLimit
from platone.identity.service.fresh import check_fresh
from platone.infra.http.change import Change, ChangeLog
from platone.infra.http.security import Principal
from platone.kernel.clock import Clock
from platone.messages.second_factor import SecondFactorView

_log = logging.getLogger(__name__)
_SECRET_BYTES = 20
"""Length of the secret of a second factor, bytes: that of SHA-1's hash (RFC 4226 section 4)."""
_WRONG = 10
"""Wrong codes of a person in a window, wherever they come from. Three codes among a million are
right at a time: who knows the password hits one by a day's 240 guesses in less than one of 1000."""
_WINDOW_S = 3600.0
"""Length of the window in which wrong codes are counted, s."""
_ASKED = 1_000
"""Secrets that wait for their first code at most: the oldest goes first."""


def factor_secret() -> str:
    """Return a new secret of a second factor, Base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class SecondFactors:
    """The second factors of a server's people.

    Args:
        people: Who there is.
        codes: The recovery codes.
        passkeys: The passkeys, which stand for both factors; and to whom one was offered.
        log: The log of changes, which tells of a recovery code that was used.
        clock: The machine's clock.
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(
        self,
        people: PersonRecords,
        codes: RecoveryCodeRecords,
        passkeys: PasskeyRecords,
        log: ChangeLog,
        clock: Clock,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._people, self._codes, self._passkeys = people, codes, passkeys
        self._log, self._clock, self._now_s = log, clock, monotonic_s
        self._failures = FailureLimit(_WRONG, _WINDOW_S, monotonic_s)
        self._asked: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def seen(self, caller: Principal) -> SecondFactorView:
        """Return how it is with the caller's second factor."""
        name = person_of(caller.client_id)
        found = await self._registered(name)
        if found is None:
            return SecondFactorView(
                is_possible=False, is_on=False, recovery_codes=0, is_advised=False, is_offered=False
            )
        is_alone = not found.second_factor and not await self._passkeys.of_person(name)
        is_advised = is_alone and found.person.has_power
        return SecondFactorView(
            is_possible=True,
            is_on=bool(found.second_factor),
            recovery_codes=await self._codes.left(name),
            is_advised=is_advised,
            is_offered=is_advised and not await self._passkeys.was_offered(name),
        )

    async def question(self, caller: Principal) -> str:
        """Return a secret for the caller's authenticator, Base32: the same for ten minutes.

        Raises:
            SecondFactorNotPossible: The caller is no person with a password here.
            SignInTooOld: It signed in too long ago.
        """
        name = (await self._changing(caller)).person.name
        await self._passkeys.note_offer(name)
        secret, until_s = self._asked.get(name, ("", 0.0))
        if until_s <= self._now_s():
            secret = factor_secret()
            self._asked.pop(name, None)
            self._asked[name] = secret, self._now_s() + FRESH / timedelta(seconds=1)
            if len(self._asked) > _ASKED:
                self._asked.popitem(last=False)
        return secret

    async def confirm(self, caller: Principal, code: str) -> tuple[list[str], bool]:
        """Turn the caller's second factor on, by a code of the secret that it was given.

        Its other sign-ins end.

        Returns:
            The recovery codes, which nobody can read again; and whether there was one before.

        Raises:
            SecondFactorNotPossible: The caller is no person with a password here.
            SignInTooOld: It signed in too long ago.
            SecondFactorNotAsked: No secret waits for a code.
            OneTimeCodeWrong: The code is not of this secret.
            TooManyFailures: Too many were wrong.
        """
        found = await self._changing(caller)
        name = found.person.name
        secret, until_s = self._asked.get(name, ("", 0.0))
        if until_s <= self._now_s():
            raise SecondFactorNotAsked(f"No secret of {name} waits for a code: ask for one.")
        step = self._matching(name, secret, code)
        if step is None:
            raise OneTimeCodeWrong("This is not the code of this secret at this time.")
        self._asked.pop(name, None)
        codes, hashes = _recovery_codes()
        made = SecondFactor(secret, step, hashes)
        await self._people.change_second_factor(name, made, caller.sign_in_id)
        return codes, bool(found.second_factor)

    async def renew_codes(self, caller: Principal) -> tuple[list[str], int]:
        """Give the caller new recovery codes; return them, and how many were left before.

        Raises:
            SecondFactorUnknown: It has no second factor.
            SecondFactorNotPossible: It is no person with a password here.
            SignInTooOld: It signed in too long ago.
        """
        name = await self._having(caller)
        before = await self._codes.left(name)
        codes, hashes = _recovery_codes()
        await self._codes.replace(name, hashes)
        return codes, before

    async def remove(self, caller: Principal) -> None:
        """Turn the caller's second factor off; its other sign-ins end; raises as the one above."""
        name = await self._having(caller)
        await self._people.change_second_factor(name, SecondFactor(""), caller.sign_in_id)

    async def is_shown(self, found: RegisteredPerson, code: str) -> bool:
        """Return whether a person shows its second factor, if it has one: each code once.

        Raises:
            TooManyFailures: Too many codes of it were wrong.
        """
        if not found.second_factor:
            return True
        hashed = recovery_hash(code)
        if hashed is not None:
            return await self._is_recovered(found, hashed)
        name = found.person.name
        step = self._matching(name, found.second_factor, code)
        if step is None:
            return False
        return await self._people.use_step(name, step)

    async def _is_recovered(self, found: RegisteredPerson, hashed: str) -> bool:
        name = found.person.name
        if not await self._codes.use(name, hashed):
            return False
        left = await self._codes.left(name)
        before, after = {"left": str(left + 1)}, {"left": str(left)}
        party = found.person.party.party_id
        await self._log.record(
            Change(party, found.person.subject, "recoveryCodes", name, before, after)
        )
        return True

    def _matching(self, name: str, secret: str, code: str) -> int | None:
        """Return the time step of a person's code; None where it is wrong, which is counted."""
        wait_s = self._failures.wait_s(name)
        if wait_s:
            raise TooManyFailures(wait_s)
        step = matching_step(secret, code, self._clock.now().timestamp())
        if step is None:
            self._failures.count(name)
            if self._failures.wait_s(name):
                _log.warning("too many wrong one-time codes of %s: none is heard for a while", name)
        return step

    async def _changing(self, caller: Principal) -> RegisteredPerson:
        found = await self._registered(person_of(caller.client_id))
        if found is None:
            raise SecondFactorNotPossible(f"{caller.client_id} is no person with a password here.")
        check_fresh(caller, self._clock.now())
        return found

    async def _having(self, caller: Principal) -> str:
        found = await self._changing(caller)
        if not found.second_factor:
            raise SecondFactorUnknown(f"{found.person.name} has no second factor.")
        return found.person.name

    async def _registered(self, name: str) -> RegisteredPerson | None:
        found = await self._people.find(name) if name else None
        return None if found is None or found.is_for_development else found


def _recovery_codes() -> tuple[list[str], list[str]]:
    """Return new recovery codes, and their hashes."""
    codes = [recovery_code(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    return codes, [hashed for code in codes if (hashed := recovery_hash(code)) is not None]
