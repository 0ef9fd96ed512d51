"""Calls to addresses that others name: over TLS, to a public host, bounded, never redirected."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx

_LONGEST_S = 10.0
"""Time for one call, s: name, connection, TLS and answer; who is called stores, and works later."""
_HTTPS_PORT = 443
"""The port of https where an address names none."""


class OutwardRefused(Exception):
    """An address is not called: it is no https address of a public host."""


class OutwardFailed(Exception):
    """A call had no answer."""


def host_of(url: str) -> tuple[str, int]:
    """Return host and port of an address.

    Raises:
        OutwardRefused: It is not https, or names a user.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise OutwardRefused(f"The address cannot be read: {error}.") from error
    if parts.scheme != "https" or not host or parts.username or parts.fragment:
        raise OutwardRefused("The address is https://host[:port]/path, without a user.")
    return host, port or _HTTPS_PORT


def check_address(address: str) -> None:
    """Check that a host's address is a public one.

    Raises:
        OutwardRefused: It is not.
    """
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    if not (mapped or found).is_global or found.is_multicast:
        raise OutwardRefused("The host has an address that is not public.")


class OutwardCalls:
    """The calls over TLS to addresses that others name.

    Args:
        allow_private: Whether hosts with addresses that are not public are called.
        ca_file: Certificates of authorities that are trusted; none for the system's.
    """

    def __init__(self, *, allow_private: bool = False, ca_file: Path | None = None) -> None:
        self._allow_private = allow_private
        self._context = ssl.create_default_context(cafile=ca_file)

    async def check(self, url: str) -> None:
        """Check that an address may be called.

        Raises:
            OutwardRefused: It may not.
        """
        host, port = host_of(url)
        try:
            await self._address(host, port)
        except OSError:
            return  # a host without an address (yet) is called, and fails, later

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Send a body; return the status of the answer, of which nothing else is read.

        Raises:
            OutwardRefused: The address may not be called.
            OutwardFailed: There is no answer.
        """
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._post(url, headers, body)
        except TimeoutError as error:
            raise OutwardFailed(f"no answer within {_LONGEST_S:.0f} s") from error
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise OutwardFailed(f"{type(error).__name__}: {error}"[:200]) from error

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        host, port = host_of(url)
        address = await self._address(host, port)
        named = {"Host": host if port == _HTTPS_PORT else f"{host}:{port}"}
        # The address that was checked is the one that is called, whatever the name says next.
        where = httpx.URL(url).copy_with(host=address)
        async with (
            httpx.AsyncClient(verify=self._context, trust_env=False) as client,
            client.stream(
                "POST",
                where,
                content=body,
                headers=named | dict(headers),
                extensions={"sni_hostname": host},
            ) as answer,
        ):
            return answer.status_code

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not self._allow_private:
            for address in addresses:
                check_address(address)
        return addresses[0]
