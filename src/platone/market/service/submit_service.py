"""Submission of offers of aggregators, and of requests of TSO and DSO (flows 2a, 2b and 2c)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.calendar import planned_session
from platone.market.domain.order_terms import check_terms
from platone.market.domain.problem.order import ServiceNotAllowed, UnknownPom
from platone.market.domain.problem.session import (
    AmbiguousSession,
    MarketClosed,
    SessionOffCalendar,
    UnknownSession,
)
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.recording import Curves
from platone.market.domain.revision import check_amendment, is_repeated
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_baselines,
    check_entries,
    check_known,
    check_offered,
    check_unclaimed,
    check_window,
    market_of,
    named_pods,
    named_poms,
    offered_spots,
)
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.read_conditions import ReadConditions
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import (
    AskedGroup,
    FlexibilityService,
    RecordedService,
    ServiceState,
    ServiceType,
)
from platone.messages.registry import PointOfDelivery

Known = dict[str, PointOfDelivery]


@dataclass(frozen=True, slots=True)
class _Found:
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
class SubmitService:
    """Takes requests and offers; everything is checked before anything is stored.

    Args:
        records: The market's records.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Who may send what.
        conditions: What is asked of PoDs that are offered.
    """

    records: MarketRecords
    baselines: ReadKnownBaselines
    clock: Clock
    rules: MarketRules
    conditions: ReadConditions

    async def __call__(
        self, service: FlexibilityService, party: str, *, aggregates: bool
    ) -> Submission:
        """Take a request or an offer.

        Args:
            service: The message.
            party: The caller.
            aggregates: Whether the caller is a flexibility service provider.

        Raises:
            PlatoneError: The documented problem, one of :mod:`..domain.problem` or
                DuplicateIdentifier.
        """
        if service.player_id != party:
            raise ServiceNotAllowed(
                f"{party} may not speak for {service.player_id}.", playerId=service.player_id
            )
        self.rules.check_player(party, service.service_type, aggregates=aggregates)
        reasons = Reasons()
        with reasons:
            check_entries(service)
        with reasons:
            check_prices(service, self.rules.product)
        with reasons:
            check_terms(service, self.rules.clearing)
        digest = content_hash(service)
        async with self.records.reading() as unit:
            if await _is_repeated(unit, service, digest):
                return _told(service, SubmissionStatus.ALREADY_SUBMITTED)
            found = await self._looked_up(unit, service, reasons)
        fresh: Curves = {}
        if service.service_type is ServiceType.OFFER:
            with reasons:
                conditions = await self.conditions(found.pods, self.clock.now())
                conditions.check(found.pods.values())
        with reasons:
            fresh = await self._checked(service, found)
        reasons.raise_all()
        asked: tuple[AskedGroup, ...] = ()
        if service.service_type is not ServiceType.OFFER:
            asked = asked_groups(service, found.members, found.known.updated(fresh).schedules)
        recorded = RecordedService(
            **msgspec.structs.asdict(service), submitted_at=self.clock.now(), asked=asked
        )
        return await self._store(found, recorded, digest, fresh)

    async def _checked(self, service: FlexibilityService, found: _Found) -> Curves:
        """Check a message by the baselines; return those that customers was asked for.

        What a request needs is noted by the newest. An offer is checked by those seen last, and
        only if it does not fit them by the newest.
        """
        fresh: Curves = {}
        if service.service_type is ServiceType.OFFER and not found.known.missing(found.pods):
            try:
                self._check(service, found, found.known)
            except PlatoneError:
                fresh = await self.baselines.newest(found.session, found.pods)
                if not found.known.differs(fresh):
                    raise
            else:
                return fresh
        else:
            fresh = await self.baselines.newest(found.session, found.pods)
        self._check(service, found, found.known.updated(fresh))
        return fresh

    def _check(self, service: FlexibilityService, found: _Found, known: KnownBaselines) -> None:
        reasons = Reasons()
        with reasons:
            check_baselines(found.pods, known.curves, found.session.plan.window)
        if service.service_type is ServiceType.OFFER:
            with reasons:
                check_offered(service, found.pods, known.counted)
            with reasons:
                check_volumes(service, known.schedules, self.rules.product)
        reasons.raise_all()

    async def _looked_up(
        self, unit: UnitOfWork, service: FlexibilityService, reasons: Reasons
    ) -> _Found:
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
        if service.service_type is ServiceType.OFFER:
            with reasons:
                await _check_unclaimed(unit, service, session)
        members = await _members(unit, service, reasons)
        pods = await _pods(unit, service, members, reasons)
        known = await self.baselines.known(unit, session, pods)
        return _Found(session, members, pods, known)

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

    async def _store(
        self, found: _Found, recorded: RecordedService, digest: str, fresh: Curves
    ) -> Submission:
        session = found.session
        async with self.records.writing() as unit:
            # Again, as time has passed since: the gate may have closed meanwhile.
            if await _is_repeated(unit, recorded, digest):
                return _told(recorded, SubmissionStatus.ALREADY_SUBMITTED)
            now = self.clock.now()
            (await unit.sessions.get(session.id)).check_open(now)
            await _end_earlier(unit, recorded, session, now)
            if recorded.service_type is ServiceType.OFFER:
                await _check_unclaimed(unit, recorded, session)
                await unit.submissions.claim_spots(session.id, recorded)
            await unit.submissions.record_pods(session.id, found.pods.values())
            await unit.baselines.note(session.plan.window.day, fresh)
            await unit.submissions.add(session.id, recorded, digest)
            await unit.sessions.mark_used(session.id)
            await unit.outgoing.certify(_record_id(recorded), "flexibilityService", recorded)
        return _told(recorded, SubmissionStatus.ACCEPTED)


def _told(service: FlexibilityService, status: SubmissionStatus) -> Submission:
    return Submission(id=service.player_service_id, status=status)


def _record_id(service: FlexibilityService) -> str:
    """Return the identifier of the certified record of a version: of a first one without number."""
    version = [service.revision] if service.revision > 1 else []
    name = content_hash([service.player_id, service.player_service_id, *version])
    return f"flexibilityService-{name}"


async def _is_repeated(unit: UnitOfWork, service: FlexibilityService, digest: str) -> bool:
    """Return whether the same was submitted before; raise where it may not come (any more)."""
    versions = await unit.submissions.versions(service.player_id, service.player_service_id)
    return is_repeated(service, digest, versions)


async def _end_earlier(
    unit: UnitOfWork, service: FlexibilityService, session: Session, now: datetime
) -> None:
    """End the version that stands, which this message replaces."""
    player, name = service.player_id, service.player_service_id
    versions = await unit.submissions.versions(player, name)
    check_amendment(service, session.id, versions[-1] if versions else None)
    await unit.submissions.end(player, name, ServiceState.REPLACED, now)


async def _check_unclaimed(unit: UnitOfWork, offer: FlexibilityService, session: Session) -> None:
    claimed = await unit.submissions.claimed_spots(session.id, offer)
    check_unclaimed(dict.fromkeys(offered_spots(offer)), claimed)


async def _members(
    unit: UnitOfWork, service: FlexibilityService, reasons: Reasons
) -> dict[str, Known]:
    """Return the PoDs behind each PoM of a message as of now; later ones do not join the group."""
    found: dict[str, Known] = {}
    for pom in named_poms(service):
        found[pom] = await unit.pods.of_pom(pom)
        with reasons:
            if not found[pom]:
                raise UnknownPom(f"The market knows no PoD of PoM {pom}.", pom=pom)
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
