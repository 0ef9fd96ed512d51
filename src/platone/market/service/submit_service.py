"""Submission of offers of aggregators, and of requests of TSO and DSO (flows 2a, 2b and 2c)."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.activation import check_durations
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.offered_group import (
    Basis,
    check_group_terms,
    names_group,
    part_groups,
)
from platone.market.domain.order_terms import check_terms
from platone.market.domain.power_kind import (
    active_part,
    check_kinds,
    has_reactive,
    reactive_part,
    told_as_reactive,
    with_reactive_limits,
)
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.qualification import check_qualified
from platone.market.domain.recording import Curves
from platone.market.domain.revision import check_amendment, is_repeated
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_baselines,
    check_entries,
    check_offered,
    named_pods,
)
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_service import Found, LookUpService, check_spots_free
from platone.market.service.read_conditions import ReadConditions
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.clearing import Product
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    FlexibilityService,
    RecordedService,
    ServiceState,
    ServiceType,
)


@dataclass(frozen=True, slots=True)
class SubmitService:
    """Takes requests and offers; everything is checked before anything is stored.

    Args:
        records: The market's records.
        look_up: Finds what messages are about.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Who may send what.
        conditions: What is asked of PoDs that are offered.
    """

    records: MarketRecords
    look_up: LookUpService
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
        self._check_alone(service, reasons)
        digest = content_hash(service)
        async with self.records.reading() as unit:
            if await _is_repeated(unit, service, digest):
                return _told(service, SubmissionStatus.ALREADY_SUBMITTED)
            found = await self.look_up(unit, service, reasons)
        fresh: Curves = {}
        with reasons:
            await self._check_conditions(service, found)
        offered: tuple[Flexibility, ...] = ()
        if names_group(service):
            offered = tuple(service.flexibility)
            service, fresh = await self._parted(service, found, reasons)
        with reasons:
            await self._check_qualified(service, found.session)
        with reasons:
            fresh |= await self._checked(service, found)
        reasons.raise_all()
        recorded = RecordedService(
            **msgspec.structs.asdict(service),
            submitted_at=self.clock.now(),
            asked=_asked(service, found, fresh),
            offered=offered,
        )
        return await self._store(found, recorded, digest, fresh)

    def _check_alone(self, service: FlexibilityService, reasons: Reasons) -> None:
        """Check what a message says by itself, without anything that is stored."""
        with reasons:
            check_entries(service)
        with reasons:
            check_kinds(service, self.rules.clearing)
        with reasons:
            check_prices(active_part(service), self.rules.product)
        with reasons, told_as_reactive():
            check_prices(reactive_part(service), self.rules.reactive)
        with reasons:
            check_terms(service, self.rules.clearing)
        with reasons:
            check_group_terms(service)

    async def _check_conditions(self, service: FlexibilityService, found: Found) -> None:
        """Check that points of delivery that are offered have what the market asks for."""
        if service.service_type is ServiceType.OFFER:
            conditions = await self.conditions(found.pods, self.clock.now())
            conditions.check(found.pods.values())

    async def _parted(
        self, service: FlexibilityService, found: Found, reasons: Reasons
    ) -> tuple[FlexibilityService, Curves]:
        """Return an offer with its groups parted by the newest baselines, and those.

        Raises:
            PlatoneError: It cannot be parted.
        """
        fresh = await self.baselines.newest(found.session, found.pods)
        known = found.known.updated(fresh)
        with reasons:
            check_baselines(found.pods, known.curves, found.session.plan.window)
        reasons.raise_all()
        basis = Basis(
            {pom: sorted(members) for pom, members in found.members.items()},
            found.pods,
            known.schedules,
            known.reactive(found.pods) if has_reactive(service) else {},
            self.rules.clearing.linked_orders,
        )
        parts = part_groups(service, basis)
        return msgspec.structs.replace(service, flexibility=parts), fresh

    async def _check_qualified(self, service: FlexibilityService, session: Session) -> None:
        """Check that what is offered is qualified, where the market asks for it."""
        if self.rules.asks_qualification and service.service_type is ServiceType.OFFER:
            async with self.records.reading() as unit:
                own = await unit.qualifications.of_pods(named_pods(service), service.player_id)
            check_qualified(service, own, session.plan.window.day)

    async def _checked(self, service: FlexibilityService, found: Found) -> Curves:
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

    def _check(self, service: FlexibilityService, found: Found, known: KnownBaselines) -> None:
        reasons = Reasons()
        with reasons:
            check_baselines(found.pods, known.curves, found.session.plan.window)
        if service.service_type is ServiceType.OFFER:
            active, reactive = active_part(service), reactive_part(service)
            with reasons:
                check_offered(active, found.pods, known.counted)
            with reasons:
                _check_changes(active, known.schedules, self.rules.product)
            if reactive.flexibility:
                limits = {name: with_reactive_limits(pod) for name, pod in found.pods.items()}
                curves = known.reactive(found.pods)
                with reasons, told_as_reactive():
                    check_offered(reactive, limits, curves)
                with reasons, told_as_reactive():
                    _check_changes(reactive, curves, self.rules.reactive)
        reasons.raise_all()

    async def _store(
        self, found: Found, recorded: RecordedService, digest: str, fresh: Curves
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
                await check_spots_free(unit, recorded, session)
                await unit.submissions.claim_spots(session.id, recorded)
            await unit.submissions.record_pods(session.id, found.pods.values())
            await unit.baselines.note(session.plan.window.day, fresh)
            await unit.submissions.add(session.id, recorded, digest)
            await unit.sessions.mark_used(session.id)
            await unit.outgoing.certify(_record_id(recorded), "flexibilityService", recorded)
        return _told(recorded, SubmissionStatus.ACCEPTED)


def _check_changes(offer: FlexibilityService, curves: Curves, product: Product) -> None:
    """Check what an offer changes, all quarter-hours of one kind of power, against its product."""
    reasons = Reasons()
    with reasons:
        check_volumes(offer, curves, product)
    with reasons:
        check_durations(offer, curves, product)
    reasons.raise_all()


def _told(service: FlexibilityService, status: SubmissionStatus) -> Submission:
    return Submission(id=service.player_service_id, status=status)


def _record_id(service: FlexibilityService) -> str:
    """Return the identifier of the certified record of a version: of a first one without number."""
    version = [service.revision] if service.revision > 1 else []
    name = content_hash([service.player_id, service.player_service_id, *version])
    return f"flexibilityService-{name}"


def _asked(service: FlexibilityService, found: Found, fresh: Curves) -> tuple[AskedGroup, ...]:
    """Return the groups of a request as they are at its acceptance; an offer has none."""
    if service.service_type is ServiceType.OFFER:
        return ()
    known = found.known.updated(fresh)
    reactive = known.reactive(found.pods) if has_reactive(service) else {}
    return asked_groups(service, found.members, known.schedules, reactive)


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
