"""The number of each HTTP request, in its answer and in the lines of the log."""

from typing import Any

from platone.infra.http.header import App, Message, Scope, Send
from platone.infra.request_number import HEADER, taken_number, working_on

_NAME = HEADER.lower().encode()


class RequestNumbers:
    """ASGI middleware that gives each request a number, or takes the caller's.

    Args:
        app: The application.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = dict(scope["headers"]).get(_NAME, b"").decode("latin-1")
        number = taken_number(shown)

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = (_NAME, number.encode())
                message["headers"] = [*message.get("headers", ()), told]
            await send(message)

        with working_on(number):
            await self._app(scope, receive, numbered)
