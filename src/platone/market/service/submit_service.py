"""Submission of offers of aggregators, and of requests of TSO and DSO (flows 2a, 2b and 2c)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier, PlatoneError
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.calendar import planned_session
from platone.market.domain.problem import (
    AmbiguousSession,
    MarketClosed,
    ServiceNotAllowed,
    SessionOffCalendar,
    UnknownPom,
    UnknownSession,
)
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.recording import Curves
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_baselines,
    check_form,
    check_known,
    check_offered,
    check_unclaimed,
    check_window,
    named_pods,
    named_poms,
    offered_spots,
)
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.messages.base import MarketType, Submission, SubmissionStatus
from platone.messages.market import AskedGroup, FlexibilityService, RecordedService, ServiceType
from platone.messages.registry import PointOfDelivery

Known = dict[str, PointOfDelivery]


@dataclass(frozen=True, slots=True)
class SubmitService:
    """Takes requests and offers; everything is checked before anything is stored.

    Args:
        records: The market's records.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Who may send what.
    """

    records: MarketRecords
    baselines: ReadKnownBaselines
    clock: Clock
    rules: MarketRules

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
        market_type = check_form(service)
        check_prices(service, self.rules.product)
        digest = content_hash(service)
        async with self.records.reading() as unit:
            if await _is_repeated(unit, service, digest):
                return Submission(
                    id=service.player_service_id, status=SubmissionStatus.ALREADY_SUBMITTED
                )
            session = await self._session(unit, service, market_type)
            session.check_open(self.clock.now())
            check_window(service, session.plan.window)
            members = await _members(unit, service)
            pods = await _pods(unit, service, members)
            known = await self.baselines.known(unit, session, pods)
        fresh = await self._checked(session, service, pods, known)
        asked: tuple[AskedGroup, ...] = ()
        if service.service_type is not ServiceType.OFFER:
            asked = asked_groups(service, members, known.updated(fresh).schedules)
        recorded = RecordedService(
            **msgspec.structs.asdict(service), submitted_at=self.clock.now(), asked=asked
        )
        return await self._store(session, recorded, digest, pods, fresh)

    async def _checked(
        self,
        session: Session,
        service: FlexibilityService,
        pods: Known,
        known: KnownBaselines,
    ) -> Curves:
        """Check a message by the baselines; return those that customers was asked for.

        What a request needs is noted by the newest. An offer is checked by those seen last, and
        only if it does not fit them by the newest.
        """
        fresh: Curves = {}
        if service.service_type is ServiceType.OFFER and not known.missing(pods):
            try:
                self._check(session, service, pods, known)
            except PlatoneError:
                fresh = await self.baselines.newest(session, pods)
                if not known.differs(fresh):
                    raise
            else:
                return fresh
        else:
            fresh = await self.baselines.newest(session, pods)
        self._check(session, service, pods, known.updated(fresh))
        return fresh

    def _check(
        self, session: Session, service: FlexibilityService, pods: Known, known: KnownBaselines
    ) -> None:
        check_baselines(pods, known.curves, session.plan.window)
        if service.service_type is ServiceType.OFFER:
            check_offered(service, pods, known.counted)
            check_volumes(service, known.schedules, self.rules.product)

    async def _session(
        self, unit: UnitOfWork, service: FlexibilityService, market_type: MarketType
    ) -> Session:
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
        self,
        session: Session,
        recorded: RecordedService,
        digest: str,
        pods: Known,
        fresh: Curves,
    ) -> Submission:
        name = recorded.player_service_id
        async with self.records.writing() as unit:
            # Again, as time has passed since: the gate may have closed meanwhile.
            if await _is_repeated(unit, recorded, digest):
                return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)
            (await unit.sessions.get(session.id)).check_open(self.clock.now())
            if recorded.service_type is ServiceType.OFFER:
                spots = list(offered_spots(recorded))
                claimed = await unit.submissions.claimed_spots(session.id, named_pods(recorded))
                check_unclaimed(spots, claimed)
                await unit.submissions.claim_spots(session.id, spots)
            await unit.submissions.record_pods(session.id, pods.values())
            await unit.baselines.note(session.plan.window.day, fresh)
            await unit.submissions.add(session.id, recorded, digest)
            await unit.sessions.mark_used(session.id)
            certified = content_hash([recorded.player_id, name])
            await unit.outgoing.certify(
                f"flexibilityService-{certified}", "flexibilityService", recorded
            )
        return Submission(id=name, status=SubmissionStatus.ACCEPTED)


async def _is_repeated(unit: UnitOfWork, service: FlexibilityService, digest: str) -> bool:
    """Return whether the same was submitted before; raise where it was something else."""
    known = await unit.submissions.hash_of(service.player_id, service.player_service_id)
    if known not in {None, digest}:
        raise DuplicateIdentifier(
            f"{service.player_service_id} was submitted before with other content.",
            playerServiceId=service.player_service_id,
        )
    return known is not None


async def _members(unit: UnitOfWork, service: FlexibilityService) -> dict[str, Known]:
    """Return the PoDs behind each PoM of a message as of now; later ones do not join the group."""
    found: dict[str, Known] = {}
    for pom in named_poms(service):
        found[pom] = await unit.pods.of_pom(pom)
        if not found[pom]:
            raise UnknownPom(f"The market knows no PoD of PoM {pom}.", pom=pom)
    return found


async def _pods(
    unit: UnitOfWork, service: FlexibilityService, members: Mapping[str, Known]
) -> Known:
    """Return all PoDs that a message is about, also those behind its PoMs."""
    names = named_pods(service)
    pods = await unit.pods.find(names)
    check_known(names, pods)
    for known in members.values():
        pods |= known
    return pods
