"""The work that the market does on its own as time goes by."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.infra.lease.held import Lease
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.market.domain.session import Session
from platone.market.records.unit import MarketRecords
from platone.market.service.close_session import CloseSession
from platone.market.service.override_session import OverrideSession
from platone.market.service.plan_sessions import PlanSessions
from platone.market.service.settle_delivery import SettleDelivery
from platone.messages.session_event import OverrideAction, SessionOverride

_log = logging.getLogger(__name__)

_LONGEST_BLIND = timedelta(minutes=1)
"""Longest time without a look into the records: another worker may have moved a session on."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A look into the records: when it was, and when the next one is due.

    Where the clock was set back since, it counts for nothing: what it found was another time's.
    """

    at: datetime
    next: datetime

    def holds(self, now: datetime) -> bool:
        """Return whether nothing has come due since."""
        return self.at <= now < self.next


class RunMarket:
    """Creates, opens, closes, clears and settles what is due.

    Every step is one transaction that checks whether it is still to be done, so that it can be
    repeated after a crash at any point, and nothing happens twice.

    Args:
        records: The market's records.
        clock: The market's clock.
        plan: Creates sessions.
        close: Closes and clears them.
        settle: Settles what was delivered; its patience is that of clearings, too.
        step_in: Carries out the operator's orders, and ends what nobody decided in time.
        lease: The right to step, where several workers share the records.
    """

    def __init__(
        self,
        records: MarketRecords,
        clock: Clock,
        plan: PlanSessions,
        close: CloseSession,
        settle: SettleDelivery,
        *,
        step_in: OverrideSession,
        lease: Lease | None = None,
    ) -> None:
        self._records = records
        self._clock = clock
        self._plan = plan
        self._close = close
        self._settle = settle
        self._step_in = step_in
        self._patience = settle.patience
        self._lease = lease or Lease("steps")
        self._number = self._lease.number
        self._running = asyncio.Lock()
        self._gates: _Look | None = None
        self._settlements: _Look | None = None

    async def tick(self, now: datetime) -> None:
        """Do all that is due by an instant, in order, where this worker is to do it.

        It is cheap where nothing is due.
        """
        if not self._lease.is_held:
            return
        if self._number != self._lease.number:  # another worker has done it meanwhile
            self._number = self._lease.number
            self.look_here()
        with self._lease.doing():
            async with self._running:
                await self._step(now)

    async def _step(self, now: datetime) -> None:
        await self._pass_gates(now)
        async with self._records.reading() as unit:
            waiting = await unit.outgoing.any_certificates()
        if waiting:
            async with self._records.writing() as unit:
                await unit.outgoing.send_certificates()
        await self._settle_due(now)

    async def override(self, session_id: str, order: SessionOverride, party: str) -> None:
        """Carry out an order of the market operator; a session that is closed by it is cleared.

        Where that fails now, it is tried again as after any gate.

        Raises:
            UnknownSession: There is none.
            SessionState, ExtensionInvalid: The order does not fit its state or times.
        """
        now = self._clock.now()
        async with self._running:
            await self._step_in.order(session_id, order, party, now)
            if order.action is OverrideAction.CLOSE:
                async with self._records.reading() as unit:
                    session = await unit.sessions.get(session_id)
                await self._progress(session, now)
        self.look_again()

    async def settle_again(self, session_id: str) -> None:
        """Try the open lines of a session now, also those that the ledger refused.

        Raises:
            UnknownSession: There is none.
        """
        async with self._running:
            async with self._records.writing() as unit:
                session = await unit.sessions.get(session_id)
                if session.outcome_id is not None:
                    names = await unit.outcomes.settled_names([session.outcome_id])
                    await unit.settlements.reopen(names)
            self._patience.hurry()
            await self._settle(self._clock.now())

    def look_again(self) -> None:
        """Say that sessions or outcomes were added, so that something may be due at once."""
        self.look_here()
        self._lease.tell()

    def look_here(self) -> None:
        """Have this worker look into the records at its next step."""
        self._gates = None
        self._settlements = None

    async def _settle_due(self, now: datetime) -> None:
        """Settle; look into the records only if something is open or a window has ended."""
        if self._settlements is not None and self._settlements.holds(now):
            return
        await self._settle(now)
        window_ends = await self._settle.next_look(now)
        latest = now + _LONGEST_BLIND
        self._settlements = _Look(now, min(window_ends, latest)) if window_ends else None

    async def _pass_gates(self, now: datetime) -> None:
        """Create, open, close and clear; look into the records only if a gate was passed."""
        if self._gates is not None and self._gates.holds(now):
            return
        await self._plan(now)
        async with self._records.writing() as unit:
            await unit.sessions.open_gates(now)
            await unit.sessions.retire_unused(now)
            due = await unit.sessions.to_progress(now)
        failed = False
        for session in due:
            failed |= not await self._progress(session, now)
        await self._pass_deadlines(now)
        async with self._records.reading() as unit:
            gate = await unit.sessions.next_gate(now)
            deadlines = [each.decision_due for each in await unit.sessions.undecided()]
        next_times = [now + _LONGEST_BLIND, *deadlines, *([] if gate is None else [gate])]
        self._gates = None if failed else _Look(now, min(next_times))

    async def _pass_deadlines(self, now: datetime) -> None:
        """End the sessions whose trades had to be final by now and are not."""
        async with self._records.reading() as unit:
            undecided = await unit.sessions.undecided()
        for session in undecided:
            if session.decision_due <= now:
                await self._step_in.give_up(session.id, now)

    async def _progress(self, session: Session, now: datetime) -> bool:
        """Close and clear one session; what is wrong with one does not stop the others.

        A fault of the calculation, too, is this session's: its deadline ends it.
        """
        if not self._patience.is_ripe(session.id):
            return False
        try:
            await self._close.close_due(session.id, now)
            await self._close.clear(session.id, now)
        except PlatoneError as error:
            _log.error("Session %s cannot be cleared: %s", session.id, error.detail)
            self._patience.wait(session.id)
            return False
        except (ArithmeticError, LookupError, TypeError, ValueError):
            _log.exception("Session %s cannot be cleared", session.id)
            self._patience.wait(session.id)
            return False
        self._patience.forget(session.id)
        return True
