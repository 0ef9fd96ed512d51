"""Participants' topics as a feed: JSON pages, or server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from platone.infra.http.security import TokenVerifier
from platone.infra.http.wire import answer, documented, shown_as
from platone.market.api.page import TopicPage
from platone.market.api.query import read_parameter, viewer_of
from platone.market.api.role import Told
from platone.market.service.read_market import ReadMarket, Viewer
from platone.messages.market import TopicMessage

_EVENT_STREAM = "text/event-stream"
_LAST_OFFSET = 2**62
"""Greatest offset taken: fits into 64 bits of the database."""
_LOOK_S = 0.5
"""Seconds between looks for new messages: soon enough for people, cheap for the database."""
_LOOKS_PER_SIGN_OF_LIFE = 30
"""Looks without a message after which a comment is sent: 15 s, below the patience of proxies."""
_EVENTS = {_EVENT_STREAM: 'id: 1\ndata: {"topic": "validated_outcome_ACEAE", "offset": 1, …}\n\n'}
_Offset = Annotated[
    str | None,
    Query(
        alias="after",
        description="Offset of the last message that the caller has; 0: none",
        json_schema_extra=shown_as(Annotated[int, msgspec.Meta(ge=0)]),
    ),
]
_LastEvent = Annotated[
    str, Header(alias="Last-Event-ID", description="Offset of the last event that came")
]


def topic_routes(router: APIRouter, read: ReadMarket) -> None:
    """Add the route of a participant's topics, GET /api/topics/{topic}."""

    @router.get("/api/topics/{topic}", **documented(gives=TopicPage, gives_files=_EVENTS))
    async def get_topic(
        principal: Told,
        topic: str,
        request: Request,
        offset: _Offset = None,
        resumed: _LastEvent = "",
    ) -> Response:
        """List messages of a topic of the caller's after an offset.

        With `Accept: text/event-stream` they come as server-sent events as they are published;
        `Last-Event-ID` resumes. The stream ends with its token.
        """
        viewer = viewer_of(principal)
        after = min(read_parameter(offset, "after", int, 0), _LAST_OFFSET)
        if resumed.isdecimal():
            after = max(after, int(resumed[:18]))
        messages = await read.topic(topic, after, viewer)
        if _EVENT_STREAM in request.headers.get("Accept", ""):
            verifier: TokenVerifier = request.app.state.token_verifier
            has_ended = partial(verifier.has_expired, principal)
            events = follow(read, topic, after, viewer, has_ended)
            return StreamingResponse(events, media_type=_EVENT_STREAM)
        return answer(TopicPage(messages=messages))


async def follow(
    read: ReadMarket, topic: str, after: int, viewer: Viewer, has_ended: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Yield a topic as server-sent events, until the caller's right to it has ended."""
    silent = 0
    while not has_ended():
        messages = await read.topic(topic, after, viewer)
        for message in messages:
            yield _event(message)
            after = message.offset
        silent = 0 if messages else silent + 1
        if silent % _LOOKS_PER_SIGN_OF_LIFE == 1:
            yield b": waiting\n\n"
        if not messages:
            await asyncio.sleep(_LOOK_S)


def _event(message: TopicMessage) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (message.offset, msgspec.json.encode(message))
