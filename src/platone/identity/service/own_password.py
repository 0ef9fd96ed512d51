"""A person's own password, changed by who knows the one before."""

import asyncio
from dataclasses import dataclass

from platone.identity.domain.person import Person, check_password
from platone.identity.domain.problem import PasswordTooShort
from platone.identity.records.person import PersonRecords
from platone.identity.service.guess_limit import Claim
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.sign_in import SignIn


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """Changes the password of a person that signs in for it.

    Attributes:
        sign_in: Knows the person by its name, password and code.
        people: Who there is.
        hasher: The passwords' hash.
    """

    sign_in: SignIn
    people: PersonRecords
    hasher: SecretHasher

    async def __call__(self, claim: Claim, code: str, password: str) -> Person:
        """Give a person another password, and return it; all its sign-ins end, its passkeys stay.

        Args:
            claim: Its name and present password, and where it calls from.
            code: Its one-time code, or a recovery code, where it has a second factor.
            password: The new password.

        Raises:
            PasswordTooShort: The new one is easily guessed, or is the present one.
            SignInRefused: It is nobody known.
            TooManyFailures: Too many wrong ones came from there.
        """
        check_password(claim.client_id, password)
        if password == claim.secret:
            raise PasswordTooShort("This is the password that you have.")
        person = await self.sign_in(claim, code)
        password_hash = await asyncio.to_thread(self.hasher.hashed, password)
        await self.people.change_password(person.name, password_hash, keeps_passkeys=True)
        return person
