"""The routes of the operational system: handshake and events (D3.6, 3.4.4)."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Response

from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.domain.alignment import NumberedEvent
from platone.dso.domain.network_key import NetworkKey
from platone.dso.service.alignment import Align, Handshake, TakeEvents
from platone.grid.network.event import Switching, TapChange
from platone.infra.http.security import Principal
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Identifier, Instant, Message


class NetworkVersion(Message):
    """A network by identifier and version.

    Attributes:
        network_id: The network's identifier.
        version: Its version.
    """

    network_id: Identifier
    version: Identifier


class HandshakeAnswer(Message):
    """The answer to a handshake: events may come, or the whole network must come first.

    Attributes:
        status: ``aligned``, or ``networkNeeded``: PUT the network, then shake hands again.
        alignment: Identifier of the open alignment.
        in_force: The network that the platform has.
        next_sequence: Number of the next event.
    """

    status: Literal["aligned", "networkNeeded"]
    alignment: str | None
    in_force: NetworkVersion | None
    next_sequence: int | None


class SwitchingEvent(Message, tag="switching", tag_field="kind"):
    """A switching of an element; ``end`` only where one end of a line or transformer was.

    Attributes:
        sequence: Its number in the alignment, from 1.
        at: When it happened.
        element: What was switched.
        closed: Whether it is closed now.
        end: Which end of a line or transformer; none: both, or a switch.
    """

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    at: Instant
    element: Identifier
    closed: bool
    end: Literal["from", "to"] | None = None


class TapEvent(Message, tag="tap", tag_field="kind"):
    """A movement of a tap changer.

    Attributes:
        sequence: Its number in the alignment, from 1.
        at: When it happened.
        element: The transformer.
        position: The position that it has now.
    """

    sequence: Annotated[int, msgspec.Meta(ge=1)]
    at: Instant
    element: Identifier
    position: Annotated[int, msgspec.Meta(ge=-1000, le=1000)]


class Events(Message):
    """Events of an alignment, in rising order of their numbers.

    Attributes:
        alignment: Identifier of the open alignment, which the handshake gave.
        events: The events.
    """

    alignment: Identifier
    events: Annotated[
        tuple[SwitchingEvent | TapEvent, ...], msgspec.Meta(min_length=1, max_length=10_000)
    ]


class EventsAnswer(Message):
    """The answer to events: the last number stored, and the refused ones.

    Attributes:
        last_sequence: The last number that is durably stored.
        refused: Why, by number; a refused event is passed over, the others count.
    """

    last_sequence: int
    refused: dict[str, str]


def alignment_router(align: Align, take: TakeEvents, dso: str) -> APIRouter:
    """Make the routes of the alignment."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    writer = Annotated[Principal, Depends(only_dso(dso))]

    @router.post("/alignment", **documented(NetworkVersion, HandshakeAnswer))
    async def post_alignment(
        _principal: writer, version: Annotated[NetworkVersion, body(NetworkVersion)]
    ) -> Response:
        """Shake hands: the operational system says which version of the network it runs."""
        return answer(_answer(await align(NetworkKey(version.network_id, version.version))))

    @router.get("/alignment", **documented(gives=HandshakeAnswer))
    async def get_alignment(_principal: reader) -> Response:
        """Tell where the alignment with the operational system stands."""
        return answer(_answer(await align.current()))

    @router.post("/events", **documented(Events, EventsAnswer))
    async def post_events(_principal: writer, events: Annotated[Events, body(Events)]) -> Response:
        """Take events; all later calculations see the network as it is switched then.

        Numbers go on without gaps; what was stored before is passed over, so a batch whose answer
        was lost can be sent again. After a switching the PoDs are associated again.
        """
        taken = await take(events.alignment, [_numbered(each) for each in events.events])
        refused = {str(number): reason for number, reason in taken.refused.items()}
        return answer(EventsAnswer(last_sequence=taken.last_sequence, refused=refused))

    return router


def _numbered(event: SwitchingEvent | TapEvent) -> NumberedEvent:
    what: Any = (
        TapChange(event.element, event.position)
        if isinstance(event, TapEvent)
        else Switching(event.element, event.closed, event.end)
    )
    return NumberedEvent(event.sequence, event.at, what)


def _answer(handshake: Handshake) -> HandshakeAnswer:
    key = handshake.in_force
    opened = handshake.alignment if handshake.is_aligned else None
    return HandshakeAnswer(
        status="aligned" if opened else "networkNeeded",
        alignment=opened.id if opened else None,
        in_force=NetworkVersion(network_id=key.id, version=key.version) if key else None,
        next_sequence=opened.last_sequence + 1 if opened else None,
    )
