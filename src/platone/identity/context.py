"""Identity, put together: its records, files, services and routes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from joserfc.jwk import ECKey, KeySet

from platone.identity.adapters.authority import FileAuthority
from platone.identity.api.access import access_router
from platone.identity.api.authorization import AuthorizationService, authorization_router
from platone.identity.api.certificate import certificate_router
from platone.identity.api.join import join_router
from platone.identity.api.party import change_router, party_router
from platone.identity.api.passkey import passkey_router
from platone.identity.api.password import password_router
from platone.identity.api.people import invitation_router, people_router
from platone.identity.api.second_factor import second_factor_router
from platone.identity.api.sign_in import sign_in_router
from platone.identity.api.token import CODE_GRANT, REFRESH_GRANT, TokenService, token_router
from platone.identity.domain.party import Client, Household, Party
from platone.identity.domain.passkey import domain_of
from platone.identity.records.access import AccessRecords
from platone.identity.records.certificate import CertificateRecords
from platone.identity.records.change import ChangeRecords
from platone.identity.records.client import ClientRecords
from platone.identity.records.erasure import ErasureRecords
from platone.identity.records.file import CredentialsStore, TlsStore, token_key
from platone.identity.records.invitation import InvitationRecords
from platone.identity.records.passkey import PasskeyRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.recovery_code import RecoveryCodeRecords
from platone.identity.records.sign_in import SignInRecords
from platone.identity.records.table import metadata
from platone.identity.service.authentication import Authenticate
from platone.identity.service.certificate import IssueCertificate, KeepTransportIdentity
from platone.identity.service.code import Codes
from platone.identity.service.found_parties import FoundParties
from platone.identity.service.guess_limit import Claim, GuessLimit
from platone.identity.service.invitation import Invite
from platone.identity.service.lasting import CheckLasting
from platone.identity.service.own_password import ChangeOwnPassword
from platone.identity.service.own_people import OwnPeople
from platone.identity.service.parties import ManageParties
from platone.identity.service.passkeys import Passkeys
from platone.identity.service.people import ManagePeople
from platone.identity.service.person_token import PersonTokens
from platone.identity.service.second_factor import SecondFactors
from platone.identity.service.secret_hash import SecretHasher
from platone.identity.service.service_client import ServiceClients
from platone.identity.service.sign_in import SignIn
from platone.identity.service.token import IssueToken
from platone.identity.service.web_authn import WebAuthn
from platone.identity.service.web_client import WebClient, WebClients
from platone.infra.db import Database, sqlite_url
from platone.infra.http.erasure import erasure_router
from platone.infra.http.security import Principal, TokenVerifier, caller
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.page.render import Pages
from platone.kernel.clock import SystemClock
from platone.messages.identity import ClientCredentials, TokenResponse

_DASHBOARD = "dashboard"
"""Identifier of the client by which people sign in."""
_OWNER_ONLY = 0o700
"""Mode of the folder of keys: the server's user alone."""
_PRIVATE_FILE = 0o600
"""Mode of the database, which holds hashes of secrets: the server's user alone."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """How people sign in at a server.

    Attributes:
        zone: Zone of the site, in which pages show times.
        by_press: Whether the server listens on this machine only: then development people sign
            in by a press.
        passkey_domain: Domain that passkeys are made for; empty: the host of the server's address,
            if it is a name.
    """

    zone: str = "Europe/Rome"
    by_press: bool = False
    passkey_domain: str = ""


_ENTRANCE = Entrance()
"""How people sign in where nothing is told."""


class Identity:
    """Identity of the parties: their clients, tokens and certificates.

    Tokens and certificates live on the machine's clock even where the market's is simulated:
    they protect real connections.

    Args:
        folder: The data folder; ``ca.pem`` and ``credentials.json`` are made in it.
        base_url: Where the server listens, without a slash at the end; tokens name it as issuer.
        token_s: Life of an access token, seconds.
        entrance: How people sign in.
        household: The parties that are at home here, and who is a partner.
        records: URL of the database; a file in the data folder where it is not told.

    Attributes:
        issuer: What tokens name as their issuer.
        verifier: Checks tokens; for ``app.state.token_verifier``.
        access_log: Records auditors' calls; for ``app.state.access_log``.
        change_log: Records who changed what; for ``app.state.change_log``.
        ca_file: The authority's certificate, PEM.
        credentials_file: The development clients' secrets.
        router: The routes.
        has_founded: Whether this start made development parties.
        web_client: The client by which the dashboard signs people in.
        web_secret: Its secret; void at the next start.
        on_sign_ins_ended: Called where a page of ours has ended sign-ins, so that the dashboard
            does not wait for the end of their last tokens.
    """

    def __init__(
        self,
        folder: Path,
        base_url: str,
        *,
        token_s: int = 600,
        entrance: Entrance = _ENTRANCE,
        household: Household | None = None,
        records: str | None = None,
    ) -> None:
        self._household = household or Household()
        self.issuer = base_url
        self.ca_file = folder / "ca.pem"
        self.credentials_file = folder / "credentials.json"
        self.verifier = TokenVerifier(self.issuer, self.keys)
        self.has_founded = False
        self._folder = folder
        self._token_s = token_s
        self._clock = SystemClock()
        records = records or sqlite_url(folder / "identity.db")
        self._file = folder / "identity.db" if records.startswith("sqlite") else None
        self._database = Database(records, metadata)
        self.access_log = AccessRecords(self._database, self._clock)
        self.change_log = ChangeRecords(self._database, self._clock)
        self._kept: dict[str, Callable[[], Awaitable[TlsFiles]]] = {}
        self._keeping = asyncio.Lock()
        self._tokens: IssueToken | None = None
        self._keys = KeySet([])
        self.web_client = WebClient(_DASHBOARD, f"{base_url}/signed-in")
        self._web_clients = WebClients(self.web_client)
        self.web_secret = self._web_clients.secret
        self.router = APIRouter()
        self.on_sign_ins_ended: Callable[[], None] = lambda: None
        self._assemble()
        pages = Pages(entrance.zone, "platone.identity")
        domain = entrance.passkey_domain or domain_of(base_url)
        web_authn = WebAuthn(domain, base_url) if domain else None
        self._assemble_people(pages, web_authn, by_press=entrance.by_press)
        self._assemble_parties(pages)

    def _assemble(self) -> None:
        private = self._folder / "identity"
        certificates = CertificateRecords(self._database)
        hasher = SecretHasher()
        self._clients = ClientRecords(self._database)
        self._people = PersonRecords(self._database)
        self._services = ServiceClients()
        self._authority = FileAuthority(self.ca_file, private / "ca-key.pem")
        self._found = FoundParties(
            self._clients,
            self._people,
            CredentialsStore(self.credentials_file),
            hasher,
            self._clock,
            self._household,
        )
        self._transport = KeepTransportIdentity(
            self._authority, TlsStore(private, self.ca_file), certificates, self._clock
        )
        self._known_client = Authenticate(self._clients, self._services, hasher, time.monotonic)
        issue = IssueCertificate(self._authority, certificates, self._clock, self._check_lasting())
        self._include_lasting(certificate_router(issue, "DSO"))
        self.router.include_router(access_router(self.access_log.select))
        erase = ErasureRecords(self._database, self.change_log).erase
        self.router.include_router(erasure_router("/api/identity/erasures", erase, "identity"))

    def _assemble_people(self, pages: Pages, web_authn: WebAuthn | None, *, by_press: bool) -> None:
        sign_ins = SignInRecords(self._database, self._clock)
        codes = Codes(time.monotonic)
        tokens = PersonTokens(codes, self._web_clients, self._people, sign_ins, self._clock)
        guesses = GuessLimit(SecretHasher(), time.monotonic)
        passkey_records = PasskeyRecords(self._database)
        factors = SecondFactors(
            self._people,
            RecoveryCodeRecords(self._database),
            passkey_records,
            self.change_log,
            self._clock,
            time.monotonic,
        )
        sign_in = SignIn(self._people, factors, guesses, by_press=by_press)
        passkeys = Passkeys(
            passkey_records,
            self._people,
            web_authn,
            guesses,
            self._clock,
            time.monotonic,
        )

        async def by_code(claim: Claim, form: dict[str, str]) -> TokenResponse:
            return await tokens.by_code(claim, form, self._issuer())

        async def by_refresh(claim: Claim, form: dict[str, str]) -> TokenResponse:
            return await tokens.by_refresh(claim, form, self._issuer())

        async def revoke(claim: Claim, refresh_token: str) -> None:
            await sign_ins.revoke(tokens.client(claim).client_id, refresh_token)

        service = TokenService(
            self.issuer,
            self._known_client,
            self._issue,
            {CODE_GRANT: by_code, REFRESH_GRANT: by_refresh},
            revoke,
            lambda: dict(self.keys().as_dict()),
            self._household.is_partner,
        )
        door = AuthorizationService(
            self.issuer, self._web_clients, sign_in, passkeys, codes.issue, pages
        )
        self.router.include_router(token_router(service))
        self.router.include_router(authorization_router(door))
        self.router.include_router(sign_in_router(sign_ins))
        self._include_lasting(passkey_router(passkeys))
        self._include_lasting(second_factor_router(factors))
        change_password = ChangeOwnPassword(sign_in, self._people, SecretHasher())
        self.router.include_router(
            password_router(change_password, self.change_log, pages, self.issuer, self._told_ended)
        )

    def _assemble_parties(self, pages: Pages) -> None:
        hasher, file = SecretHasher(), CredentialsStore(self.credentials_file)
        parties = ManageParties(
            self._clients,
            file,
            hasher,
            self._clock,
            self._household.elsewhere,
            self._household.residents,
            self._services.forget,
        )
        administrator = self._household.administrator
        people = ManagePeople(self._people, self._clients, hasher, self._clock)
        invitations = InvitationRecords(self._database, self._clock)
        invite = Invite(invitations, people, parties, self._clock, administrator)
        own = OwnPeople(self._people, parties, administrator)
        for router in (
            people_router(own),
            invitation_router(invite, self.issuer),
            party_router(own, administrator),
        ):
            self._include_lasting(router)
        for router in (
            change_router(self.change_log, administrator),
            join_router(invite, self.change_log, pages, self.issuer),
        ):
            self.router.include_router(router)

    def _include_lasting(self, router: APIRouter) -> None:
        """Add routes that make what outlasts a token: who calls has to be there still."""
        check = self._check_lasting()

        async def lasting(principal: Annotated[Principal, Depends(caller)]) -> None:
            await check(principal)

        self.router.include_router(router, dependencies=[Depends(lasting)])

    def _check_lasting(self) -> CheckLasting:
        sign_ins = SignInRecords(self._database, self._clock)
        return CheckLasting(self._people, sign_ins, self._clients)

    async def start(self) -> None:
        """Make what the first start makes, and read what earlier ones made.

        Raises:
            AuthorityIncomplete: The authority's files do not belong together.
            KeyFileUnsafe: Others than its owner may read a private key.
        """
        key = await asyncio.to_thread(self._open_files)
        self._tokens = IssueToken(self.issuer, key, self._clock, self._token_s)
        self._keys = KeySet([ECKey.import_key(key.as_dict(private=False))])
        await self._database.open()
        self.has_founded = await self._found(self.issuer, str(self.ca_file.absolute()))
        self._services.renew(await self._clients.parties())

    def _open_files(self) -> ECKey:
        private = self._folder / "identity"
        private.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        if self._file is not None:
            self._file.touch(mode=_PRIVATE_FILE)
        self._authority.open(self._clock.now())
        return token_key(private / "token-key.json")

    async def stop(self) -> None:
        """Close the records."""
        await self._database.close()

    def _told_ended(self) -> None:
        self.on_sign_ins_ended()

    def _issuer(self) -> IssueToken:
        if self._tokens is None:
            raise RuntimeError("identity is not started")
        return self._tokens

    def _issue(self, client: Client, audience: str) -> TokenResponse:
        return self._issuer()(client, audience=audience)

    def keys(self) -> KeySet:
        """Return the public keys that tokens are signed with."""
        return self._keys

    async def parties(self) -> list[Party]:
        """Return the parties that are at home here."""
        return await self._clients.parties()

    def service_credentials(self) -> Mapping[str, ClientCredentials]:
        """Return the embedded systems' credentials by party; void at the next start."""
        return self._services.credentials

    async def server_certificate(self, hosts: Sequence[str]) -> TlsFiles:
        """Return the server's key and certificate for host names and IP addresses."""
        return await self._keep("server", partial(self._transport.server, list(hosts)))

    async def transport_credentials(self, name: str) -> TlsFiles:
        """Return key and certificate of an MQTT identity of ours: ``access`` or ``dso``."""
        return await self._keep(name, partial(self._transport.client, name))

    async def _keep(self, name: str, keep: Callable[[], Awaitable[TlsFiles]]) -> TlsFiles:
        """Return a certificate's files, and renew it from now on; one at a time, key and all."""
        async with self._keeping:
            self._kept[name] = keep
            return await keep()

    async def renew_certificates(self) -> None:
        """Make the certificates anew that are near their end: the authority's, and those asked for.

        Raises:
            AuthorityIncomplete: The authority's files do not belong together any more.
        """
        async with self._keeping:
            await asyncio.to_thread(self._authority.open, self._clock.now())
            for keep in self._kept.values():
                await keep()
