"""The number of each HTTP request, in its answer and in the lines of the log."""

from typing import Any

from platone.infra.http.middleware import HttpMiddleware, Message, Scope, Send, shown_header
from platone.infra.request_number import HEADER, taken_number, working_on

_NAME = HEADER.lower().encode()


class RequestNumbers(HttpMiddleware):
    """ASGI middleware that gives each request a number, or takes the caller's.

    Args:
        app: The application.
    """

    async def serve(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""
        number = taken_number(shown_header(scope, _NAME))

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = (_NAME, number.encode())
                message["headers"] = [*message.get("headers", ()), told]
            await send(message)

        with working_on(number):
            await self._app(scope, receive, numbered)
