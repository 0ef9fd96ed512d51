"""Layers around an application that each see every HTTP request."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]


class HttpMiddleware(ABC):
    """ASGI middleware that looks at HTTP requests only; all else passes as it is.

    Args:
        app: The application.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request, or pass on what is none."""
        if scope["type"] == "http":
            await self.serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @abstractmethod
    async def serve(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""


def shown_header(scope: Scope, name: bytes) -> str:
    """Return the value of a request's header by its name in small letters; empty without one."""
    value: bytes = dict(scope["headers"]).get(name, b"")
    return value.decode("latin-1")
