"""Records that a page proposes to verify."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.dashboard.domain.trade import paid_rows
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import CertificationState
from platone.messages.registry import Measurement
from platone.messages.settlement import FlexibilitySettlement

_MOST = 3
"""Examples of each kind: enough to see that there are several."""
_CONFIRMED = "CONFIRMED"
"""The status of a record whose root stands on the chain."""


@dataclass(frozen=True, slots=True)
class ProofExample:
    """A record whose proof a visitor may open.

    Attributes:
        kind: "payment" or "reading".
        at: The quarter-hour that it is about.
        pod: Its point of delivery.
        id: Its identifier.
        owner: The party that had it certified; empty for a payment, whose identifier is its own.
    """

    kind: str
    at: datetime
    pod: str
    id: str
    owner: str = ""


def paid_lines(flexibility: Sequence[FlexibilitySettlement], day: MarketDay) -> list[ProofExample]:
    """Return the latest lines of a settlement that were paid.

    Args:
        flexibility: The settlement's lines.
        day: Its market day.
    """
    found = [
        ProofExample("payment", row.at, row.pod, row.line.line_id)
        for row in paid_rows(flexibility, day)
        if row.line.line_id
    ]
    return list(reversed(found))[:_MOST]


def certified_readings(
    measured: Iterable[Measurement], states: Iterable[CertificationState]
) -> list[ProofExample]:
    """Return the latest readings that are certified, one of each record.

    Args:
        measured: The readings.
        states: The states of those that the visitor may see.
    """
    owners = {each.id: each.owner for each in states if each.status == _CONFIRMED}
    found: dict[str, ProofExample] = {}
    for each in sorted(measured, key=lambda one: (one.start_time, one.pod_id), reverse=True):
        name = each.certification_id
        if name in owners and name not in found:
            found[name] = ProofExample("reading", each.start_time, each.pod_id, name, owners[name])
    return list(found.values())[:_MOST]
