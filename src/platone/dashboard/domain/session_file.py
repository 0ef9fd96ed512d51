"""The columns of a session's sections as files: requests and offers, outcomes, settlement."""

from collections.abc import Iterable

from platone.dashboard.domain.reason import reason_in_words
from platone.dashboard.domain.table_file import Columns
from platone.dashboard.domain.trade import CheckRow, PaidRow, PointRow, ServiceRow, TradeRow
from platone.messages.market import MarketSession

Point = tuple[ServiceRow, PointRow]
"""A quarter-hour with the request or offer that it stands in."""


def points_of(rows: Iterable[ServiceRow]) -> list[Point]:
    """Return the quarter-hours of requests and offers, each a line of a file."""
    return [(row, point) for row in rows for point in row.points]


SESSIONS: Columns[MarketSession] = {
    "delivery_starts": lambda row: row.start_time,
    "hours": lambda row: row.duration,
    "kind": lambda row: row.market_type,
    "state": lambda row: row.status,
    "waits_for": lambda row: row.waiting_for,
    "gate_opens": lambda row: row.gate_opens,
    "gate_closes": lambda row: row.gate_closes,
    "trades_final_by": lambda row: row.decision_due,
    "session": lambda row: row.id,
    "market_outcome": lambda row: row.market_outcome,
}
"""The list of sessions."""

POINTS: Columns[Point] = {
    "start_time": lambda row: row[1].at,
    "kind": lambda row: row[0].service.service_type,
    "party": lambda row: row[0].service.player_id,
    "identifier": lambda row: row[0].service.player_service_id,
    "revision": lambda row: row[0].service.revision,
    "for": lambda row: row[0].target,
    "total_kw": lambda row: None if row[0].is_reactive else row[1].total,
    "price_eur_per_kwh": lambda row: None if row[0].is_reactive else row[1].price,
    "total_kvar": lambda row: row[1].total if row[0].is_reactive else None,
    "price_eur_per_kvarh": lambda row: row[1].price if row[0].is_reactive else None,
    "submitted_at": lambda row: row[0].service.submitted_at,
}
"""Requests and offers, a line for each quarter-hour."""

TRADES: Columns[TradeRow] = {
    "start_time": lambda row: row.at,
    "point_of_delivery": lambda row: row.pod,
    "change_kw": lambda row: row.power.accepted_p_change,
    "total_kw": lambda row: row.power.accepted_p_value,
    "price_eur_per_kwh": lambda row: row.power.accepted_p_price,
    "change_kvar": lambda row: row.power.accepted_q_change,
    "total_kvar": lambda row: row.power.accepted_q_value,
    "price_eur_per_kvarh": lambda row: row.power.accepted_q_price,
    "not_taken_because": lambda row: reason_in_words(row.power.rejection_type_p),
    "reactive_not_taken_because": lambda row: reason_in_words(row.power.rejection_type_q),
    "limits_of_the_grid": lambda row: row.cuts,
    "offer": lambda row: row.power.player_service_id,
    "offered_by": lambda row: row.power.player_offer_id,
    "request": lambda row: row.power.request_service_id,
    "asked_by": lambda row: row.power.player_request_id,
    "stands_or_falls_with": lambda row: row.power.linked,
}
"""A market or validated outcome, a line for each quarter-hour of an offer."""

CHECKS: Columns[CheckRow] = {
    "start_time": lambda row: row.at,
    "point_of_delivery": lambda row: row.pod,
    "the_grid_takes": lambda row: row.verdict,
    "total_the_grid_takes_kw": lambda row: row.power.accepted_p_value,
    "verdict_on_reactive_power": lambda row: row.power.accepted_q,
    "total_the_grid_takes_kvar": lambda row: row.power.accepted_q_value,
    "limits_of_the_grid": lambda row: row.cuts,
}
"""The grid's answer, a line for each quarter-hour."""

PAYMENTS: Columns[PaidRow] = {
    "start_time": lambda row: row.at,
    "point_of_delivery": lambda row: row.pod,
    "state": lambda row: row.line.status,
    "change_kw": lambda row: row.active(row.line.change_p),
    "baseline_kw": lambda row: row.active(row.line.baseline_p),
    "counted_from_kw": lambda row: row.active(row.line.reference_p),
    "measured_kw": lambda row: row.line.measured_p,
    "price_eur_per_kwh": lambda row: row.active(row.line.price_p),
    "change_kvar": lambda row: row.line.change_q,
    "baseline_kvar": lambda row: row.line.baseline_q,
    "counted_from_kvar": lambda row: row.line.reference_q,
    "measured_kvar": lambda row: row.line.measured_q,
    "price_eur_per_kvarh": lambda row: row.line.price_q,
    "reading": lambda row: row.line.quality,
    "paid_eur": lambda row: row.paid_eur,
    "penalty_eur": lambda row: row.penalty_eur,
    "customer_tokens": lambda row: row.line.customer_tokens,
    "asked_by": lambda row: row.line.request_player_id,
    "offered_by": lambda row: row.line.offer_player_id,
    "version": lambda row: row.line.version,
    "payment_proof": lambda row: row.line.line_id,
    "reading_proof": lambda row: row.line.certification_id,
}
"""The settlement, a line for each settled trade."""
