"""Figures of HTTP requests: how many, with which answers, and how long they took."""

import time
from collections.abc import Sequence
from typing import Any

from prometheus_client import Counter, Histogram, Metric

from platone.infra.http.middleware import App, HttpMiddleware, Message, Scope, Send

_BOUNDS_S = (0.01, 0.05, 0.2, 1.0, 5.0, 30.0)
"""Bounds of the durations that are counted, s: a look, a message, a bulk, a calculation."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
"""Methods that are counted by name: a caller may write any word."""
_OTHER = "other"
"""The word for methods and paths that no route knows, so that no caller makes up labels."""
_LOST = "500"
"""Status of an answer that was never begun."""
_OWN = "platone.own"
"""Mark of a request of the server's own contexts, which comes without a socket."""


def own_calls(app: App) -> App:
    """Return an application whose requests are known as those of the server itself."""

    async def marked(scope: Scope, receive: Any, send: Send) -> None:
        scope[_OWN] = True
        await app(scope, receive, send)

    return marked


def is_own(scope: Scope) -> bool:
    """Return whether a request comes from the server itself."""
    return bool(scope.get(_OWN))


class RequestFigures:
    """The figures of the requests of one server."""

    def __init__(self) -> None:
        self._answers = Counter(
            "platone_http_requests",
            "Answered requests by route, method, status, and whether a context of the same "
            "server (own) or somebody else (other) has called.",
            ["route", "method", "status", "caller"],
            registry=None,
        )
        self._seconds = Histogram(
            "platone_http_request_seconds",
            "Time from a request's header to the end of its answer, s, of callers outside.",
            ["route"],
            buckets=_BOUNDS_S,
            registry=None,
        )

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        return [*self._answers.collect(), *self._seconds.collect()]

    def note(self, scope: Scope, status: str, took_s: float) -> None:
        """Count a request that was answered."""
        route = getattr(scope.get("route"), "path", _OTHER)
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        caller = "own" if is_own(scope) else "other"
        self._answers.labels(route, method, status, caller).inc()
        if not is_own(scope):
            self._seconds.labels(route).observe(took_s)


class CountRequests(HttpMiddleware):
    """ASGI middleware that counts requests.

    Args:
        app: The application.
        figures: Where they are counted.
    """

    def __init__(self, app: App, figures: RequestFigures) -> None:
        super().__init__(app)
        self._figures = figures

    async def serve(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""
        began_s, status = time.perf_counter(), _LOST

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._figures.note(scope, status, time.perf_counter() - began_s)
