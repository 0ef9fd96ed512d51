"""Parties' REST calls to a Platone server over TLS, as any client outside would make them."""

import asyncio
import hashlib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
import msgspec

from platone.messages.identity import ClientCredentials, CredentialsFile
from platone.messages.partner import context_of

T = TypeVar("T")
PATIENCE_S = 240.0
"""Seconds to wait for what a server was asked for, before the demonstration gives up."""
_PAUSE_S = 0.4
"""Seconds between two questions: short beside what is waited for."""
_CLOCK = "/api/clock"
"""Where each server shows its clock."""
_MARKET = "/api/marketSession"
"""A path of the market's: its server is the last whose clock moves, and then all can answer it."""
_UNAUTHORIZED = 401
"""HTTP status of a call whose token has ended."""
_CLIENT_ERROR = 400
"""Least HTTP status of a call that failed."""
_CASE = "demonstration"
"""The case under which a demonstration reads as the auditor, to write its report."""
_MAY_PASS = frozenset({202, 408, 425, 429, 502, 503, 504})
"""Statuses after which the same call may work later; 202: it is still being calculated."""
_WAIT_S = 60
"""How long the server is asked to wait for a calculation, s: as long as it lets anyone wait."""


class DayFailed(Exception):
    """The day cannot go on: one sentence on what went wrong, and where."""


class CallRefused(DayFailed):
    """The server understood a call and refused it.

    Args:
        call: The call.
        status: HTTP status.
        problem: The server's answer, application/problem+json.
    """

    def __init__(self, call: str, status: int, problem: Mapping[str, Any]) -> None:
        said = problem.get("detail") or problem.get("title") or "without a reason"
        super().__init__(f"{call} was refused ({status}): {said}")
        self.status = status
        self.problem = problem


async def wait_for(what: str, probe: Callable[[], Awaitable[T | None]], limit_s: float) -> T:
    """Ask again and again until there is an answer, and return it.

    Args:
        what: What is waited for, for people.
        probe: Gives the answer, or None while there is none.
        limit_s: How long to wait at most.

    Raises:
        DayFailed: It took too long.
    """
    until_s = time.monotonic() + limit_s
    while True:
        found = await probe()
        if found is not None:
            return found
        if time.monotonic() > until_s:
            raise DayFailed(f"waited {limit_s:.0f} s in vain for {what}")
        await asyncio.sleep(_PAUSE_S / 2)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that parties call.

    Attributes:
        url: Its address.
        http: The HTTP client that trusts it.
        contexts: The contexts that run there; none: all of them.
        authority: The certificate of its authority, PEM.
    """

    url: str
    http: httpx.AsyncClient
    contexts: frozenset[str]
    authority: bytes

    def serves(self, path: str) -> bool:
        """Return whether a path leads to a context that runs here."""
        return not self.contexts or context_of(path) in self.contexts


class Party:
    """One party's calls, each with a token for the server that it goes to.

    A server that restarts is waited for; so every call may be made twice: the interfaces are
    idempotent.

    Args:
        home: The party's own server, which issues its tokens.
        servers: All servers.
        credentials: The party's client.
        patience_s: How long a server that does not answer is waited for.
    """

    def __init__(
        self,
        home: Server,
        servers: Sequence[Server],
        credentials: ClientCredentials,
        patience_s: float,
    ) -> None:
        self._home, self._servers = home, servers
        self._credentials = credentials
        self._patience_s = patience_s
        self._tokens: dict[str, str] = {}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Make a GET call, of a list for all its parts; raises as :meth:`call`."""
        found = await self.call("GET", path, params=params)
        following = found.get("next") if isinstance(found, dict) else None
        while following is not None:
            part = await self.call("GET", path, params={**(params or {}), "after": following})
            for name, items in found.items():
                if isinstance(items, list):
                    items.extend(part[name])
            following = found["next"] = part["next"]
        return found

    async def post(self, path: str, content: object) -> Any:
        """Make a POST call; raises as :meth:`call`."""
        return await self.call("POST", path, content)

    async def put(self, path: str, content: object) -> Any:
        """Make a PUT call; raises as :meth:`call`."""
        return await self.call("PUT", path, content)

    async def clock_of(self, server: Server) -> Any:
        """Return the state of a server's clock, or None where it does not answer now.

        Raises:
            CallRefused: The server says no.
        """
        return await self._clock(server, "GET", b"")

    async def move_clock_of(self, server: Server, now: str) -> None:
        """Move a server's clock to an instant, unless it does not answer; raises likewise."""
        await self._clock(server, "PUT", msgspec.json.encode({"now": now}))

    async def _clock(self, server: Server, method: str, body: bytes) -> Any:
        try:
            answer = await self._send(server, method, _CLOCK, body, None)
        except httpx.TransportError:
            return None
        if answer.status_code in _MAY_PASS or answer.status_code == _UNAUTHORIZED:
            return None
        _raise_for(answer, f"{method} {_CLOCK} of {server.url}")
        return _decoded(answer)

    async def find(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Make a GET call; return None where there is no such thing yet."""
        try:
            return await self.get(path, params)
        except CallRefused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def fetch(self, path: str) -> bytes | None:
        """Return the very bytes of an answer to GET, or None where there is none yet.

        What comes too early is waited for.

        Raises:
            CallRefused: The server says no.
            DayFailed: The server does not answer for longer than the patience.
        """
        try:
            return (await self._answer("GET", path)).content
        except CallRefused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    async def call(
        self,
        method: str,
        path: str,
        content: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Make a call and decode its JSON answer; raises as :meth:`fetch`."""
        return _decoded(await self._answer(method, path, content, params))

    async def _answer(
        self,
        method: str,
        path: str,
        content: object = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call until there is an answer.

        Raises:
            CallRefused: The server says no.
            DayFailed: The server does not answer for longer than the patience.
        """
        body = b"" if content is None else msgspec.json.encode(content)
        called = self._server_of(path)
        until_s = time.monotonic() + self._patience_s
        while True:
            try:
                answer = await self._send(called, method, path, body, params)
            except httpx.TransportError as error:
                reason = repr(error)
            else:
                if answer.status_code not in _MAY_PASS:
                    _raise_for(answer, f"{method} {path} by {self._credentials.party_id}")
                    return answer
                reason = f"status {answer.status_code}: {answer.text[:300]}"
            if time.monotonic() > until_s:
                raise DayFailed(f"{method} {path} has had no answer for too long: {reason}")
            await asyncio.sleep(_PAUSE_S)

    def _server_of(self, path: str) -> Server:
        """Return the server that serves a path: the party's own where several do."""
        servers = [self._home, *self._servers]
        return next((each for each in servers if each.serves(path)), self._home)

    async def _send(
        self,
        server: Server,
        method: str,
        path: str,
        body: bytes,
        params: Mapping[str, str] | None,
    ) -> httpx.Response:
        for _ in range(2):
            if server.url not in self._tokens:
                self._tokens[server.url] = await self._fetch_token(server)
            headers = {
                "Authorization": f"Bearer {self._tokens[server.url]}",
                "Content-Type": "application/json",
                "Audit-Case": _CASE,
                "Prefer": f"wait={_WAIT_S}",
            }
            answer = await server.http.request(
                method, path, content=body, headers=headers, params=params
            )
            if answer.status_code != _UNAUTHORIZED:
                return answer
            del self._tokens[server.url]  # it has expired
        return answer

    async def _fetch_token(self, server: Server) -> str:
        form = {"grant_type": "client_credentials"}
        if server is not self._home:
            form["resource"] = server.url
        answer = await self._home.http.post(
            "/oauth2/token",
            data=form,
            auth=(self._credentials.client_id, self._credentials.client_secret),
        )
        if answer.status_code in _MAY_PASS:
            raise httpx.ConnectError("the token endpoint is not ready")
        _raise_for(answer, "POST /oauth2/token")
        return str(_decoded(answer)["access_token"])


class Connection:
    """The servers of a market, and the parties that call them.

    Args:
        credentials_files: credentials.json of each server's first start.
        base_url: The address of a single server; those of the files where omitted.
        patience_s: How long a server that does not answer is waited for.

    Attributes:
        servers: The servers, that of the market last.
    """

    def __init__(
        self,
        credentials_files: Sequence[Path],
        base_url: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        read = [_read(each, base_url) for each in credentials_files]
        read.sort(key=lambda each: each[0].serves(_MARKET))
        self.servers = [server for server, _ in read]
        self._parties = {
            client.party_id: Party(server, self.servers, client, patience_s)
            for server, file in read
            for client in file.clients
        }
        self._with_role: dict[str, set[str]] = {}
        for _, file in read:
            for client in file.clients:
                for role in client.roles:
                    self._with_role.setdefault(role, set()).add(client.party_id)

    @property
    def mark(self) -> str:
        """Return a name that no other servers have: digits of a hash of their authorities."""
        authorities = b"".join(sorted(each.authority for each in self.servers))
        return hashlib.sha256(authorities).hexdigest()[:16]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self.servers:
            await each.http.aclose()

    def with_role(self, role: str) -> list[str]:
        """Return the parties that have a role, by name."""
        return sorted(self._with_role.get(role, ()))

    def party(self, party_id: str) -> Party:
        """Return the calls of a party.

        Raises:
            DayFailed: The credentials file has no client of it.
        """
        if party_id not in self._parties:
            raise DayFailed(f"no credentials file has a client of the party {party_id}")
        return self._parties[party_id]


def _read(credentials_file: Path, base_url: str | None) -> tuple[Server, CredentialsFile]:
    try:
        file = msgspec.json.decode(credentials_file.read_bytes(), type=CredentialsFile)
        authority = credentials_file.parent / file.ca_file
        context = ssl.create_default_context(cafile=str(authority))
        certificate = authority.read_bytes()
    except (OSError, msgspec.DecodeError) as error:
        raise DayFailed(f"{credentials_file} cannot be used: {error}") from error
    url = (base_url or file.base_url).rstrip("/")
    http = httpx.AsyncClient(base_url=url, verify=context, timeout=_WAIT_S + 30)
    return Server(url, http, frozenset(file.contexts), certificate), file


def _decoded(answer: httpx.Response) -> Any:
    return msgspec.json.decode(answer.content) if answer.content else None


def _raise_for(answer: httpx.Response, call: str) -> None:
    if answer.status_code < _CLIENT_ERROR:
        return
    try:
        problem = _decoded(answer)
    except msgspec.DecodeError:
        problem = {"detail": answer.text[:300]}
    raise CallRefused(call, answer.status_code, problem if isinstance(problem, dict) else {})
