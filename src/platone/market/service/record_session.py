"""All inputs of a session's clearing, put together from the records."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from platone.kernel.market_time import MarketDay
from platone.market.domain.activation import reached_in_time
from platone.market.domain.calendar import day_ahead_session
from platone.market.domain.grid_limit import limits_among
from platone.market.domain.participation import Gate, part_offers
from platone.market.domain.power_kind import (
    active_part,
    has_reactive,
    reactive_curves,
    with_reactive_limits,
)
from platone.market.domain.problem.outcome import UnknownOutcome
from platone.market.domain.qualification import unqualified
from platone.market.domain.recording import (
    NO_TRADES,
    Curves,
    DayAheadTrades,
    changes_of,
    reactive_totals,
    standing_offers,
)
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import named_pods
from platone.market.records.unit import UnitOfWork
from platone.messages.base import MarketType
from platone.messages.clearing import GridLimit, Method, Product
from platone.messages.market import (
    LeftOut,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
)


@dataclass(frozen=True, slots=True)
class RecordSession:
    """Puts a session's inputs together.

    Args:
        rules: Zone, and the rules of clearing.
    """

    rules: MarketRules

    async def pods(self, unit: UnitOfWork, session: Session) -> dict[str, SessionPod]:
        """Return a session's PoDs: those that were named, and those whose day-ahead offers stand.

        Who a PoD's aggregator is and where it is measured is what the session recorded.
        """
        pods = {pod.pod_id: pod for pod in await unit.submissions.pods_of(session.id)}
        if session.plan.market_type is MarketType.DAY_AHEAD:
            return pods
        day_ahead = day_ahead_session(session.plan.window.day).id
        offered = await unit.submissions.of_session(day_ahead)
        names = {pod for each in offered for entry in each.flexibility for pod in entry.pod or ()}
        before = {pod.pod_id: pod for pod in await unit.submissions.pods_of(day_ahead)}
        registered = await unit.pods.find(names - pods.keys())
        standing = {
            name: msgspec.structs.replace(before[name], po_m_id=pod.po_m_id)
            for name, pod in registered.items()
            if name in before and before[name].aggregator_id == pod.aggregator_id
        }
        return {**pods, **standing}

    async def __call__(
        self, unit: UnitOfWork, session: Session, fresh: Curves, as_of: datetime | None
    ) -> tuple[RecordedSession, Curves]:
        """Return the recorded session, and the baselines that count for it.

        Args:
            unit: The records.
            session: The session.
            fresh: The baselines that customers has; what it has not is as it was seen last.
            as_of: The instant before which baselines had to come to count; none where they may
                change yet.
        """
        day = session.plan.window.day
        pods = await self.pods(unit, session)
        known = await unit.baselines.known(day, pods)
        traded = await day_ahead_trades(unit, session)
        counted = traded.counted(known | fresh)
        schedules = traded.schedules(counted)
        registered = await unit.pods.find(pods)
        reactive: Curves = {}
        gate = Gate(
            registered=registered,
            moved=await unit.baselines.moved(day, pods)
            | {pod for pod, curve in fresh.items() if known.get(pod) != curve},
            baselines=counted,
            schedules=schedules,
            product=self.rules.product,
        )
        if self.rules.clearing.reactive is not None:
            reactive = reactive_curves(schedules, registered, traded.totals_kvar)
            gate = replace(gate, reactive=_reactive_gate(gate, reactive, self.rules.reactive))
        services, left_out = await self._taking_part(unit, session, gate)
        has_kvar = any(has_reactive(each) for each in services)
        recording = RecordedSession(
            session=session.terms(),
            pods=[
                msgspec.structs.replace(
                    pod,
                    power_baseline=schedules.get(name) or [],
                    reactive_baseline=reactive.get(name) if has_kvar else None,
                )
                for name, pod in sorted(pods.items())
            ],
            flexibility_services=services,
            zone=day.zone,
            rules=self.rules.recorded,
            grid_limits=await self._grid_limits(unit, session, pods),
            baselines_as_of=as_of,
            left_out=tuple(left_out),
        )
        return recording, counted

    async def _taking_part(
        self, unit: UnitOfWork, session: Session, gate: Gate
    ) -> tuple[list[RecordedService], list[LeftOut]]:
        """Return the services that take part with standing offers, and what is left out."""
        own = await unit.submissions.of_session(session.id)
        window, offered = session.plan.window, list[RecordedService]()
        is_real_time = session.plan.market_type is MarketType.REAL_TIME
        if is_real_time:
            offered = await unit.submissions.of_session(day_ahead_session(window.day).id)
        if self.rules.clearing.reactive is None:  # the rules may have been others before
            own = [part for each in own if (part := active_part(each)).flexibility]
        if self.rules.asks_qualification:
            out_of_it = await _unqualified(unit, [*own, *offered], window.day)
            kvar = gate.reactive and replace(gate.reactive, unqualified=out_of_it)
            gate = replace(gate, unqualified=out_of_it, reactive=kvar)
        services, left_out = await asyncio.to_thread(part_offers, own, gate)
        if not is_real_time:
            return services, left_out
        indices = reached_in_time(window, session.decision_due, gate.product)
        standing = standing_offers(offered, own, gate.schedules, indices)
        standing_gate = gate.of_standing(gate.moved)
        more, out = await asyncio.to_thread(part_offers, standing, standing_gate)
        return [*services, *more], [*left_out, *out]

    async def _grid_limits(
        self, unit: UnitOfWork, session: Session, pods: Collection[str]
    ) -> tuple[GridLimit, ...]:
        """Return the limits of the grid that DSOs told of a session, where its clearing takes any.

        The rules may have been others when they were told.
        """
        if self.rules.clearing.method is not Method.LEAST_COST:
            return ()
        return limits_among(await unit.grid_limits.of_session(session.id), pods)


def _reactive_gate(gate: Gate, curves: Curves, product: Product) -> Gate:
    """Return the same for what is offered of reactive power.

    Args:
        gate: The gate of active power.
        curves: What totals of reactive power are changes from, kvar by PoD.
        product: What is traded of it.
    """
    pods = {name: with_reactive_limits(pod) for name, pod in gate.registered.items()}
    return replace(gate, registered=pods, baselines=curves, schedules=curves, product=product)


async def _unqualified(
    unit: UnitOfWork, offers: Iterable[RecordedService], day: MarketDay
) -> frozenset[tuple[str, int]]:
    """Return the PoDs and quarter-hours of offers that are not qualified as of now."""
    found: set[tuple[str, int]] = set()
    for offer in offers:
        if offer.service_type is ServiceType.OFFER:
            own = await unit.qualifications.of_pods(named_pods(offer), offer.player_id)
            found.update(unqualified(offer, own, day))
    return frozenset(found)


async def day_ahead_trades(unit: UnitOfWork, session: Session) -> DayAheadTrades:
    """Return the trades that a real-time session builds on; none for the day-ahead session."""
    if session.plan.market_type is MarketType.DAY_AHEAD:
        return NO_TRADES
    name = day_ahead_session(session.plan.window.day).id
    try:
        record = await unit.outcomes.get(name)
    except UnknownOutcome:
        return NO_TRADES
    changes = changes_of(record.validated or record.market)
    kvar = reactive_totals(record.validated or record.market)
    return DayAheadTrades(changes, await unit.baselines.counted(name, changes), kvar)
