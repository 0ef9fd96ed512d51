"""Limits of the grid, which the DSO tells for a session's clearing."""

from dataclasses import dataclass

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.market.domain.activation import check_reached
from platone.market.domain.calendar import planned_session
from platone.market.domain.grid_limit import check_grid_limits, check_rules, needs_relief
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.problem.session import SessionOffCalendar, UnknownSession
from platone.market.domain.rules import MarketRules
from platone.market.records.unit import MarketRecords
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.clearing import GridLimits


@dataclass(frozen=True, slots=True)
class TakeGridLimits:
    """Takes the limits that a session's clearing is to keep; the last ones before the gate count.

    Args:
        records: The market's records.
        clock: The market's clock.
        rules: Who is a DSO, and how sessions are cleared.
    """

    records: MarketRecords
    clock: Clock
    rules: MarketRules

    async def __call__(self, told: GridLimits, party: str) -> Submission:
        """Take the limits in place of those that the DSO told before.

        Raises:
            ServiceNotAllowed: The caller is no DSO, or speaks for another.
            GridLimitsNotUsed: The market clears without a grid.
            GridLimitRepeated, GridLimitContradictory, IndexOutsideSession: They cannot be kept.
            DeliveryTooSoon: Relief is asked where there is no time to activate it.
            UnknownSession, MarketNotYetOpen, MarketClosed: The session does not take them now.
        """
        if party not in self.rules.dso_parties or told.player_id != party:
            raise ServiceNotAllowed(
                f"{party} tells no limits of the grid of {told.player_id}.", playerId=told.player_id
            )
        if any(limit.player_id != party for limit in told.grid_limits):
            raise ServiceNotAllowed(f"{party} tells no limits of another DSO.", playerId=party)
        check_rules(self.rules.clearing)
        try:
            plan = planned_session(told.market_type, told.start_time, self.rules.zone)
        except SessionOffCalendar as error:
            raise UnknownSession(error.detail) from error
        check_grid_limits(told.grid_limits, plan.window)
        digest = content_hash(told)
        name = f"gridLimits-{digest[:24]}"
        async with self.records.writing() as unit:
            last = await unit.grid_limits.last(plan.id, party)
            if last.content_hash == digest:
                return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)
            session = await unit.sessions.get(plan.id)
            session.check_open(self.clock.now())
            asked = {limit.index for limit in told.grid_limits if needs_relief(limit)}
            check_reached(asked, plan.window, session.decision_due, self.rules.product)
            revision = last.revision + 1
            await unit.grid_limits.add(session.id, told, revision, digest)
            record = f"gridLimits-{content_hash([session.id, party, revision])}"
            await unit.outgoing.certify(record, "gridLimits", told)
        return Submission(id=name, status=SubmissionStatus.ACCEPTED)
