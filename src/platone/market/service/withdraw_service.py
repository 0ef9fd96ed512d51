"""Withdrawal of requests and offers by who sent them, until the gate closes."""

from dataclasses import dataclass

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.market.domain.problem.order import UnknownService
from platone.market.records.unit import MarketRecords
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import ServiceState, Withdrawal


@dataclass(frozen=True, slots=True)
class WithdrawService:
    """Withdraws what a party has submitted.

    Args:
        records: The market's records.
        clock: The market's clock.
    """

    records: MarketRecords
    clock: Clock

    async def __call__(self, service_id: str, party: str) -> Submission:
        """Withdraw the version that stands; again: nothing more happens.

        Raises:
            UnknownService: The party has sent nothing of this identifier.
            MarketClosed: The session's gate has closed.
        """
        async with self.records.writing() as unit:
            now = self.clock.now()
            name = party, service_id
            versions = (await unit.submissions.versions([name]))[name]
            if not versions:
                raise UnknownService(f"{party} has sent no {service_id}.")
            newest = versions[-1]
            if newest.state is ServiceState.WITHDRAWN:
                return Submission(id=service_id, status=SubmissionStatus.ALREADY_SUBMITTED)
            (await unit.sessions.get(newest.session_id)).check_open(now)
            await unit.submissions.end(party, service_id, ServiceState.WITHDRAWN, now)
            record = Withdrawal(
                player_id=party,
                player_service_id=service_id,
                revision=newest.revision,
                withdrawn_at=now,
            )
            digest = content_hash([party, service_id, newest.revision])
            await unit.outgoing.certify(f"withdrawal-{digest}", "withdrawal", record)
        return Submission(id=service_id, status=SubmissionStatus.ACCEPTED)
