"""The outcome of one request or offer, for its own page."""

from collections.abc import Sequence
from urllib.parse import quote

from platone.dashboard.domain.sale import bought_of, times_of
from platone.dashboard.domain.trade import trade_rows
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.market import MarketSession, ServiceState, ServiceType, ServiceVersion
from platone.messages.outcome import MarketOutcome, ValidatedOutcome

_MOST = 200
"""Quarter-hours on the page: two days of them."""


async def what_came_of(
    visitor: Visitor, versions: Sequence[ServiceVersion], zone: str
) -> dict[str, object] | None:
    """Return the trades for the one version that stands; none where its session is not seen.

    Parties name theirs alike at times: where several stand, the page tells of none.

    Args:
        visitor: Who visits.
        versions: All versions of an identifier.
        zone: Zone of the market.
    """
    standing = [each for each in versions if each.state is ServiceState.STANDS]
    if len(standing) != 1:
        return None
    (version,) = standing
    calls, name = visitor.calls, quote(version.session, safe="")
    session = await calls.seen(f"/api/marketSession/{name}", MarketSession)
    if session is None:
        return None
    final = await calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
    outcome: MarketOutcome | ValidatedOutcome | None = final
    outcome = outcome or await calls.seen(f"/api/marketOutcome/{name}", MarketOutcome)
    day, service = MarketDay.holding(session.start_time, zone), version.service
    pods = outcome.flexibility if outcome is not None else []
    is_offer = service.service_type is ServiceType.OFFER
    own = (service.player_id, service.player_service_id)
    rows = [
        row
        for row in trade_rows(pods, day)
        if is_offer and (row.power.player_offer_id, row.power.player_service_id) == own
    ]
    return {
        "session": session,
        "on": day.on,
        "is_decided": outcome is not None,
        "is_final": final is not None,
        "times": times_of(service),
        "bought": None if is_offer or outcome is None else bought_of(service, pods),
        "trades": {"rows": rows[:_MOST], "count": len(rows), "left_out": max(0, len(rows) - _MOST)},
    }
