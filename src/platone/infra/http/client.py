"""Calls to another party's REST interface, with this party's own token."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from platone.infra.http.bulk import RefusedItem, send_items
from platone.infra.http.listing import read_whole
from platone.infra.http.partner_problem import (
    PartnerRefused,
    PartnerTooEarly,
    PartnerUnavailable,
    may_pass,
)
from platone.infra.outbox import DeliveryRefused, Entry
from platone.infra.request_number import HEADER, current_request
from platone.infra.trace.step import PARENT, current_parent
from platone.messages.identity import TokenResponse

T = TypeVar("T")

_EARLY_S = 30.0
"""How long before its end a token is renewed, s: longer than a call takes."""
_SILENCE_S = 45.0
"""Longest silence of a feed of events, s: it gives a sign of life every 15 s."""
_DATA = "data: "
"""The beginning of a line of an event that holds its content."""
_UNAUTHORIZED = 401
"""The status of a call without a token that is known."""
_TOO_EARLY = 425
"""The status of what is taken later."""
_CLIENT_ERROR = 400
"""The least status of a refusal."""


class Homes(Protocol):
    """Knows which server serves a path."""

    def home(self, path: str) -> str:
        """Return the address of the server that serves a path; empty for the caller's own."""
        ...

    def homes(self, path: str) -> list[str]:
        """Return the addresses of all servers that have their own part of a path's records."""
        ...


class OneHome:
    """One server that serves all paths."""

    def home(self, path: str) -> str:
        """Return the server's address: the caller's own."""
        del path
        return ""

    def homes(self, path: str) -> list[str]:
        """Return the server's address as the only one."""
        return [self.home(path)]


@dataclass(frozen=True, slots=True)
class _Token:
    """A token, and until when it is used by the machine's monotonic clock, s."""

    text: str
    until_s: float


class PartyClient:
    """One party's calls to others; a token for each is fetched when it is needed, and kept.

    Args:
        http: The HTTP client: bound to the ASGI application in process, or to a server's URL.
        client_id: The party's OAuth2 client.
        client_secret: Its secret; never shown or logged.
        homes: Knows which server serves a path; its own server issues the tokens for all.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        client_id: str,
        client_secret: str,
        homes: Homes | None = None,
    ) -> None:
        self._http = http
        self._client_id = client_id
        self._secret = client_secret
        self._homes = homes or OneHome()
        self._tokens: dict[str, _Token] = {}

    async def get(
        self, path: str, kind: type[T], params: Mapping[str, str | list[str]] | None = None
    ) -> T:
        """GET a message; of a list all that it has, unless `after` is asked for.

        Raises:
            PartnerUnavailable: No answer, or the other side failed.
            PartnerRefused: The other side said no.
        """

        async def read(after: str) -> T:
            asked = {**(params or {}), "after": after} if after else params
            answer = await self._send("GET", path, b"", asked)
            return msgspec.json.decode(answer.content, type=kind)

        return await (read("") if "after" in (params or {}) else read_whole(kind, read))

    async def post(self, path: str, message: object, kind: type[T], home: str | None = None) -> T:
        """POST a message and decode the answer; raises as :meth:`get`.

        Args:
            path: Where to.
            message: The message.
            kind: What the answer is.
            home: The address of the server, where each has that path for itself.
        """
        answer = await self._send("POST", path, msgspec.json.encode(message), home=home)
        return msgspec.json.decode(answer.content, type=kind)

    async def post_to_all(self, path: str, message: object, kind: type[T]) -> list[T]:
        """POST a message to each server that has its own part, also where one does not answer.

        Raises:
            PartnerUnavailable: One gave no answer; the others have it.
            PartnerRefused: One said no, likewise.
        """
        content, answers = msgspec.json.encode(message), list[T]()
        failed: PartnerUnavailable | PartnerRefused | None = None
        for home in self._homes.homes(path):
            try:
                answer = await self._send("POST", path, content, home=home)
                answers.append(msgspec.json.decode(answer.content, type=kind))
            except (PartnerUnavailable, PartnerRefused) as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return answers

    async def put(self, path: str, message: object, kind: type[T]) -> T:
        """PUT a message and decode the answer; raises as :meth:`get`."""
        answer = await self._send("PUT", path, msgspec.json.encode(message))
        return msgspec.json.decode(answer.content, type=kind)

    async def delete(self, path: str, kind: type[T]) -> T:
        """DELETE something and decode the answer; raises as :meth:`get`."""
        answer = await self._send("DELETE", path, b"")
        return msgspec.json.decode(answer.content, type=kind)

    async def events(self, path: str, after: int) -> AsyncIterator[bytes]:
        """Follow a feed of server-sent events, and yield the data of each.

        It ends when the server ends it, with the token at the latest.

        Args:
            path: The feed.
            after: The number of the last event that the caller has.

        Raises:
            PartnerUnavailable: No answer, or silence for longer than signs of life are apart.
            PartnerRefused: The other side said no.
        """
        home = self._homes.home(path)
        headers = {
            "Authorization": f"Bearer {await self._access_token(home)}",
            "Accept": "text/event-stream",
            "Last-Event-ID": str(after),
        }
        try:
            async with self._http.stream(
                "GET", home + path, headers=headers, timeout=_SILENCE_S
            ) as feed:
                if feed.status_code >= _CLIENT_ERROR:
                    await feed.aread()
                    self._tokens.pop(home, None)
                    _raise_for(feed, f"GET {path}")
                async for line in feed.aiter_lines():
                    if line.startswith(_DATA):
                        yield line.removeprefix(_DATA).encode()
        except httpx.TransportError as error:
            raise PartnerUnavailable(f"GET {path} has no answer: {error!r}") from error

    async def deliver(self, entry: Entry) -> None:
        """Deliver an outbox entry whose destination is a method and a path.

        Raises:
            DeliveryRefused: The receiver will never take it, or not all of its items.
            PartnerUnavailable: It may take it later.
        """
        refused = await self.deliver_items(entry)
        if refused:
            first = refused[0]
            raise DeliveryRefused(
                f"{len(refused)} items were refused, the first of them {first.item[:200]!r}: "
                f"{first.slug}: {first.detail}"
            )

    async def deliver_items(self, entry: Entry) -> list[RefusedItem]:
        """Deliver an outbox entry, and return those of its items that were refused for good.

        Raises:
            DeliveryRefused: The receiver will never take any of it.
            PartnerUnavailable: It may take it later.
        """
        method, _, path = entry.destination.partition(" ")

        async def send(content: bytes) -> bytes:
            return (await self._send(method, path, content)).content

        try:
            return await send_items(send, entry.body)
        except PartnerRefused as refusal:
            raise DeliveryRefused(refusal.detail) from refusal

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes,
        params: Mapping[str, str | list[str]] | None = None,
        home: str | None = None,
    ) -> httpx.Response:
        place = self._homes.home(path) if home is None else home
        request = self._http.build_request(
            method, place + path, content=content, params=_query(params)
        )
        if content:
            request.headers["Content-Type"] = "application/json"
        answer = await self._answer(request, place)
        if answer.status_code == _UNAUTHORIZED:  # the issuer may have new keys
            self._tokens.pop(place, None)
            answer = await self._answer(request, place)
        _raise_for(answer, f"{method} {path}")
        return answer

    async def _answer(self, request: httpx.Request, home: str) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {await self._access_token(home)}"
        if number := current_request():
            request.headers[HEADER] = number
        if parent := current_parent():
            request.headers[PARENT] = parent
        try:
            return await self._http.send(request)
        except httpx.TransportError as error:
            call = f"{request.method} {request.url.path}"
            raise PartnerUnavailable(f"{call} has no answer: {error!r}") from error

    async def _access_token(self, home: str) -> str:
        kept = self._tokens.get(home)
        if kept is None or time.monotonic() >= kept.until_s:
            kept = self._tokens[home] = await self._new_token(home)
        return kept.text

    async def _new_token(self, home: str) -> _Token:
        """Return a token for a server: made for it by name (RFC 8707), where it is a partner's."""
        form = {"grant_type": "client_credentials"} | ({"resource": home} if home else {})
        try:
            answer = await self._http.post(
                "/oauth2/token", data=form, auth=(self._client_id, self._secret)
            )
        except httpx.TransportError as error:
            raise PartnerUnavailable("The token endpoint has no answer.") from error
        _raise_for(answer, "POST /oauth2/token")
        token = msgspec.json.decode(answer.content, type=TokenResponse)
        return _Token(token.access_token, time.monotonic() + token.expires_in - _EARLY_S)


def _query(params: Mapping[str, str | list[str]] | None) -> Any:
    return dict(params) if params else None


def _raise_for(answer: httpx.Response, call: str) -> None:
    status = answer.status_code
    if status < _CLIENT_ERROR:
        return
    if may_pass(status) and status != _TOO_EARLY:
        raise PartnerUnavailable(f"{call} answered {status}.")
    try:
        problem = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        problem = {}
    said = problem.get("detail", "") if isinstance(problem, dict) else ""
    told = f"{call} answered {status}: {said}"
    if status == _TOO_EARLY:
        raise PartnerTooEarly(told, partnerProblem=problem)
    raise PartnerRefused(told, status=status, partnerProblem=problem)
