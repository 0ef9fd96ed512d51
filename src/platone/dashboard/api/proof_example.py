"""Records whose proofs a visitor may open, to begin with: the latest that REST shows it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from platone.dashboard.domain.first_day import last_paid
from platone.dashboard.domain.proof_example import ProofExample, certified_readings, paid_lines
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.base import Role
from platone.messages.ledger import CertificationStates
from platone.messages.market import MarketSessionPage
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import Measurement, MeasurementBatch, PodPage
from platone.messages.settlement import Settlement

_LOOKED_BACK = timedelta(days=31)
"""How far back payments are looked for."""
_SPANS = (timedelta(hours=1), timedelta(days=1), _LOOKED_BACK)
"""How far back readings are looked for, until there are some."""
_PODS = "5"
"""Points of delivery whose readings are looked at."""
_STATES = 200
"""Records whose states the ledger tells at once."""


async def proof_examples(visitor: Visitor, zone: str) -> list[ProofExample] | None:
    """Return some records whose proofs a visitor may open; an empty list where it may open none.

    Of an auditor every look is recorded with its case: nothing is read for it unasked, and none is
    proposed.

    Args:
        visitor: Who visits.
        zone: Zone of the site.
    """
    if visitor.principal.has(Role.AUDITOR):
        return None
    now = (await visitor.calls.get("/api/clock", ClockState)).now
    payments = await _payments(visitor, now, zone)
    return [*payments, *await _readings(visitor, now, payments)]


async def _payments(visitor: Visitor, now: datetime, zone: str) -> list[ProofExample]:
    span = {"from": (now - _LOOKED_BACK).isoformat(), "to": now.isoformat()}
    found = await visitor.calls.seen("/api/marketSession", MarketSessionPage, span)
    session = last_paid(found.sessions if found is not None else ())
    if session is None:
        return []
    name = quote(session.id, safe="")
    final = await visitor.calls.seen(f"/api/validatedOutcome/{name}", ValidatedOutcome)
    if final is None:
        return []
    path = f"/api/settlement/{quote(final.market_outcome, safe='')}"
    settled = await visitor.calls.seen(path, Settlement)
    if settled is None:
        return []
    return paid_lines(settled.flexibility, MarketDay.holding(session.start_time, zone))


async def _readings(
    visitor: Visitor, now: datetime, payments: Sequence[ProofExample]
) -> list[ProofExample]:
    """Return readings: those that payments rest on, or else the newest of some meters."""
    measured: Sequence[Measurement] = ()
    if payments:
        at, pods = payments[0].at, sorted({each.pod for each in payments})
        measured = await _measured(visitor, pods, at, at + QUARTER_HOUR)
    else:
        part = {"after": "", "limit": _PODS}  # of a list of all, one part is enough
        found = await visitor.calls.seen("/api/scd/pods", PodPage, part)
        pods = [each.pod_id for each in found.pods] if found is not None else []
        for back in _SPANS if pods else ():
            if measured := await _measured(visitor, pods, now - back, now):
                break
    names = sorted({each.certification_id for each in measured})[-_STATES:]
    if not names:
        return []
    path = "/api/certification/states"
    states = await visitor.calls.get(path, CertificationStates, {"id": names})
    return certified_readings(measured, states.states)


async def _measured(
    visitor: Visitor, pods: list[str], first: datetime, end: datetime
) -> Sequence[Measurement]:
    asked: dict[str, str | list[str]] = {
        "podId": pods,
        "from": first.isoformat(),
        "to": end.isoformat(),
    }
    found = await visitor.calls.seen("/api/scd/measurements", MeasurementBatch, asked)
    return found.measurements if found is not None else ()
