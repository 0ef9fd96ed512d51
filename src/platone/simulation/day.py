"""One market day: what is known before, and what comes of it under a set of rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.flexibility.request import PodFlexibility
from platone.grid.flow.state import ConsumerPower, Flow
from platone.kernel.market_time import MarketDay
from platone.kernel.power_factor import tan_phi
from platone.kernel.session_window import MarketType, session_windows
from platone.messages.clearing import DEFAULT_RULES, Product
from platone.messages.market import SessionPod, SessionReference
from platone.messages.outcome import TechnicalOutcome
from platone.simulation.course import DayCourse, make_course
from platone.simulation.history import History
from platone.simulation.offer import DayPortfolio, build_offers, dispatch, offer_day
from platone.simulation.operator import (
    WORK,
    broken_elements,
    consumer_power,
    expected_day,
    tso_requests,
)
from platone.simulation.rule_set import RuleSet, Way
from platone.simulation.scenario import Scenario
from platone.simulation.session import (
    HeldSession,
    SessionInput,
    hold_session,
    scheduled,
    still_offered,
)
from platone.simulation.settlement import Delivery, SettledLine, deliver, settle_day
from platone.simulation.site import SimulationSite

_WATTS = 1e3
"""Watts in a kilowatt."""


@dataclass(frozen=True, eq=False)
class GivenDay:
    """A day before any market: the same under all rules.

    Attributes:
        site: The network.
        scenario: The assumptions.
        course: What consumers expect and would do.
        portfolio: What aggregators tell and offer.
        seed: The simulation's seed.
    """

    site: SimulationSite
    scenario: Scenario
    course: DayCourse
    portfolio: DayPortfolio
    seed: int

    @property
    def day(self) -> MarketDay:
        """The market day."""
        return self.course.day

    def luck(self, purpose: int) -> np.random.Generator:
        """Return the day's random numbers for a purpose."""
        return np.random.default_rng([self.seed, purpose, self.day.on.toordinal()])

    def flow(self, pod_kw: Floats) -> Flow:
        """Return the real states of the grid for powers of points of delivery."""
        return WORK.power_flow(self.site.network, self.power(pod_kw))

    def power(self, pod_kw: Floats) -> ConsumerPower:
        """Return the real power of all consumers."""
        return consumer_power(self.site, self.course.load_real_kw, pod_kw)

    @cached_property
    def untouched(self) -> Flow:
        """The states of the grid without any activation."""
        return self.flow(Delivery.of(self.course.real_kw).power_kw)


@dataclass(frozen=True, eq=False)
class PlayedDay:
    """A day under a set of rules.

    Attributes:
        given: The day before.
        sessions: The sessions in which anything was asked, in the order of their gates.
        delivery: What was metered.
        lines: What was settled.
        found: Quarter-hours for which the DSO foresaw a broken limit, shape (quarter-hours,).
        ideal_eur: What an ideal operator would have paid.
    """

    given: GivenDay
    sessions: tuple[HeldSession, ...]
    delivery: Delivery
    lines: tuple[SettledLine, ...]
    found: Flags
    ideal_eur: float = 0.0

    @cached_property
    def flow(self) -> Flow:
        """The states of the grid as it was delivered."""
        return self.given.flow(self.delivery.power_kw)


def prepare_day(site: SimulationSite, scenario: Scenario, day: MarketDay, seed: int) -> GivenDay:
    """Return a day before any market."""
    course = make_course(site, scenario, day, seed)
    least_kw = Product().least_volume_w / _WATTS
    return GivenDay(site, scenario, course, offer_day(site, scenario, course, least_kw), seed)


def play_day(given: GivenDay, rules: RuleSet, history: History | None = None) -> PlayedDay:
    """Return a day under a set of rules, from the requests to the settled lines.

    Args:
        given: The day.
        rules: The rules.
        history: What was metered before, where a public baseline needs it.
    """
    if rules.way is Way.NOTHING:
        return PlayedDay(given, (), Delivery.of(given.course.real_kw), (), _nothing(given))
    if rules.way is Way.IDEAL:
        return _ideal_day(given)
    sessions, found = _trade(given, rules)
    columns = {item.pod.pod_id: row for row, item in enumerate(given.portfolio.items)}
    setpoints = dispatch(
        [each.validated for each in sessions],
        given.day.zone,
        columns,
        given.day.quarter_hours,
    )
    delivery = deliver(given.course, setpoints, given.scenario, given.luck(4))
    basis = None
    if history is not None and rules.public_baseline is not None:
        basis = rules.public_baseline, history.metering(given.day, delivery)
    lines = settle_day(sessions, given.portfolio, delivery, given.day, basis)
    return PlayedDay(given, tuple(sessions), delivery, tuple(lines), found)


def _trade(given: GivenDay, rules: RuleSet) -> tuple[list[HeldSession], Flags]:
    """Return the day-ahead and real-time sessions, and what the DSO foresaw."""
    clearing = rules.clearing or DEFAULT_RULES
    pods = [
        SessionPod(
            pod_id=item.pod.pod_id,
            aggregator_id=item.pod.aggregator_id,
            po_m_id=item.pod.po_m_id,
            power_baseline=given.portfolio.curve(row),
        )
        for row, item in enumerate(given.portfolio.items)
    ]
    (window,) = session_windows(MarketType.DAY_AHEAD, given.day)
    name = SessionReference(market_type=MarketType.DAY_AHEAD, start_time=window.start)
    site, scenario, course = given.site, given.scenario, given.course
    forecast = expected_day(site, given.day, given.portfolio, course.load_expected_kw)
    asked = tso_requests(site, scenario, given.portfolio, name, window.hours, given.luck(3))
    offers = build_offers(given.portfolio, name, window)
    ahead = SessionInput(
        MarketType.DAY_AHEAD,
        window,
        forecast,
        pods,
        scenario.dso_price,
        clearing,
        rules.knows_grid,
    )
    first = hold_session(ahead, asked, offers)
    sessions = [first] if first else []
    found = _foreseen(given, forecast.power)
    known_kw = course.load_known_kw(scenario.real_time_error)
    technical: list[TechnicalOutcome] = [each.technical for each in sessions if each.technical]
    forecast = expected_day(site, given.day, given.portfolio, known_kw, technical)
    found |= _foreseen(given, forecast.power)
    later = scheduled(pods, first)
    for window in session_windows(MarketType.REAL_TIME, given.day):
        if not found[window.indices.start : window.indices.stop].any():
            continue
        now = replace(ahead, market_type=MarketType.REAL_TIME, window=window, forecast=forecast)
        now = replace(now, pods=later)
        standing = still_offered(first, offers, later, window.indices)
        held = hold_session(now, (), (), standing)
        if held:
            sessions.append(held)
    return sessions, found


def _foreseen(given: GivenDay, power: ConsumerPower) -> Flags:
    """Return the quarter-hours in which a limit breaks, as the DSO expects it."""
    flow = WORK.power_flow(given.site.network, power)
    return np.asarray(broken_elements(given.site, flow)[0].any(axis=1))


def _nothing(given: GivenDay) -> Flags:
    return np.zeros(given.day.quarter_hours, dtype=np.bool_)


def _ideal_day(given: GivenDay) -> PlayedDay:
    """Return the day of an operator that knows everything, quarter-hour by quarter-hour."""
    course, portfolio = given.course, given.portfolio
    congested = broken_elements(given.site, given.untouched)[0].any(axis=1)
    power, pod_kw, cost = given.untouched.power, course.real_kw.copy(), 0.0
    for row in np.flatnonzero(congested).tolist():
        flexible = _flexible(portfolio, given.site, row)
        part = ConsumerPower(power.p_kw[[row]], power.q_kvar[[row]])
        need = WORK.request(given.site.network, part, flexible, in_groups=False)
        for each in need.needs:
            column = given.site.network.pod_position[each.pods[0]] - len(given.site.network.loads)
            pod_kw[row, column] += each.change_kw
            cost += abs(each.change_kw) / 4 * float(portfolio.price[row, column])
    return PlayedDay(given, (), Delivery.exactly(pod_kw), (), np.asarray(congested), cost)


def _flexible(portfolio: DayPortfolio, site: SimulationSite, row: int) -> Sequence[PodFlexibility]:
    """Return the flexibility of points of delivery in a quarter-hour, as it is offered."""
    return [
        PodFlexibility(
            pod_id=pod.pod_id,
            max_up_kw=max(change, 0.0),
            max_down_kw=max(-change, 0.0),
            kvar_per_kw=tan_phi(pod.cos_phi),
            cost_eur_per_kwh=price,
        )
        for pod, change, price in zip(
            site.pods,
            portfolio.change_kw[row].tolist(),
            portfolio.price[row].tolist(),
            strict=True,
        )
        if change
    ]
