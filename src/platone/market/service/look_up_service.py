"""The session, the points of delivery and the baselines that a request or offer is about."""

from collections.abc import Mapping
from dataclasses import dataclass

from platone.kernel.clock import Clock
from platone.kernel.errors import Reasons
from platone.market.domain.activation import check_reached
from platone.market.domain.calendar import planned_session
from platone.market.domain.problem.order import UnknownPom
from platone.market.domain.problem.session import (
    AmbiguousSession,
    MarketClosed,
    SessionOffCalendar,
    UnknownSession,
)
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_known,
    check_unclaimed,
    check_window,
    market_of,
    named_pods,
    named_poms,
    offered_spots,
)
from platone.market.records.unit import UnitOfWork
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.messages.market import (
    FlexibilityService,
    ServiceType,
)
from platone.messages.registry import PointOfDelivery

Known = dict[str, PointOfDelivery]


@dataclass(frozen=True, slots=True)
class Found:
    """The things that a message is about.

    Attributes:
        session: Its session, which is open.
        members: The PoDs behind each PoM that it names.
        pods: All of its PoDs that are known.
        known: Their baselines as they stand.
    """

    session: Session
    members: dict[str, Known]
    pods: Known
    known: KnownBaselines


@dataclass(frozen=True, slots=True)
class LookUpService:
    """Looks up what messages are about.

    Args:
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Zone and product.
    """

    baselines: ReadKnownBaselines
    clock: Clock
    rules: MarketRules

    async def __call__(
        self, unit: UnitOfWork, service: FlexibilityService, reasons: Reasons
    ) -> Found:
        """Return the session of a message, with the PoDs that it is about and their baselines.

        Raises:
            PlatoneError: It has no open session; else what is wrong is noted among the reasons.
        """
        open_sessions: list[Session] = []
        with reasons:
            session = await self._session(unit, service)
            session.check_open(self.clock.now())
            open_sessions.append(session)
        if not open_sessions:
            reasons.raise_all()
        (session,) = open_sessions
        with reasons:
            check_window(service, session.plan.window)
        with reasons:
            named = {point.index for entry in service.flexibility for point in entry.power}
            check_reached(named, session.plan.window, session.decision_due, self.rules.product)
        if service.service_type is ServiceType.OFFER:
            with reasons:
                await check_spots_free(unit, service, session)
        members = await _members(unit, service, reasons)
        pods = await _pods(unit, service, members, reasons)
        known = await self.baselines.known(unit, session, pods)
        return Found(session, members, pods, known)

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


async def check_spots_free(unit: UnitOfWork, offer: FlexibilityService, session: Session) -> None:
    """Check that no other offer of a session is for what an offer offers.

    Raises:
        PodAlreadyOffered: One is.
    """
    claimed = await unit.submissions.claimed_spots(session.id, offer)
    check_unclaimed(dict.fromkeys(offered_spots(offer)), claimed)


async def _members(
    unit: UnitOfWork, service: FlexibilityService, reasons: Reasons
) -> dict[str, Known]:
    """Return the PoDs behind each PoM of a message as of now; later ones do not join the group."""
    found: dict[str, Known] = {}
    for pom in named_poms(service):
        known = await unit.pods.of_pom(pom)
        if service.service_type is ServiceType.OFFER:  # of all that are behind it, its own
            player = service.player_id
            known = {name: pod for name, pod in known.items() if pod.aggregator_id == player}
        found[pom] = known
        with reasons:
            if not known:
                raise UnknownPom(f"The market knows no such PoD of PoM {pom}.", pom=pom)
    return found


async def _pods(
    unit: UnitOfWork, service: FlexibilityService, members: Mapping[str, Known], reasons: Reasons
) -> Known:
    """Return all PoDs that a message is about, also those behind its PoMs, as far as known."""
    names = named_pods(service)
    pods = await unit.pods.find(names)
    with reasons:
        check_known(names, pods)
    for known in members.values():
        pods |= known
    return pods
