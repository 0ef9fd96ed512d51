"""Calls to the contexts' REST interfaces in a person's name."""

from collections.abc import Mapping
from typing import TypeVar

import httpx
import msgspec

from platone.dashboard.domain.problem import CallRefused, StillCalculated
from platone.infra.http.health import ServerHealth
from platone.infra.http.job import JobStatus
from platone.infra.http.listing import read_whole, read_whole_text
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.security import CASE_HEADER
from platone.messages.base import Submissions

T = TypeVar("T")

_CLIENT_ERROR = 400
_NOTHING_THERE = frozenset({403, 404})
"""Statuses of what a person may not see, or what is not there: a page leaves that part out."""
_REFUSED = 422
"""The status that stands for an item that was refused among others."""
_ACCEPTED = 202
"""The status of an answer that is still calculated."""
_JSON = {"Content-Type": "application/json"}
_LATER = {"Prefer": "respond-async"}
"""The header by which a calculation's job is answered at once (RFC 7240)."""

Query = Mapping[str, str | list[str]]


class PersonCalls:
    """A person's calls: with its own token, so that it sees what REST would give it.

    Args:
        http: The HTTP client, bound to the ASGI application in process.
        token: The person's access token; empty for nobody, who sees what is open to all.
        case: The case that an auditor looks into; empty for none.
    """

    def __init__(self, http: httpx.AsyncClient, token: str, case: str = "") -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        if case:
            self._headers[CASE_HEADER] = case

    async def get(self, path: str, kind: type[T], query: Query | None = None) -> T:
        """GET a message; of a list all that it has, unless `after` is asked for.

        Raises:
            CallRefused: The context said no.
            PartnerUnavailable: It does not answer.
        """

        async def read(after: str) -> T:
            asked = {**(query or {}), "after": after} if after else query
            answer = await self.fetch(path, asked)
            return msgspec.json.decode(answer.content, type=kind)

        return await (read("") if "after" in (query or {}) else read_whole(kind, read))

    async def whole(self, path: str, query: Query) -> bytes:
        """GET an answer as REST gives it, of a list all that it has; raises as :meth:`fetch`."""

        async def read(after: str) -> bytes:
            asked = {**query, "after": after} if after else query
            return (await self.fetch(path, asked)).content

        return await read_whole_text(read)

    async def seen(self, path: str, kind: type[T], query: Query | None = None) -> T | None:
        """GET a message; None where the person may not see it, or there is none."""
        try:
            return await self.get(path, kind, query)
        except CallRefused as refused:
            if refused.status in _NOTHING_THERE and refused.told_slug != "case-missing":
                return None
            raise

    async def health(self) -> ServerHealth:
        """Return the health of the server, also where it does not do all its work."""
        try:
            answer = await self._http.get("/health")
        except httpx.TransportError as error:
            raise PartnerUnavailable(f"GET /health has no answer: {error!r}") from error
        return msgspec.json.decode(answer.content, type=ServerHealth)

    async def fetch(
        self,
        path: str,
        query: Query | None = None,
        accept: str = "application/json",
        patience_s: int | None = None,
    ) -> httpx.Response:
        """GET an answer of any form; raises as :meth:`get`.

        Args:
            path: Of the route.
            query: Of the call.
            accept: The media type that is wanted.
            patience_s: How long to wait for what is calculated, s; as long as the route says, else.

        Raises:
            StillCalculated: It takes longer than that.
        """
        waits = {} if patience_s is None else {"Prefer": f"wait={patience_s}"}
        answer = await self._send("GET", path, None, query, {"Accept": accept} | waits)
        if answer.status_code == _ACCEPTED:
            job = msgspec.json.decode(answer.content, type=JobStatus)
            raise StillCalculated(job.id)
        return answer

    async def send(self, method: str, path: str, message: object = None) -> None:
        """Send a message, or nothing but the call; raises as :meth:`get`."""
        content = None if message is None else msgspec.json.encode(message)
        await self._send(method, path, content, None, _JSON if content is not None else {})

    async def make(self, path: str, kind: type[T], message: object = None) -> T:
        """POST a message, and return what was made of it; raises as :meth:`get`."""
        content = None if message is None else msgspec.json.encode(message)
        answer = await self._send("POST", path, content, None, _JSON if content is not None else {})
        return msgspec.json.decode(answer.content, type=kind)

    async def begin(self, path: str, message: object) -> JobStatus:
        """POST a question that is calculated later, and return its job; raises as :meth:`get`."""
        content = msgspec.json.encode(message)
        answer = await self._send("POST", path, content, None, _JSON | _LATER)
        return msgspec.json.decode(answer.content, type=JobStatus)

    async def submit(self, path: str, message: object) -> None:
        """POST items, each of which has its own answer; raises also where one is refused."""
        content = msgspec.json.encode(message)
        answer = await self._send("POST", path, content, None, _JSON)
        told = msgspec.json.decode(answer.content, type=Submissions)
        for each in told.results:
            if each.problem is not None:
                raise CallRefused(_REFUSED, each.problem)

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        query: Query | None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        try:
            answer = await self._http.request(
                method,
                path,
                content=content,
                params=dict(query) if query else None,
                headers=self._headers | dict(headers),
            )
        except httpx.TransportError as error:
            raise PartnerUnavailable(f"{method} {path} has no answer: {error!r}") from error
        if answer.status_code >= _CLIENT_ERROR:
            raise CallRefused(answer.status_code, _told(answer))
        return answer


def _told(answer: httpx.Response) -> Mapping[str, object]:
    try:
        told = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}
