"""The columns of files about points of delivery, devices, portfolios and the grid."""

from functools import partial

from platone.dashboard.domain.day_picture import DayCurves
from platone.dashboard.domain.history import Row
from platone.dashboard.domain.mending import mending_of
from platone.dashboard.domain.money_form import PPM_A_PERCENT
from platone.dashboard.domain.right import COLUMNS, DataRight, purpose_of
from platone.dashboard.domain.table_file import Columns
from platone.kernel.market_time import MarketDay
from platone.messages.dead_letter import DeadLetterView
from platone.messages.delivery import DeliveryAlarm, DispatchedQuarter, OpenLine
from platone.messages.grid import Alarm
from platone.messages.metering import EnrolledDevice
from platone.messages.plan import AssetShare, PodForecast
from platone.messages.portfolio import PortfolioEntry
from platone.messages.registry import PointOfDelivery

PODS: Columns[PointOfDelivery] = {
    "point_of_delivery": lambda row: row.pod_id,
    "aggregator": lambda row: row.aggregator_id,
    "customer": lambda row: row.customer_id,
    "point_of_measurement": lambda row: row.po_m_id,
    "contracted_kw": lambda row: row.pn_p,
    "contracted_feed_in_kw": lambda row: row.inp,
    "may_rise_by_kw": lambda row: row.max_flexibility and row.max_flexibility.upper_p,
    "may_fall_by_kw": lambda row: row.max_flexibility and row.max_flexibility.down_p,
}
"""Points of delivery."""

DAY: Columns[tuple[DayCurves, int]] = {
    "start_time": lambda row: row[0].day.instant(row[1]),
    "baseline_kw": lambda row: row[0].baseline_kw[row[1]],
    "may_fall_to_kw": lambda row: row[0].bound_kw(row[1], 0),
    "may_rise_to_kw": lambda row: row[0].bound_kw(row[1], 1),
    "offered_kw": lambda row: row[0].offered_kw[row[1]],
    "accepted_kw": lambda row: row[0].agreed_kw[row[1]],
    "measured_kw": lambda row: row[0].measured_kw[row[1]],
}
"""A point of delivery's day, a line for each quarter-hour."""

HISTORY: Columns[Row] = {
    "when": lambda row: row.starts,
    "drawn_kwh": lambda row: row.drawn_kwh,
    "fed_in_kwh": lambda row: row.fed_kwh,
    "most_kw": lambda row: row.most_kw,
}
"""Measured energy over a span, a line for each hour, day or month."""

DEVICES: Columns[EnrolledDevice] = {
    "device": lambda row: row.device,
    "point_of_delivery": lambda row: row.pod_id,
    "state": lambda row: row.status,
    "health": lambda row: row.health,
    "last_message_at": lambda row: row.last_message_at,
    "refused_messages": lambda row: row.refused_messages,
    "last_refused_at": lambda row: row.last_refused_at,
    "last_refusal": lambda row: row.last_refusal,
    "certificate_ends_at": lambda row: row.certificate_ends_at,
    "key_on_chain_by": lambda row: row.public_key_transaction,
}
"""Light Nodes."""

LETTERS: Columns[DeadLetterView] = {
    "number": lambda row: row.id,
    "device": lambda row: row.device,
    "problem": lambda row: row.reason,
    "why": lambda row: mending_of(row)[0],
    "detail": lambda row: row.detail,
    "came_at": lambda row: row.received_at,
    "times": lambda row: row.times,
    "state": lambda row: row.status,
    "closed_because": lambda row: row.closed_because,
    "message": lambda row: row.message,
}
"""Refused messages."""

PORTFOLIO: Columns[PortfolioEntry] = {
    "point_of_delivery": lambda row: row.entry.pod.pod_id,
    "customer": lambda row: row.entry.pod.customer_id,
    "contracted_kw": lambda row: row.entry.pod.pn_p,
    "customer_share_percent": lambda row: row.entry.customer_share_ppm / PPM_A_PERCENT,
    "penalty_eur_per_kwh": lambda row: row.entry.penalty_eur_per_kwh,
    "offered_quarter_hours": lambda row: len(row.entry.preferences),
    "progress": lambda row: "; ".join(f"{each.step}: {each.state}" for each in row.progress),
}
"""An aggregator's points of delivery."""

Sold = tuple[MarketDay, str, DispatchedQuarter]
"""A sold quarter-hour of a point of delivery, with its market day."""

DISPATCH: Columns[Sold] = {
    "start_time": lambda row: row[0].instant(row[2].index),
    "point_of_delivery": lambda row: row[1],
    "state": lambda row: row[2].state,
    "sold_change_kw": lambda row: row[2].change_kw,
    "ordered_total_kw": lambda row: row[2].ordered_kw,
    "measured_kw": lambda row: row[2].measured_kw,
    "off_by_kw": lambda row: off_by_kw(row[2]),
    "assets": lambda row: "; ".join(_share(each) for each in row[2].shares),
    "covered_by_no_asset_kw": lambda row: row[2].uncovered_kw,
}
"""The sold quarter-hours of a day, a line for each quarter-hour of a point of delivery."""

DELIVERY_ALARMS: Columns[DeliveryAlarm] = {
    "start_time": lambda row: row.start_time,
    "point_of_delivery": lambda row: row.pod_id,
    "what": lambda row: row.kind,
    "ordered_kw": lambda row: row.ordered_kw,
    "missing_kw": lambda row: row.missing_kw,
    "noticed_at": lambda row: row.noticed_at,
}
"""Deliveries in danger."""

FORECASTS: Columns[PodForecast] = {
    "point_of_delivery": lambda row: row.pod_id,
    "day": lambda row: row.day,
    "model": lambda row: row.method,
    "mean_error_kw": lambda row: row.error.mean_kw,
    "too_high_by_kw": lambda row: row.error.bias_kw,
    "deviation_kw": lambda row: row.error.deviation_kw,
    "skill_against_day_before": lambda row: row.error.skill,
    "judged_quarter_hours": lambda row: row.error.judged,
}
"""Baselines that were forecast, with their error."""

OPEN_LINES: Columns[OpenLine] = {
    "start_time": lambda row: row.start_time,
    "point_of_delivery": lambda row: row.pod_id,
    "waits_for": lambda row: row.state,
    "sold_change_kw": lambda row: row.change_p,
    "price_eur_per_kwh": lambda row: row.price_p,
    "asked_by": lambda row: row.request_player_id,
    "line": lambda row: row.line_id,
    "dispute": lambda row: row.dispute,
}
"""Trades that are not paid."""

RIGHTS: Columns[DataRight] = {
    "data": lambda row: row.name,
    "what": lambda row: row.what,
    **{column: partial(purpose_of, column) for column in COLUMNS},
}
"""The rights of roles: who sees which data, and for what."""

ALARMS: Columns[Alarm] = {
    "start_time": lambda row: row.at,
    "element": lambda row: row.element,
    "name": lambda row: row.name,
    "what": lambda row: row.kind,
    "phase": lambda row: row.phase,
    "value": lambda row: row.value,
    "limit": lambda row: row.limit,
    "unit": lambda row: row.unit,
}
"""Alarms of a day of the grid."""


def off_by_kw(quarter: DispatchedQuarter) -> float | None:
    """Return the power that was measured beyond the order, kW; none where it is not measured."""
    return None if quarter.measured_kw is None else quarter.measured_kw - quarter.ordered_kw


def _share(share: AssetShare) -> str:
    return f"{share.asset_id} {share.change_kw:g} kW"
