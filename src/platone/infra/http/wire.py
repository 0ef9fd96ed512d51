"""Bodies on the wire: msgspec decodes and encodes them, and OpenAPI shows their schemas.

Usage in a context's api::

    @router.post("/api/thing", **documented(Thing, Submission, status=201))
    async def post_thing(thing: Annotated[Thing, body(Thing)]) -> Response:
        return answer(await service.accept(thing), 201)
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from platone.kernel.errors import Kind, MalformedMessage, PlatoneError

T = TypeVar("T")

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Longest body that is read, bytes: the largest bulk messages, 100,000 measurements, fit."""
_REF = "#/components/schemas/{name}"
_FILE = {"type": "string", "format": "binary"}
_documented: dict[str, Any] = {}


class BodyTooLarge(PlatoneError):
    """The body is larger than this endpoint takes. Send it in parts."""

    slug = "body-too-large"
    title = "The body is too large"
    kind = Kind.TOO_LARGE


async def read_bounded(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read the whole body of a request.

    Raises:
        BodyTooLarge: It passes the bound; no more than the bound is ever held.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise BodyTooLarge(f"The body passes {limit} bytes.", limitBytes=limit)
    return bytes(received)


def decode(raw: bytes, kind: type[T]) -> T:
    """Decode JSON into a message.

    Raises:
        MalformedMessage: It is no JSON, or not of the form; the detail names the field.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"The body is not a valid message: {error}") from error


def body(kind: Any) -> Any:
    """Return a FastAPI dependency that gives the request's body as a message."""

    async def read(request: Request) -> Any:
        return decode(await read_bounded(request), kind)

    return Depends(read)


def answer(content: object, status: int = 200) -> Response:
    """Return a message as a JSON response."""
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), components = msgspec.json.schema_components(
        [kind], schema_hook=lambda _kind: {}, ref_template=_REF
    )
    _documented.update(components)
    return schema


def _content(message: Any, files: Sequence[str]) -> dict[str, Any]:
    """Return OpenAPI's description of a body by media type: a message, files, or nothing."""
    content = {"application/json": {"schema": _schema(message)}} if message is not None else {}
    return content | {each: {"schema": _FILE} for each in files}


def documented(
    takes: Any = None,
    gives: Any = None,
    *,
    status: int = 200,
    takes_files: Sequence[str] = (),
    gives_files: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return keyword arguments of a route, so that OpenAPI shows its body, answer and problems.

    ``takes_files`` and ``gives_files`` are media types besides that of the message.
    """
    extra: dict[str, Any] = {}
    if content := _content(takes, takes_files):
        extra["requestBody"] = {"required": True, "content": content}
    content = _content(gives, gives_files)
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": "Done", "content": content},
        "4XX": {
            "description": "A documented problem (RFC 9457)",
            "content": {"application/problem+json": {}},
        },
    }
    return {
        "openapi_extra": extra,
        "responses": responses,
        "response_model": None,
        "status_code": status,
    } | more


def install_openapi(app: FastAPI) -> None:
    """Give OpenAPI the schemas of all messages that the routes name."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
            )
            made.setdefault("components", {}).setdefault("schemas", {}).update(_documented)
            app.openapi_schema = made
        return app.openapi_schema

    replacement: Callable[[], dict[str, Any]] = schema
    app.openapi = replacement  # type: ignore[method-assign]  # FastAPI's documented way
