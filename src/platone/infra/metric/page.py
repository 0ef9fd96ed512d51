"""The address of the metrics, and who may read them."""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from platone.infra.http.security import TokenInvalid, TokenMissing
from platone.infra.key_file import check_private, write_private
from platone.infra.metric.figure import Measured, exposition, gathered
from platone.infra.metric.request import is_own
from platone.kernel.errors import Kind, PlatoneError

_TOKEN_BYTES = 32
"""Bytes of the token's secret: nobody guesses it."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers by which a proxy on this machine shows that somebody elsewhere calls."""


class MetricAccess(Enum):
    """The callers that may read the metrics."""

    OFF = "off"
    """Nobody."""
    LOOPBACK = "loopback"
    """Programs on the server's own machine."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    """Callers that send the token of the data folder's file."""


class MetricsClosed(PlatoneError):
    """The metrics are not for this caller: the setting `metrics` says for whom they are.

    With `loopback` they are for programs on the server's own machine that call it without a proxy,
    with `token` for who sends the content of `metrics-token` in the data folder, with `off` for
    nobody.
    """

    slug = "metrics-closed"
    title = "The metrics are not for this caller"
    kind = Kind.FORBIDDEN


class MetricGate:
    """Decides who may read the metrics.

    Args:
        access: Who may.
        file: The file of the token, made where it is needed and missing; a new one counts at once.
    """

    def __init__(self, access: MetricAccess, file: Path) -> None:
        self._access, self._file = access, file
        if access is MetricAccess.TOKEN and not file.exists():
            write_private(file, secrets.token_urlsafe(_TOKEN_BYTES).encode())

    def check(self, request: Request) -> None:
        """Check that a caller may read the metrics.

        Raises:
            MetricsClosed: They are not for this caller.
            TokenMissing, TokenInvalid: It shows no token, or another one.
        """
        if self._access is MetricAccess.TOKEN:
            self._check_token(request.headers.get("authorization", ""))
        elif self._access is MetricAccess.OFF or not _is_local(request):
            raise MetricsClosed(f"The setting `metrics` is {self._access.value}.")

    def _check_token(self, shown: str) -> None:
        kind, _, token = shown.partition(" ")
        if kind.lower() != "bearer":
            raise TokenMissing("The metrics need the token of the file metrics-token.")
        expected = b""
        if self._file.exists():
            check_private(self._file)
            expected = self._file.read_bytes().strip()
        if not expected or not hmac.compare_digest(token.strip().encode(), expected):
            raise TokenInvalid("This is not the token of the file metrics-token.")


def _is_local(request: Request) -> bool:
    """Return whether a program on this machine calls, over a socket and for nobody else."""
    if request.client is None or is_own(request.scope):
        return False
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def metric_router(
    gate: MetricGate, parts: Callable[[], Iterable[tuple[str, Measured]]]
) -> APIRouter:
    """Make the route of the metrics. It is no part of the interface that parties are told.

    Args:
        gate: Decides who may read them.
        parts: Tells the parts of the server that have figures, by name.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def get_metrics(request: Request) -> Response:
        """Tell all figures of the server in Prometheus' text format."""
        gate.check(request)
        return Response(exposition(await gathered(parts())), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router
