"""Calls to participants' endpoints, signed as Standard Webhooks are."""

import time
from pathlib import Path

from platone.infra.http.outward import OutwardCalls, OutwardFailed, OutwardRefused
from platone.market.domain.problem.webhook import WebhookNotAllowed
from platone.market.domain.webhook import sign

_OK, _NOT_OK = 200, 300
"""The statuses of success: from the first to below the second."""


class CallEndpoints:
    """The calls to participants' endpoints over TLS.

    Args:
        allow_private: Whether hosts with addresses that are not public are called.
        ca_file: Certificates of authorities that are trusted; none for the system's.
    """

    def __init__(self, *, allow_private: bool = False, ca_file: Path | None = None) -> None:
        self._calls = OutwardCalls(allow_private=allow_private, ca_file=ca_file)

    async def check(self, url: str) -> None:
        """Check that an endpoint may be called.

        Raises:
            WebhookNotAllowed: It may not.
        """
        try:
            await self._calls.check(url)
        except OutwardRefused as error:
            raise WebhookNotAllowed(str(error)) from error

    async def call(self, url: str, secret: str, identifier: str, body: bytes) -> str | None:
        """Send a message; return what went wrong, None where it was taken."""
        at_s = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(at_s),
            "webhook-signature": sign(secret, identifier, at_s, body),
        }
        try:
            status = await self._calls.post(url, headers, body)
        except (OutwardRefused, OutwardFailed) as error:
            return str(error)
        return None if _OK <= status < _NOT_OK else f"answered {status}"
