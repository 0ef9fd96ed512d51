"""Partners: servers of other parties, known by a folder of files, and the way to each of them."""

import logging
import ssl
import time
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from platone.infra.http.partner_problem import PartnerUnavailable
from platone.kernel.errors import PlatoneError
from platone.messages.partner import CONTEXTS, PartnerFile, context_of

_log = logging.getLogger(__name__)
SEVERAL = "aggregator"
"""The context of which several partners may have one each: every aggregator runs its own."""
_CONNECT_S = 10.0
"""Longest wait for a partner's handshake, s: who is away is not waited for as long as an answer."""
ANSWER_S = 120.0
"""Longest wait for a partner's answer, s: a long outcome takes its time."""
_LOOK_EVERY_S = 1.0
"""Age up to which marks of the files count while the folder itself has not changed, s: each call's
token asks who the partners are, and a file that is written in place shows in itself alone."""
_TICK_NS = 50_000_000
"""Age from which a folder's time of change counts, ns: file systems' clocks tick every 4 to 10 ms,
and what changes twice within one tick tells the same time."""


class PartnerFileInvalid(PlatoneError):
    """A partner's file cannot be used; `detail` names the file, and the field that is wrong."""

    slug = "partner-file-invalid"
    title = "The partner's file cannot be used"


@dataclass(frozen=True, slots=True, eq=False)
class Partner:
    """A partner, read from its file.

    Attributes:
        told: What the file says.
        keys: The keys of its tokens.
        tls: Trusts the authority in its file and no other.
    """

    told: PartnerFile
    keys: KeySet
    tls: ssl.SSLContext


def read_partner(file: Path) -> Partner:
    """Read a partner's file.

    Raises:
        PartnerFileInvalid: It cannot be read, or is not of the form.
    """
    try:
        told = msgspec.convert(tomllib.loads(file.read_text("utf-8")), PartnerFile)
        unknown = sorted(set(told.contexts) - set(CONTEXTS))
        if unknown:
            raise PartnerFileInvalid(f"{file}: there is no context {', '.join(unknown)}.")
        tls = ssl.create_default_context(cadata=told.authority)
        if any("d" in key for key in told.keys):
            raise PartnerFileInvalid(f"{file}: a key in it is private, which none may be.")
        return Partner(told, KeySet.import_key_set({"keys": told.keys}), tls)
    except (OSError, ValueError, JoseError, KeyError) as error:
        raise PartnerFileInvalid(f"{file} is no partner's file: {error}") from error


class Partners:
    """The partners of a server, as its folder holds them.

    A file that comes, goes or takes another's place counts at the next call; one that is written
    in place within a second.

    Args:
        folder: The folder of their files.
        url: This server's own address.
        here: The contexts that run here.
        monotonic_s: A clock that never goes back, seconds.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        here: Collection[str],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url
        self.here = frozenset(here)
        self._folder = folder
        self._now_s = monotonic_s
        self._looked: tuple[int, float] | None = None
        self._stamps: dict[str, tuple[int, int]] = {}
        self._files: dict[str, Partner | None] = {}
        self._known: dict[str, Partner] = {}

    def all(self) -> list[Partner]:
        """Return all partners, by name."""
        return list(self._current().values())

    def at(self, url: str) -> Partner | None:
        """Return the partner at an address; None where there is none."""
        return self._current().get(url)

    def home(self, path: str) -> str:
        """Return the address of the server that serves a path; empty for this one.

        Raises:
            PartnerUnavailable: It runs neither here nor at a partner.
        """
        return self.homes(path)[0]

    def homes(self, path: str) -> list[str]:
        """Return the addresses of all servers that have their own part of a path's records.

        Raises:
            PartnerUnavailable: It runs neither here nor at a partner.
        """
        context = context_of(path)
        if context == "":
            return ["", *self._current()]
        found = [""] if context in self.here else []
        if not found or context == SEVERAL:
            found += [url for url, each in self._current().items() if context in each.told.contexts]
        if not found:
            raise PartnerUnavailable(f"No partner runs {context}: add the file of one that does.")
        return found

    def _current(self) -> dict[str, Partner]:
        """Return the partners by address; files that have changed are read again."""
        changed_ns, now_s = _changed_ns(self._folder), self._now_s()
        if self._looked is not None:
            known_ns, at_s = self._looked
            if changed_ns == known_ns and now_s - at_s < _LOOK_EVERY_S:
                return self._known
        is_settled = time.time_ns() - changed_ns > _TICK_NS
        # noted as of before the look: what changes meanwhile is seen at the next call
        self._looked = (changed_ns, now_s) if is_settled else None
        found = _stamps(self._folder)
        if found != self._stamps:
            kept = {name: self._files.get(name) for name in found}
            for name in found:
                if found[name] != self._stamps.get(name):
                    kept[name] = _read_or_tell(self._folder / name)
            self._files, self._stamps = kept, found
            read = [each for each in kept.values() if each is not None]
            self._known = {each.told.url: each for each in read if each.told.url != self.url}
        return self._known


def _changed_ns(folder: Path) -> int:
    """Return when a file last came to a folder or went, ns since 1970; 0 where there is none."""
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return marks of the folder's files by name, which change when a file does."""
    try:
        files = sorted(folder.glob("*.toml"))
        return {each.name: (each.stat().st_ino, each.stat().st_mtime_ns) for each in files}
    except FileNotFoundError:  # one was taken away meanwhile: the next look sees the rest
        return {}


def _read_or_tell(file: Path) -> Partner | None:
    try:
        return read_partner(file)
    except PartnerFileInvalid as error:  # one broken file makes no other partner a stranger
        _log.error("%s", error.detail)
        return None


class PartnerTransport(httpx.AsyncBaseTransport):
    """Sends each request to whom its address belongs: a partner, over TLS, or this server itself.

    Args:
        own: The way to this server: the ASGI application, without a socket.
        partners: The partners.
    """

    def __init__(self, own: httpx.AsyncBaseTransport, partners: Partners) -> None:
        self._own = own
        self._partners = partners
        self._ways: dict[str, tuple[Partner, httpx.AsyncHTTPTransport]] = {}
        self._offsets: dict[str, float] = {}

    def clock_offsets(self) -> dict[str, float]:
        """Return how far partners' clocks were ahead of ours at their last answers, by name, s."""
        names = {each.told.name for each in self._partners.all()}
        return {name: offset for name, offset in self._offsets.items() if name in names}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on its way."""
        if _is_at(request.url, self._partners.url):
            return await self._own.handle_async_request(request)
        found = (each for each in self._partners.all() if _is_at(request.url, each.told.url))
        partner = next(found, None)
        if partner is None:
            where = f"{request.url.scheme}://{request.url.netloc.decode()}"
            raise httpx.ConnectError(f"{where} is no partner's address", request=request)
        url = partner.told.url
        if url not in self._ways or self._ways[url][0] is not partner:
            await self._close(url)
            self._ways[url] = partner, httpx.AsyncHTTPTransport(verify=partner.tls)
        request.extensions["timeout"] = _bounded(request.extensions.get("timeout", {}))
        answer = await self._ways[url][1].handle_async_request(request)
        offset_s = clock_offset_s(answer.headers.get("date", ""), datetime.now(UTC))
        if offset_s is not None:
            self._offsets[partner.told.name] = offset_s
        return answer

    async def aclose(self) -> None:
        """Close all connections."""
        for url in list(self._ways):
            await self._close(url)
        await self._own.aclose()

    async def _close(self, url: str) -> None:
        if url in self._ways:
            await self._ways.pop(url)[1].aclose()


def clock_offset_s(date: str, now: datetime) -> float | None:
    """Return how far the clock that wrote a header's date is ahead, whole s; None without one."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    if told.tzinfo is None:
        return None
    return (told - now.replace(microsecond=0)).total_seconds()


def _is_at(request_url: httpx.URL, server: str) -> bool:
    """Return whether a request goes to a server, whose address may name the usual port or not."""
    own = httpx.URL(server)
    return (own.scheme, own.netloc) == (request_url.scheme, request_url.netloc)


def _bounded(timeout: dict[str, float | None]) -> dict[str, float | None]:
    return timeout | {"connect": _CONNECT_S, "pool": ANSWER_S}
