"""Parameters of the address, and the reader of market data."""

from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Query

from platone.infra.http.security import Principal
from platone.infra.http.wire import shown_as
from platone.market.domain.calendar import Status
from platone.market.domain.problem.query import MarketQueryMalformed
from platone.market.records.session import SessionSearch
from platone.market.service.read_market import Viewer
from platone.messages.base import Instant, MarketType, Role

T = TypeVar("T")


def viewer_of(principal: Principal) -> Viewer:
    """Return the caller as a reader of market data."""
    oversees = principal.has(Role.MARKET_OPERATOR, Role.AUDITOR)
    administers = principal.has(Role.METERED_DATA_ADMINISTRATOR)
    return Viewer(principal.party_id, oversees, administers)


def read_parameter(text: str | None, name: str, kind: Any, missing: T) -> T:
    """Return the value of a parameter of the address, or the default where it is missing.

    Raises:
        MarketQueryMalformed: It cannot be read.
    """
    if text is None:
        return missing
    try:
        found: T = msgspec.convert(text, kind, strict=kind is not int)
    except msgspec.ValidationError as error:
        raise MarketQueryMalformed(f"{name}: {error}", parameter=name) from error
    return found


async def _session_search(
    market_type: Annotated[
        str | None,
        Query(
            alias="marketType",
            description="Only sessions of this kind",
            json_schema_extra=shown_as(MarketType),
        ),
    ] = None,
    status: Annotated[
        str | None,
        Query(description="Only sessions of this state", json_schema_extra=shown_as(Status)),
    ] = None,
    from_: Annotated[
        str | None,
        Query(
            alias="from",
            description="Only sessions that deliver from this instant on or later",
            json_schema_extra=shown_as(Instant),
        ),
    ] = None,
    to: Annotated[
        str | None,
        Query(
            description="Only sessions that deliver from before this instant",
            json_schema_extra=shown_as(Instant),
        ),
    ] = None,
    text: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Only sessions with this text, in whatever letters, in identifier, outcome"
            " or state, or in the name or party of a request or offer of theirs that the caller"
            " may see",
        ),
    ] = None,
) -> SessionSearch:
    """Return the search for sessions that the parameters of the address ask for."""
    return SessionSearch(
        market_type=read_parameter(market_type, "marketType", MarketType | None, None),
        status=read_parameter(status, "status", Status | None, None),
        starts_from=read_parameter(from_, "from", Instant | None, None),
        starts_before=read_parameter(to, "to", Instant | None, None),
        text=text or None,
    )


Search = Annotated[SessionSearch, Depends(_session_search)]
"""The sessions that a caller asks for."""
