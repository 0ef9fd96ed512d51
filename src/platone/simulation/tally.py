"""The sums of a day that indicators are made of: hours, energies and money; days add up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flow.state import Flow
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.market.domain.rejection import Rejection
from platone.messages.market import ServiceType
from platone.simulation.day import PlayedDay
from platone.simulation.operator import DSO, broken_elements
from platone.simulation.portfolio import SimulatedPod
from platone.simulation.session import HeldSession

_PERCENT = 100.0
"""Percent in one."""
_ATTO = 10**18
"""1e-18 EUR in a euro."""
_MICRO_KWH = 1_000_000
"""Millionths of a kWh in one, as the ledger counts energy."""


@dataclass(slots=True, kw_only=True)
class Earning:
    """The offers and earnings of a kind of seller.

    Attributes:
        offered_kwh: Energy offered the day ahead.
        profit_eur: Payments less penalties and the least prices of what they really changed.
    """

    offered_kwh: float = 0.0
    profit_eur: float = 0.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """Sums over quarter-hours, points of delivery and lines; h, kWh, and 1e-18 EUR.

    Attributes:
        days: Market days.
        congested_h: Hours in which a limit would break without any activation.
        found_h: Those of them that the DSO foresaw.
        false_h: Hours that it foresaw in vain.
        solved_h: Congested hours in which no limit broke as it was delivered.
        left_h: Congested hours in which one did.
        caused_h: Hours in which one broke that would not have.
        elements_before_h: Congested hours, by element, without any activation.
        elements_after_h: The same as it was delivered.
        overload_before: Excess of the worst element by hour, percent of its limit times hours.
        overload_after: The same as it was delivered.
        dso_asked_kwh: Energy that the DSO asked for, without sign.
        tso_asked_kwh: The same of the TSO.
        within_reach_kwh: Energy offered to groups as the DSO asked: direction and quarter-hour.
        offered_kwh: Energy offered the day ahead.
        cleared_kwh: Energy of market outcomes.
        dso_ordered_kwh: Energy of validated trades that the DSO pays.
        tso_ordered_kwh: The same of the TSO.
        delivered_kwh: Delivered energy, by the settlement rule.
        missing_kwh: Ordered and not delivered.
        dso_paid: Payments for delivered energy that the DSO asked for, 1e-18 EUR.
        tso_paid: The same of the TSO.
        penalty: Penalties.
        customers: What went to customers.
        aggregators: What went to aggregators.
        owed: What aggregators owe.
        ideal_eur: What an operator that knows all would have paid, EUR.
        unreal_paid: Payments for changes that were not made, EUR.
        honest: What honest sellers earn.
        inflating: What sellers earn who tell too high a baseline.
        marking_up: What sellers earn who ask for more than their least price.
        price_sum: Prices times ordered energy, EUR.
        highest_price: Highest price of a trade, EUR/kWh.
        error_kwh: Baseline errors without sign, over all points of delivery.
        bias_kwh: The same with sign: baseline less what would have been.
        traded_error_kwh: Errors without sign where something was traded.
        traded_kwh: Energy, without sign, that would have been there.
        consumed_kwh: Energy, without sign, that would have been, over all points of delivery.
        by_aggregator: Ordered energy by aggregator, kWh.
        rejected: Offered energy that was not taken, by reason, kWh.
    """

    days: float = 0.0
    congested_h: float = 0.0
    found_h: float = 0.0
    false_h: float = 0.0
    solved_h: float = 0.0
    left_h: float = 0.0
    caused_h: float = 0.0
    elements_before_h: float = 0.0
    elements_after_h: float = 0.0
    overload_before: float = 0.0
    overload_after: float = 0.0
    dso_asked_kwh: float = 0.0
    tso_asked_kwh: float = 0.0
    within_reach_kwh: float = 0.0
    offered_kwh: float = 0.0
    cleared_kwh: float = 0.0
    dso_ordered_kwh: float = 0.0
    tso_ordered_kwh: float = 0.0
    delivered_kwh: float = 0.0
    missing_kwh: float = 0.0
    dso_paid: int = 0
    tso_paid: int = 0
    penalty: int = 0
    customers: int = 0
    aggregators: int = 0
    owed: int = 0
    ideal_eur: float = 0.0
    unreal_paid: float = 0.0
    price_sum: float = 0.0
    highest_price: float = 0.0
    error_kwh: float = 0.0
    bias_kwh: float = 0.0
    traded_error_kwh: float = 0.0
    traded_kwh: float = 0.0
    consumed_kwh: float = 0.0
    honest: Earning = field(default_factory=Earning)
    inflating: Earning = field(default_factory=Earning)
    marking_up: Earning = field(default_factory=Earning)
    by_aggregator: dict[str, float] = field(default_factory=dict)
    rejected: dict[str, float] = field(default_factory=dict)

    @property
    def ordered_kwh(self) -> float:
        """Energy of all validated trades."""
        return self.dso_ordered_kwh + self.tso_ordered_kwh


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the sums over several days; the highest price is the highest of all."""
    total = Tally()
    for each in tallies:
        for name in _SUMS:
            setattr(total, name, getattr(total, name) + getattr(each, name))
        total.highest_price = max(total.highest_price, each.highest_price)
        for name in SELLERS:
            seller, other = getattr(total, name), getattr(each, name)
            seller.offered_kwh += other.offered_kwh
            seller.profit_eur += other.profit_eur
        for name in BY_NAME:
            mine = getattr(total, name)
            for key, value in getattr(each, name).items():
                mine[key] = mine.get(key, 0.0) + value
    return total


SELLERS = ("honest", "inflating", "marking_up")
"""Fields of the kinds of seller."""
BY_NAME = ("by_aggregator", "rejected")
"""Fields that hold sums by name."""
_SUMS = [
    each.name for each in fields(Tally) if each.name not in {"highest_price", *SELLERS, *BY_NAME}
]


def tally_day(played: PlayedDay) -> Tally:
    """Return the sums of a day."""
    found = Tally(days=1.0, ideal_eur=played.ideal_eur)
    _count_congestion(found, played)
    _count_baselines(found, played)
    for session in played.sessions:
        _count_session(found, session, played)
    _count_lines(found, played)
    return found


def _hours(flags: Floats | Flags) -> float:
    return int(flags.sum()) / QUARTERS_AN_HOUR


def _count_congestion(found: Tally, played: PlayedDay) -> None:
    before, after = _broken(played, played.given.untouched), _broken(played, played.flow)
    congested = np.asarray(before[0].any(axis=1))
    left = np.asarray(after[0].any(axis=1))
    found.congested_h = _hours(congested)
    found.found_h = _hours(congested & played.found)
    found.false_h = _hours(played.found & ~congested)
    found.solved_h = _hours(congested & ~left)
    found.left_h = _hours(congested & left)
    found.caused_h = _hours(left & ~congested)
    found.elements_before_h, found.elements_after_h = _hours(before[0]), _hours(after[0])
    found.overload_before, found.overload_after = _overload(before[1]), _overload(after[1])


def _broken(played: PlayedDay, flow: Flow) -> tuple[Flags, Floats]:
    return broken_elements(played.given.site, flow)


def _overload(excess: Floats) -> float:
    """Return the worst excess of each quarter-hour, percent, summed over hours."""
    worst = np.maximum(excess.max(axis=1), 0.0)
    return float(worst.sum()) * _PERCENT / QUARTERS_AN_HOUR


def _count_baselines(found: Tally, played: PlayedDay) -> None:
    """Count the errors of baselines against what there would have been without any activation."""
    given = played.given
    error = (given.portfolio.baseline_kw - given.course.real_kw) / QUARTERS_AN_HOUR
    found.error_kwh, found.bias_kwh = float(np.abs(error).sum()), float(error.sum())
    found.consumed_kwh = float(np.abs(given.course.real_kw).sum()) / QUARTERS_AN_HOUR
    found.offered_kwh = float(np.abs(given.portfolio.change_kw).sum()) / QUARTERS_AN_HOUR
    columns = _columns(played)
    spots = sorted({each.line.spot for each in played.lines})
    if spots:
        rows, places = [index for _, index in spots], [columns[pod] for pod, _ in spots]
        found.traded_error_kwh = float(np.abs(error[rows, places]).sum())
        real = np.abs(given.course.real_kw[rows, places]) / QUARTERS_AN_HOUR
        found.traded_kwh = float(real.sum())


def _columns(played: PlayedDay) -> dict[str, int]:
    return {item.pod.pod_id: row for row, item in enumerate(played.given.portfolio.items)}


def _count_session(found: Tally, session: HeldSession, played: PlayedDay) -> None:
    columns = _columns(played)
    change_kw = played.given.portfolio.change_kw
    for need in session.need.needs:
        index = session.window.indices[need.scenario]
        found.dso_asked_kwh += abs(need.change_kw) / QUARTERS_AN_HOUR
        theirs = change_kw[index, [columns[pod] for pod in need.pods]] * np.sign(need.change_kw)
        found.within_reach_kwh += float(np.maximum(theirs, 0).sum()) / QUARTERS_AN_HOUR
    found.tso_asked_kwh += _asked_by_tso(session)
    offered = _offered(session)
    for part in session.validated.flexibility:
        for power in part.power:
            kw = abs(power.accepted_p_change or 0.0)
            left = offered.get((part.pod, power.index), 0.0) - kw
            offered[part.pod, power.index] = left
            reason = power.rejection_type_p
            if reason is not None:
                found.rejected[reason] = (
                    found.rejected.get(reason, 0.0) + max(left, 0.0) / QUARTERS_AN_HOUR
                )
    for cleared in session.market.flexibility:
        for trade in cleared.power:
            found.cleared_kwh += abs(trade.accepted_p_change or 0.0) / QUARTERS_AN_HOUR


def _asked_by_tso(session: HeldSession) -> float:
    """Return the energy that a TSO asks for beyond the baselines of its groups."""
    baselines: dict[str | None, Floats] = {}
    for pod in session.recording.pods:
        curve = np.array(pod.power_baseline)
        baselines[pod.po_m_id] = baselines.get(pod.po_m_id, np.zeros(len(curve))) + curve
    return sum(
        abs(point.p - float(baselines[entry.pom][point.index])) / QUARTERS_AN_HOUR
        for service in session.recording.flexibility_services
        if service.service_type is ServiceType.TSO_REQUEST
        for entry in service.flexibility
        for point in entry.power
    )


def _offered(session: HeldSession) -> dict[tuple[str, int], float]:
    """Return the change of each offered quarter-hour, kW without sign."""
    curves: Mapping[str, Sequence[float]] = {
        pod.pod_id: pod.power_baseline for pod in session.recording.pods
    }
    return {
        (pod, point.index): abs(point.p - curves[pod][point.index])
        for service in session.offers
        for entry in service.flexibility
        for pod in entry.pod or ()
        for point in entry.power
    }


def _count_lines(found: Tally, played: PlayedDay) -> None:
    columns = _columns(played)
    for each in played.lines:
        line, paid = each.line, each.paid
        kwh = abs(each.quantity.ordered) / _MICRO_KWH
        delivered = paid.delivered / _MICRO_KWH
        if line.request_player_id == DSO:
            found.dso_ordered_kwh += kwh
            found.dso_paid += paid.paid
        else:
            found.tso_ordered_kwh += kwh
            found.tso_paid += paid.paid
        found.delivered_kwh += delivered
        found.missing_kwh += kwh - delivered
        found.penalty += paid.penalty
        found.customers += paid.customer_tokens
        found.aggregators += paid.aggregator_tokens
        found.owed += paid.owed
        found.price_sum += line.price * kwh
        found.highest_price = max(found.highest_price, line.price)
        party = found.by_aggregator
        party[line.offer_player_id] = party.get(line.offer_player_id, 0.0) + kwh
    found.unreal_paid = _unreal(played, columns)
    _count_sellers(found, played, columns)


def _count_sellers(found: Tally, played: PlayedDay, columns: Mapping[str, int]) -> None:
    """Count what each kind of seller offers and earns, beyond what its change is worth to it."""
    given = played.given
    pods, offered = given.site.pods, np.abs(given.portfolio.change_kw).sum(axis=0)
    for pod, kw in zip(pods, offered.tolist(), strict=True):
        _seller(found, pod).offered_kwh += kw / QUARTERS_AN_HOUR
    for each in played.lines:
        net = each.paid.paid - each.paid.penalty
        _seller(found, pods[columns[each.line.pod]]).profit_eur += net / _ATTO
    made_kw = np.abs(played.delivery.power_kw - given.course.real_kw)
    for pod_id, index in sorted({each.line.spot for each in played.lines}):
        row = columns[pod_id]
        least = float(given.portfolio.price[index, row]) / (1 + pods[row].markup)
        cost = float(made_kw[index, row]) / QUARTERS_AN_HOUR * least
        _seller(found, pods[row]).profit_eur -= cost


def _seller(found: Tally, pod: SimulatedPod) -> Earning:
    if pod.inflation:
        return found.inflating
    return found.marking_up if pod.markup else found.honest


def _unreal(played: PlayedDay, columns: Mapping[str, int]) -> float:
    """Return the payments for changes from the baseline that nobody made, EUR."""
    spots: dict[tuple[str, int], tuple[float, float]] = {}
    for each in played.lines:
        delivered = each.paid.delivered / _MICRO_KWH
        change, paid = spots.get(each.line.spot, (0.0, 0.0))
        sign = 1.0 if each.line.change_kw > 0 else -1.0
        spots[each.line.spot] = change + sign * delivered, paid + each.line.price * delivered
    made_kw = played.delivery.power_kw - played.given.course.real_kw
    unreal = 0.0
    for (pod, index), (change, paid) in spots.items():
        made = float(made_kw[index, columns[pod]]) / QUARTERS_AN_HOUR * (1 if change > 0 else -1)
        if change:
            unreal += paid * max(1 - max(made, 0.0) / abs(change), 0.0)
    return unreal


REASONS = tuple(each.value for each in Rejection)
"""Reasons for not taking an offer, in the order of the market's list."""
