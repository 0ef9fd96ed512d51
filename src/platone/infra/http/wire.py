"""Bodies on the wire: msgspec decodes and encodes them, and OpenAPI shows their schemas.

Usage in a context's api::

    @router.post("/api/thing", **documented(Thing, Submission, status=201))
    async def post_thing(thing: Annotated[Thing, body(Thing)]) -> Response:
        return answer(await service.accept(thing), 201)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import Depends, Request, Response

from platone.infra.http.message_schema import MessageSchemas
from platone.infra.http.problem import tells
from platone.infra.http.turns import decode_in_turns
from platone.kernel.errors import Kind, MalformedMessage, PlatoneError
from platone.kernel.record_time import InstantOutOfRange
from platone.messages.instant import check_instants, holds_instants

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

MESSAGE_BYTES = 2 * 1024 * 1024
"""Longest body of a message about some things, bytes: decoding it holds the server for 20 ms."""
AT_ONCE_BYTES = 512 * 1024
"""Longest body that is decoded at once, bytes: some milliseconds."""
BULK_BYTES = 32 * 1024 * 1024
"""Longest body of a message of many items, bytes: the largest, 100,000 measurements, fit."""
LIMIT = "body_limit"
"""The mark of a dependency that tells OpenAPI the longest body that it reads."""
MOST_BYTES = "x-maxBytes"
"""The mark by which OpenAPI shows the longest body of a route, bytes."""
SHOWN_AS = "x-schema"
"""The mark of a parameter of the address that is read as text and described as another type."""
SCHEMAS = MessageSchemas()
"""The schemas of all messages that routes name."""
_OK = 200
_KNOWN = "It is known already: nothing was changed"
_MEANINGS = {
    201: "Taken or made now",
    202: "Begun: ask for the result later",
    204: "Done: there is nothing to answer",
}
"""The meaning of a status of success, where it is not just that the call was carried out."""


class BodyTooLarge(PlatoneError):
    """The body is larger than this endpoint takes. Send it in parts."""

    slug = "body-too-large"
    title = "The body is too large"
    kind = Kind.TOO_LARGE


async def read_bounded(request: Request, limit: int = MESSAGE_BYTES) -> bytes:
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


async def decode_checked(raw: bytes, kind: Any, look: Callable[[Any], None]) -> Any:
    """Decode JSON into a message and look at it; a long one in turns with all else that runs.

    Raises:
        MalformedMessage: It is no JSON, or not of the form; the detail names the field.
    """
    if len(raw) <= AT_ONCE_BYTES:
        message = decode(raw, kind)
        look(message)
        return message
    try:
        return await decode_in_turns(raw, kind, look)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage(f"The body is not a valid message: {error}") from error


def limited(limit: int) -> Callable[[F], F]:
    """Return a decorator of a dependency, which tells OpenAPI the longest body that it reads."""

    def mark(function: F) -> F:
        setattr(function, LIMIT, limit)
        return function

    return mark


def body(kind: Any, limit: int = MESSAGE_BYTES, *, is_itemwise: bool = False) -> Any:
    """Return a FastAPI dependency that gives the request's body as a message.

    It is decoded on the event loop, a long one in turns: in a thread it would hold up all others
    as much, since msgspec lets nobody else run. What is larger than a bulk message goes to a
    process as it came. Instants are checked here, at the door, unless each item is judged by
    itself.
    """
    may_raise = (InstantOutOfRange,) if holds_instants(kind) else ()
    look = overlook if is_itemwise else check_instants

    @tells(MalformedMessage, BodyTooLarge, *may_raise)
    @limited(limit)
    async def read(request: Request) -> Any:
        return await decode_checked(await read_bounded(request, limit), kind, look)

    return Depends(read)


def overlook(_message: object) -> None:
    """Leave a message to whoever judges its items one by one."""


def answer(content: object, status: int = 200) -> Response:
    """Return a message as a JSON response."""
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def shown_as(kind: Any) -> dict[str, Any]:
    """Return the note by which OpenAPI shows a parameter that is read as text by its type."""
    schema = SCHEMAS.of(kind)
    name = schema.get("$ref", "").rpartition("/")[2]
    told = SCHEMAS.components.get(name, schema)
    return {SHOWN_AS: {key: told[key] for key in told if key not in {"title", "description"}}}


def _content(message: Any, files: Sequence[str] | Mapping[str, str]) -> dict[str, Any]:
    """Return OpenAPI's description of a body by media type: a message, files, or nothing."""
    content = {"application/json": {"schema": SCHEMAS.of(message)}} if message is not None else {}
    return content | {each: _file(each, files) for each in files}


def _file(media_type: str, files: Sequence[str] | Mapping[str, str]) -> dict[str, Any]:
    if media_type == "application/json":  # a file of another form, which is JSON all the same
        text = files[media_type] if isinstance(files, Mapping) else ""
        return {"schema": {"type": "object"}, "example": msgspec.json.decode(text or "{}")}
    if not media_type.startswith("text/"):
        return {"schema": {"type": "string", "format": "binary"}}
    example = {"example": files[media_type]} if isinstance(files, Mapping) else {}
    return {"schema": {"type": "string"}} | example


def documented(
    takes: Any = None,
    gives: Any = None,
    *,
    status: int = 200,
    also: Mapping[int, Any] | None = None,
    limit: int | None = None,
    takes_files: Sequence[str] | Mapping[str, str] = (),
    gives_files: Sequence[str] | Mapping[str, str] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return keyword arguments of a route, so that OpenAPI shows its body and its answers.

    The problems that it answers are told in `bootstrap/route_problem.toml`.

    Args:
        takes: The message in the body.
        gives: The message in the answer.
        status: The status of the answer.
        also: Other statuses that are no problems, and the message in each; 200 beside 201: what
            was sent is known already.
        limit: Length of the longest body, bytes, where the route itself reads it.
        takes_files: Media types that the body may have besides; those of text with an example.
        gives_files: Media types that the answer may have besides, likewise.
        **more: Further arguments of the route.
    """
    extra: dict[str, Any] = {}
    if content := _content(takes, takes_files):
        extra["requestBody"] = {"required": True, "content": content}
        if limit is not None:
            extra["requestBody"][MOST_BYTES] = limit
    answers = {status: _response(_MEANINGS.get(status, "Done"), _content(gives, gives_files))}
    for other, message in (also or {}).items():
        meaning = _KNOWN if other == _OK else _MEANINGS.get(other, "Not now")
        answers[other] = _response(meaning, _content(message, ()))
    # FastAPI adds a refusal of its own form where no refusal is told
    responses = answers | {"4XX": {"description": "A problem"}}
    return {
        "openapi_extra": extra,
        "responses": responses,
        "response_model": None,
        "status_code": status,
    } | more


def _response(meaning: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"description": meaning, "content": content}
