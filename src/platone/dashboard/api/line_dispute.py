"""The disputes that pages read: beside lines, and those that wait for a visitor."""

from urllib.parse import quote

from platone.dashboard.domain.line_dispute import DisputedLines, LineDispute
from platone.dashboard.domain.trade import PaidRow, paid_rows
from platone.dashboard.service.visit import Visitor
from platone.kernel.line_version import version_of
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.dispute import Awaited, Dispute, DisputePage
from platone.messages.settlement import Settlement

DISPUTES = "/api/settlementDispute"


async def disputes_seen(visitor: Visitor) -> list[LineDispute] | None:
    """Return the newest disputes that the visitor may see; none where it sees no disputes."""
    found = await visitor.calls.seen(DISPUTES, DisputePage)
    return None if found is None else [LineDispute(each) for each in found.disputes]


async def disputed_lines(visitor: Visitor) -> DisputedLines:
    """Return the newest dispute about each line, as far as the visitor may see them."""
    return DisputedLines(each.dispute for each in await disputes_seen(visitor) or ())


async def line_of(visitor: Visitor, dispute: Dispute, zone: str) -> PaidRow | None:
    """Return the disputed line as it is settled by now; none where the visitor sees none."""
    path = f"/api/settlement/{quote(dispute.market_outcome_id, safe='')}"
    settled = await visitor.calls.seen(path, Settlement)
    if settled is None:
        return None
    name = version_of(dispute.line_id)[0]
    rows = paid_rows(settled.flexibility, MarketDay.holding(settled.start_time, zone))
    ours = (each for each in rows if each.line.line_id is not None)
    return next((each for each in ours if version_of(each.line.line_id or "")[0] == name), None)


async def disputes_to_do(visitor: Visitor) -> list[tuple[str, LineDispute]] | None:
    """Return a visitor's tasks at disputes, with these; none where it sees no disputes."""
    found = await disputes_seen(visitor)
    if found is None:
        return None
    done = [(_to_do(visitor, each), each) for each in found]
    return [(what, each) for what, each in done if what]


def _to_do(visitor: Visitor, each: LineDispute) -> str:
    """Return the task of a visitor at a dispute, in words; empty where that is for others."""
    who, follow_up = visitor.principal, each.dispute.follow_up
    if each.is_undecided:
        if who.has(Role.MARKET_OPERATOR):
            return "Decide a dispute"
        is_asked = who.has(Role.FLEXIBILITY_SERVICE_PROVIDER, Role.SYSTEM_OPERATOR)
        return "Answer a dispute" if is_asked and each.dispute.opened_by != who.party_id else ""
    if each.due is None or follow_up is None:
        return ""
    if follow_up.awaits is Awaited.READINGS and who.has(Role.METERED_DATA_ADMINISTRATOR):
        return "Correct the readings of a line whose dispute was upheld"
    if follow_up.awaits is Awaited.AMENDS and who.has(Role.FLEXIBILITY_SERVICE_PROVIDER):
        return "Amends are awaited: a dispute was upheld"
    return ""
