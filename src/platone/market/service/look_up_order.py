"""All that the records know of what requests and offers are about, read for several at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import planned_session
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.problem.session import (
    AmbiguousSession,
    MarketClosed,
    SessionOffCalendar,
    UnknownSession,
)
from platone.market.domain.recording import NO_TRADES
from platone.market.domain.revision import Version
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import market_of, named_poms
from platone.market.records.claim import Claim
from platone.market.records.submission import Named
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.messages.base import MarketType
from platone.messages.market import FlexibilityService, ServiceType
from platone.messages.registry import PointOfDelivery

Known = dict[str, PointOfDelivery]
Place = tuple[str, str]
"""A session and a PoD."""
_NO_BASELINES = KnownBaselines({}, NO_TRADES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The things that a message is about.

    Attributes:
        versions: What came before under its identifier, by revision.
        session: Its session; or why it has none.
        taken: The quarter-hours of its PoDs that others offer, a bit for each.
        members: The PoDs behind each PoM that it names; for an offer the party's own.
        pods: All of its PoDs that are known.
        known: Their baselines as they stand.
    """

    versions: Sequence[Version]
    session: Session | PlatoneError
    taken: Mapping[str, int]
    members: dict[str, Known]
    pods: Known
    known: KnownBaselines


@dataclass(frozen=True, slots=True)
class LookUpOrders:
    """Reads what messages are about, in one transaction for all of them.

    Args:
        records: The market's records.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: The market's zone.
    """

    records: MarketRecords
    baselines: ReadKnownBaselines
    clock: Clock
    rules: MarketRules

    async def __call__(self, orders: Sequence[OrderColumns]) -> list[Found | BaseException]:
        """Return the things that each of some messages is about."""
        found = await self.records.look(lambda unit: self._found(unit, orders))
        return list(await self._with_trades(found))

    async def _found(self, unit: UnitOfWork, orders: Sequence[OrderColumns]) -> list[Found]:
        versions = await unit.submissions.versions({name_of(each.service) for each in orders})
        return [
            replace(found, versions=versions[name_of(each.service)])
            for each, found in zip(orders, await self.about(unit, orders), strict=True)
        ]

    async def about(self, unit: UnitOfWork, orders: Sequence[OrderColumns]) -> list[Found]:
        """Return the things of messages, but for earlier versions and trades of the day ahead."""
        sessions = await self._sessions(unit, orders)
        groups = await _members(unit, orders)
        named = await unit.pods.find({name for each in orders for name in each.names})
        wanted = _wanted(orders, sessions, groups)
        offered = taken_by_pod(await unit.claims.find(wanted))
        found: list[Found] = []
        for order, session, members in zip(orders, sessions, groups, strict=True):
            pods = {name: named[name] for name in order.names if name in named}
            for group in members.values():
                pods |= group
            at_hand = Found(
                versions=(),
                session=session,
                taken=taken_by_others(offered, order.service, session, _about(order, members)),
                members=members,
                pods=pods,
                known=_NO_BASELINES,
            )
            found.append(at_hand)
        return await _with_baselines(unit, found)

    async def _with_trades(self, found: Sequence[Found]) -> Sequence[Found]:
        """Return the same with what was traded the day ahead, on which real time builds."""
        building = {
            each.session.id: each.session
            for each in found
            if isinstance(each.session, Session)
            and each.session.plan.market_type is not MarketType.DAY_AHEAD
        }
        if not building:
            return found
        async with self.records.reading() as unit:
            trades = {
                name: await self.baselines.day_ahead(unit, session)
                for name, session in building.items()
            }
        return [
            replace(each, known=KnownBaselines(each.known.curves, trades[each.session.id]))
            if isinstance(each.session, Session) and each.session.id in trades
            else each
            for each in found
        ]

    async def _sessions(
        self, unit: UnitOfWork, orders: Sequence[OrderColumns]
    ) -> list[Session | PlatoneError]:
        """Return the session of each message, or why it has none; each is looked up once."""
        found: dict[tuple[MarketType | None, datetime | None], Session | PlatoneError] = {}
        for each in orders:
            service = each.service
            key = service.market_type, service.start_time
            if key not in found:
                try:
                    found[key] = await self._session(unit, service)
                except PlatoneError as error:
                    found[key] = error
        return [found[each.service.market_type, each.service.start_time] for each in orders]

    async def _session(self, unit: UnitOfWork, service: FlexibilityService) -> Session:
        market_type = market_of(service)
        if service.start_time is not None:
            try:
                plan = planned_session(market_type, service.start_time, self.rules.zone)
            except SessionOffCalendar as error:
                raise UnknownSession(error.detail) from error
            return await unit.sessions.get(plan.id)
        found = await unit.sessions.open_now(market_type, self.clock.now())
        if not found:
            raise MarketClosed(f"No {market_type.value} session is open now.")
        if len(found) > 1:
            raise AmbiguousSession(
                f"{len(found)} {market_type.value} sessions are open.",
                starts=[each.plan.window.start.isoformat() for each in found],
            )
        return found[0]


def name_of(service: FlexibilityService) -> Named:
    """Return the party and its identifier of a message, by which it is known."""
    return service.player_id, service.player_service_id


async def _with_baselines(unit: UnitOfWork, found: Sequence[Found]) -> list[Found]:
    """Return the same with the baselines as the market saw them last."""
    pods: dict[MarketDay, set[str]] = {}
    for each in found:
        if isinstance(each.session, Session):
            pods.setdefault(each.session.plan.window.day, set()).update(each.pods)
    curves = {day: await unit.baselines.known(day, names) for day, names in pods.items()}
    return [
        replace(each, known=KnownBaselines(curves[each.session.plan.window.day], NO_TRADES))
        if isinstance(each.session, Session)
        else each
        for each in found
    ]


async def _members(unit: UnitOfWork, orders: Sequence[OrderColumns]) -> list[dict[str, Known]]:
    """Return the PoDs behind each PoM of each message as of now; later ones do not join."""
    poms = dict.fromkeys(pom for each in orders for pom in named_poms(each.service))
    groups = {pom: await unit.pods.of_pom(pom) for pom in poms}
    return [
        {pom: _own(groups[pom], each.service) for pom in named_poms(each.service)}
        for each in orders
    ]


def _own(group: Known, service: FlexibilityService) -> Known:
    """Return the PoDs of a group that a message is about: of an offer, the party's own."""
    if service.service_type is not ServiceType.OFFER:
        return group
    return {name: pod for name, pod in group.items() if pod.aggregator_id == service.player_id}


def _about(order: OrderColumns, members: Mapping[str, Known]) -> set[str]:
    """Return the PoDs that a message names, and those of its groups."""
    return set(order.names).union(*members.values())


def _wanted(
    orders: Iterable[OrderColumns],
    sessions: Iterable[Session | PlatoneError],
    groups: Iterable[Mapping[str, Known]],
) -> dict[str, set[str]]:
    """Return the PoDs of offers by session."""
    wanted: dict[str, set[str]] = {}
    for order, session, members in zip(orders, sessions, groups, strict=True):
        if order.service.service_type is ServiceType.OFFER and isinstance(session, Session):
            wanted.setdefault(session.id, set()).update(_about(order, members))
    return wanted


def taken_by_pod(claims: Iterable[Claim]) -> dict[Place, list[Claim]]:
    """Return claims by session and PoD."""
    found: dict[Place, list[Claim]] = {}
    for claim in claims:
        found.setdefault((claim.session_id, claim.pod_id), []).append(claim)
    return found


def taken_by_others(
    claims: Mapping[Place, Sequence[Claim]],
    service: FlexibilityService,
    session: Session | PlatoneError,
    pods: Iterable[str],
) -> dict[str, int]:
    """Return the quarter-hours of an offer's PoDs that other offers take, a bit for each index."""
    if not isinstance(session, Session):
        return {}
    own, taken = name_of(service), {}
    for pod in pods:
        bits = 0
        for claim in claims.get((session.id, pod), ()):
            if (claim.player_id, claim.service_id) != own:
                bits |= claim.quarter_hours
        taken[pod] = bits
    return taken
