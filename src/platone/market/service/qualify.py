"""Prequalification of units and groups: applied for, decided, and shown to whom it concerns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from platone.infra.listing import Listed, Part
from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier, Reasons, raise_all
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.problem.qualification import UnknownQualification
from platone.market.domain.qualification import (
    apply,
    check_apart,
    check_application,
    decide,
    pods_of,
    prequalify,
    qualification_id,
)
from platone.market.domain.rules import MarketRules
from platone.market.domain.submission import check_known
from platone.market.domain.topic import Topic
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.qualification import (
    GridPrequalification,
    Qualification,
    QualificationApplication,
    QualificationDecision,
    QualificationState,
)

_Step = Callable[[Qualification, datetime], Qualification]


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller as qualifications see it.

    Attributes:
        party: The party.
        operates: Whether it is the market operator.
        oversees: Whether it is the market operator or the auditor, who see all.
        aggregates: Whether it is a service provider.
    """

    party: str
    operates: bool
    oversees: bool
    aggregates: bool


@dataclass(frozen=True, slots=True)
class Qualify:
    """Takes applications and decisions, and shows them.

    Args:
        records: The market's records.
        clock: The market's clock.
        rules: Who is a DSO, and what is traded.
    """

    records: MarketRecords
    clock: Clock
    rules: MarketRules

    async def apply(self, application: QualificationApplication, party: str) -> Submission:
        """Take an application.

        Raises:
            ServiceNotAllowed: The caller is not its service provider, or a PoD is another's.
            UnknownPod: A PoD is not registered.
            QualificationInvalid, QualificationNotMet, PodInQualification: It cannot be qualified.
            DuplicateIdentifier: The identifier was used with other content.
        """
        if application.player_id != party:
            raise ServiceNotAllowed(
                f"{party} may not speak for {application.player_id}.",
                playerId=application.player_id,
            )
        name, digest = (
            qualification_id(party, application.application_id),
            content_hash(application),
        )
        pods = pods_of(application)
        async with self.records.writing() as unit:
            known = await unit.qualifications.content_hash(name)
            if known == digest:
                return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)
            if known is not None:
                raise DuplicateIdentifier(
                    f"{application.application_id} was applied for with other content.",
                    applicationId=application.application_id,
                )
            reasons = Reasons()
            with reasons:
                check_application(application, self.rules.product)
            with reasons:
                await _check_own(unit, pods, party)
            with reasons:
                own = await unit.qualifications.of_pods(pods, party)
                check_apart(pods, {each.id: each for one in own.values() for each in one}.values())
            reasons.raise_all()
            new = apply(application, self.clock.now())
            await unit.qualifications.add(new, digest)
            await self._tell(unit, new, party)
        return Submission(id=name, status=SubmissionStatus.ACCEPTED)

    async def decide(
        self, name: str, decision: QualificationDecision, caller: Caller
    ) -> Qualification:
        """Bring a qualification to its next state.

        Raises:
            UnknownQualification: There is none that the caller sees.
            QualificationNotYours, QualificationStateInvalid: It may not be.
        """

        def step(found: Qualification, now: datetime) -> Qualification:
            return decide(found, decision, caller.party, now, operates=caller.operates)

        return await self._step(name, caller, step)

    async def prequalify(
        self, name: str, answer: GridPrequalification, caller: Caller
    ) -> Qualification:
        """Note the DSO's answer whether its grid can take what a unit or group does.

        Raises:
            ServiceNotAllowed: The caller is no DSO.
            UnknownQualification: There is none.
            QualificationStateInvalid: It is ended, or the answer holds at no time.
        """
        if caller.party not in self.rules.dso_parties:
            raise ServiceNotAllowed(f"{caller.party} prequalifies nothing for the grid.")

        def step(found: Qualification, now: datetime) -> Qualification:
            return prequalify(found, answer, caller.party, now)

        return await self._step(name, caller, step)

    async def find(self, name: str, caller: Caller) -> Qualification:
        """Return a qualification; raises UnknownQualification where the caller sees none."""
        async with self.records.reading() as unit:
            return await self._found(unit, name, caller)

    async def listed(
        self, state: QualificationState | None, caller: Caller, part: Part
    ) -> Listed[Qualification]:
        """Return qualifications that the caller sees, in a state where one is given."""
        owner = self._owner(caller)
        async with self.records.reading() as unit:
            return await unit.qualifications.listed(owner, state, part)

    def _owner(self, caller: Caller) -> str | None:
        """Return whose qualifications a caller sees; None for all."""
        if caller.oversees or caller.party in self.rules.dso_parties:
            return None
        if not caller.aggregates:
            raise ServiceNotAllowed(f"{caller.party} reads no qualifications.")
        return caller.party

    async def _found(self, unit: UnitOfWork, name: str, caller: Caller) -> Qualification:
        owner = self._owner(caller)
        found = await unit.qualifications.find(name)
        if found is None or owner not in {None, found.application.player_id}:
            raise UnknownQualification(f"You have no qualification {name}.", qualification=name)
        return found

    async def _step(self, name: str, caller: Caller, step: _Step) -> Qualification:
        async with self.records.writing() as unit:
            found = await self._found(unit, name, caller)
            changed = step(found, self.clock.now())
            await unit.qualifications.save(changed)
            await self._tell(unit, changed, caller.party)
        return changed

    async def _tell(self, unit: UnitOfWork, changed: Qualification, by: str) -> None:
        """Certify a step of a qualification, and tell it to provider and DSO."""
        number = len(changed.steps)
        await unit.outgoing.certify(
            f"qualification-{changed.id}-{number}", "qualification", changed
        )
        concerned = {changed.application.player_id, *self.rules.dso_parties}
        for party in sorted(concerned - {by}):
            topic = Topic.QUALIFICATION.of(party)
            await unit.outgoing.publish(topic, changed, changed.steps[-1].at)


async def _check_own(unit: UnitOfWork, pods: list[str], party: str) -> None:
    """Check that points of delivery are registered with a party."""
    known = await unit.pods.find(pods)
    reasons = Reasons()
    with reasons:
        check_known(pods, known)
    with reasons:
        raise_all(
            ServiceNotAllowed(f"{pod} is not offered by {party}.", pod=pod)
            for pod, registered in known.items()
            if registered.aggregator_id != party
        )
    reasons.raise_all()
