"""The counting of a played day: hours, energies and money from grid, sessions and lines."""

from collections.abc import Mapping, Sequence

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flow.state import Flow
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.market import ServiceType
from platone.simulation.day import PlayedDay
from platone.simulation.operator import DSO, broken_elements
from platone.simulation.portfolio import SimulatedPod
from platone.simulation.session import HeldSession
from platone.simulation.tally import Earning, Tally

_PERCENT = 100.0
"""Percent in one."""
_ATTO = 10**18
"""1e-18 EUR in a euro."""
_MICRO_KWH = 1_000_000
"""Millionths of a kWh in one, as the ledger counts energy."""


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
