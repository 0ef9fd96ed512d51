"""Parameters of the address, and the reader of market data."""

from typing import Any, TypeVar

import msgspec
from fastapi import Request

from platone.infra.http.security import Principal
from platone.market.domain.calendar import Status
from platone.market.domain.problem import MarketQueryMalformed
from platone.market.records.session import SessionSearch
from platone.market.service.read_market import Viewer
from platone.messages.base import Instant, MarketType, Role

T = TypeVar("T")

_MOST_SESSIONS = 5000
"""Sessions in one answer: about two years of them, 1.5 MB of JSON."""


def viewer_of(principal: Principal) -> Viewer:
    """Return the caller as a reader of market data."""
    oversees = principal.has(Role.MARKET_OPERATOR, Role.AUDITOR)
    return Viewer(principal.party_id, oversees)


def parameter(request: Request, name: str, kind: Any, missing: T) -> T:
    """Return a parameter of the address, or the default where it is missing.

    Raises:
        MarketQueryMalformed: It cannot be read.
    """
    text = request.query_params.get(name)
    if text is None:
        return missing
    try:
        found: T = msgspec.convert(text, kind, strict=kind is not int)
    except msgspec.ValidationError as error:
        raise MarketQueryMalformed(f"{name}: {error}", parameter=name) from error
    return found


def session_search(request: Request) -> SessionSearch:
    """Return the search for sessions that the parameters of the address ask for."""
    limit = parameter(request, "limit", int, 1000)
    return SessionSearch(
        market_type=parameter(request, "marketType", MarketType | None, None),
        status=parameter(request, "status", Status | None, None),
        starts_from=parameter(request, "from", Instant | None, None),
        starts_before=parameter(request, "to", Instant | None, None),
        limit=max(1, min(limit, _MOST_SESSIONS)),
    )
