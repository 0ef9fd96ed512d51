"""The parent of each HTTP request's steps, from the header `traceparent`."""

from typing import Any

from platone.infra.http.middleware import HttpMiddleware, Scope, Send, shown_header
from platone.infra.trace.step import PARENT, following

_NAME = PARENT.encode()


class TraceParents(HttpMiddleware):
    """ASGI middleware that goes on with a caller's trace.

    Args:
        app: The application.
    """

    async def serve(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""
        with following(shown_header(scope, _NAME)):
            await self._app(scope, receive, send)
