"""Tokens of people: a code becomes a sign-in, and a sign-in gives tokens until it ends."""

from dataclasses import dataclass

from platone.identity.domain.code import answers
from platone.identity.domain.party import Client
from platone.identity.domain.person import SIGN_IN_LIFE, Person, SignedIn
from platone.identity.domain.problem import ClientUnknown, GrantInvalid
from platone.identity.records.person import PersonRecords
from platone.identity.records.sign_in import SignInRecords
from platone.identity.service.code import Codes
from platone.identity.service.guess_limit import Claim
from platone.identity.service.secret import new_secret
from platone.identity.service.token import IssueToken
from platone.identity.service.web_client import WebClient, WebClients
from platone.kernel.clock import Clock
from platone.messages.identity import TokenResponse


@dataclass(frozen=True, slots=True)
class PersonTokens:
    """Gives tokens to a client for the people that it signed in.

    Attributes:
        codes: The codes that were given out.
        clients: Which client may ask.
        people: Who there is, and with which roles, now.
        sign_ins: The sign-ins that last.
        clock: The machine's clock.
    """

    codes: Codes
    clients: WebClients
    people: PersonRecords
    sign_ins: SignInRecords
    clock: Clock

    def client(self, claim: Claim) -> WebClient:
        """Return the client of a claim.

        Raises:
            ClientUnknown: It does not sign people in, or the secret is wrong.
        """
        client = self.clients.match(claim.client_id, claim.secret)
        if client is None:
            raise ClientUnknown
        return client

    async def by_code(
        self, claim: Claim, form: dict[str, str], tokens: IssueToken
    ) -> TokenResponse:
        """Return the first tokens of a sign-in, for its code (RFC 6749 4.1.3, RFC 7636 4.5).

        Raises:
            ClientUnknown: The client is none that signs people in.
            GrantInvalid: The code is not good; where it had been used, its sign-in ends.
        """
        client, code = self.client(claim), form.get("code", "")
        found = self.codes.redeem(code)
        if found is None:
            if (stolen := self.codes.misused(code)) is not None:
                await self.sign_ins.revoke(client.client_id, stolen)
            raise GrantInvalid("The code is unknown, used or too old.")
        asked = (client.client_id, form.get("redirect_uri", ""))
        if asked != (found.client_id, found.redirect_uri):
            raise GrantInvalid("The code was given to another client or address.")
        if not answers(form.get("code_verifier", ""), found.challenge):
            raise GrantInvalid("The code_verifier is not that of the code_challenge.")
        now, refresh_token = self.clock.now(), new_secret()
        begun = SignedIn(
            new_secret()[:22], found.person.name, now, now, now + SIGN_IN_LIFE, found.agent
        )
        await self.sign_ins.add(begun, client.client_id, refresh_token)
        self.codes.remember(code, refresh_token)
        made = self._issue(client, found.person, begun, tokens)
        return _with_refresh(made, refresh_token)

    async def by_refresh(
        self, claim: Claim, form: dict[str, str], tokens: IssueToken
    ) -> TokenResponse:
        """Return a new token for a refresh token, with the roles that the person has now.

        The refresh token stays the same: its client has a secret (RFC 9700 section 2.2.2).

        Raises:
            ClientUnknown: The client is none that signs people in.
            GrantInvalid: The sign-in has ended, or the person is gone.
        """
        client, refresh_token = self.client(claim), form.get("refresh_token", "")
        begun = await self.sign_ins.find(client.client_id, refresh_token)
        found = await self.people.find(begun.person_name) if begun is not None else None
        if begun is None or found is None:
            raise GrantInvalid("This sign-in has ended.")
        return _with_refresh(self._issue(client, found.person, begun, tokens), refresh_token)

    def _issue(
        self, client: WebClient, person: Person, begun: SignedIn, tokens: IssueToken
    ) -> TokenResponse:
        by = Client(client.client_id, person.party)
        return tokens(by, person.subject, signed_in=begun)


def _with_refresh(made: TokenResponse, refresh_token: str) -> TokenResponse:
    return TokenResponse(
        access_token=made.access_token,
        token_type=made.token_type,
        expires_in=made.expires_in,
        scope=made.scope,
        refresh_token=refresh_token,
    )
