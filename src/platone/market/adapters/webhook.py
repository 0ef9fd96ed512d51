"""Calls to participants' endpoints: over TLS, to a public address, bounded, never redirected."""

import asyncio
import socket
import ssl
import time
from pathlib import Path

import httpx

from platone.kernel.errors import PlatoneError
from platone.market.domain.webhook import check_address, host_of, sign

_LONGEST_S = 10.0
"""Time for one call, s: name, connection, TLS and answer; an endpoint stores, and works later."""
_OK, _NOT_OK = 200, 300
"""The statuses of success: from the first to below the second."""


class CallEndpoints:
    """The calls to participants' endpoints over TLS.

    Args:
        allow_private: Whether hosts with addresses that are not public are called.
        ca_file: Certificates of authorities that are trusted; none for the system's.
    """

    def __init__(self, *, allow_private: bool = False, ca_file: Path | None = None) -> None:
        self._allow_private = allow_private
        self._context = ssl.create_default_context(cafile=ca_file)

    async def check(self, url: str) -> None:
        """Check that an endpoint may be called.

        Raises:
            WebhookNotAllowed: It may not.
        """
        host, port = host_of(url)
        try:
            await self._address(host, port)
        except OSError:
            return  # a host without an address (yet) is called, and fails, later

    async def call(self, url: str, secret: str, identifier: str, body: bytes) -> str | None:
        """Send a message; return what went wrong, None where it was taken."""
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._call(url, secret, identifier, body)
        except TimeoutError:
            return f"no answer within {_LONGEST_S:.0f} s"
        except PlatoneError as error:
            return error.detail
        except (httpx.HTTPError, OSError, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:200]

    async def _call(self, url: str, secret: str, identifier: str, body: bytes) -> str | None:
        host, port = host_of(url)
        address = await self._address(host, port)
        at_s = int(time.time())
        headers = {
            "Host": host if port == 443 else f"{host}:{port}",  # noqa: PLR2004 - of https
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(at_s),
            "webhook-signature": sign(secret, identifier, at_s, body),
        }
        # The address that was checked is the one that is called, whatever the name says next.
        where = httpx.URL(url).copy_with(host=address)
        async with (
            httpx.AsyncClient(verify=self._context, trust_env=False) as client,
            client.stream(
                "POST", where, content=body, headers=headers, extensions={"sni_hostname": host}
            ) as answer,
        ):  # whatever it says is not read
            status = answer.status_code
        return None if _OK <= status < _NOT_OK else f"answered {status}"

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not self._allow_private:
            for address in addresses:
                check_address(address)
        return addresses[0]
