"""Results of studies as messages."""

from collections.abc import Sequence
from datetime import datetime

from platone.grid.flexibility.request import FlexibilityNeed
from platone.grid.flexibility.validation import Trade, Validation
from platone.grid.network.model import Network
from platone.grid.result.state import to_alarms
from platone.grid.result.unwatched import to_unwatched
from platone.messages.grid import (
    CutReason,
    Incurable,
    Need,
    RequestCost,
    RequestRun,
    ValidatedTrade,
    ValidationRun,
)


def to_request_run(
    network: Network, need: FlexibilityNeed, instants: Sequence[datetime]
) -> RequestRun:
    """Return a request as it goes on the wire; ``instants`` by scenario."""
    left = to_alarms([each.violation for each in need.incurable], instants)
    reasons = [each.reason for each in need.incurable]
    return RequestRun(
        alarms=to_alarms(need.violations, instants),
        needs=[
            Need(
                at=instants[each.scenario],
                elements=list(each.pods),
                baseline_kw=each.baseline_kw,
                change_kw=each.change_kw,
                change_kvar=each.change_kvar,
                limit_eur_per_kwh=each.limit_eur_per_kwh,
                limit_eur_per_kvarh=each.limit_eur_per_kvarh,
            )
            for each in need.needs
        ],
        incurable=[
            Incurable(alarm=alarm, reason=reason)
            for alarm, reason in zip(left, reasons, strict=True)
        ],
        costs=[
            RequestCost(at=instants[each.scenario], asked=each.asked, least=each.least)
            for each in need.costs
        ],
        unwatched=to_unwatched(network),
    )


def to_validation_run(
    network: Network, trades: Sequence[Trade], found: Validation, instants: Sequence[datetime]
) -> ValidationRun:
    """Return a validation as it goes on the wire; ``instants`` by scenario."""
    return ValidationRun(
        trades=[
            ValidatedTrade(
                at=instants[trade.scenario],
                element=trade.pod_id,
                change_kw=trade.change_kw,
                accepted_kw=verdict.accepted_kw,
                cuts=[
                    CutReason(
                        element=cause.element,
                        kind=cause.kind,
                        value=cause.value,
                        limit=cause.limit,
                        unit=cause.unit,
                    )
                    for cause in verdict.causes
                ],
            )
            for trade, verdict in zip(trades, found.verdicts, strict=True)
        ],
        alarms=to_alarms(found.violations, instants),
        left=to_alarms(found.left, instants),
        unwatched=to_unwatched(network),
    )
