"""Security headers of every answer (OWASP's list for APIs): nothing is sniffed, framed or kept."""

from typing import Any

from platone.infra.http.middleware import HttpMiddleware, Message, Scope, Send

_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"strict-transport-security": b"max-age=31536000",
}
_NO_PAGE = {b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'"}
"""For answers that are no pages: a browser that is led to one loads and runs nothing of it."""
_PRIVATE = {b"cache-control": b"no-store"}
"""For answers to a token: no cache keeps what its next user may not see."""
_PAGE = b"text/html"


class SecurityHeaders(HttpMiddleware):
    """ASGI middleware that adds the headers an answer does not set itself.

    Args:
        app: The application.
    """

    async def serve(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve a request."""
        has_token = any(name == b"authorization" for name, _ in scope["headers"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message.get("headers", ()), has_token=has_token)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _completed(given: Any, *, has_token: bool) -> list[tuple[bytes, bytes]]:
    headers = [(bytes(name).lower(), bytes(value)) for name, value in given]
    known = dict(headers)
    wanted = dict(_ALWAYS)
    if not known.get(b"content-type", b"").startswith(_PAGE):
        wanted |= _NO_PAGE
    if has_token:
        wanted |= _PRIVATE
    return headers + [(name, value) for name, value in wanted.items() if name not in known]
