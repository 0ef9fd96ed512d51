"""A session that exists, and what it asks of a submission's instant."""

from dataclasses import dataclass
from datetime import datetime

from platone.kernel.market_time import QUARTER_HOUR_MINUTES
from platone.market.domain.calendar import SessionPlan, Status
from platone.market.domain.problem.session import MarketClosed, MarketNotYetOpen
from platone.market.domain.progress import Wait
from platone.messages.clearing import Product
from platone.messages.market import MarketSession, SessionTerms


@dataclass(frozen=True, slots=True)
class Session:
    """A session and its state.

    Attributes:
        plan: Kind, delivery and gates.
        status: How far it has come.
        outcome_id: Its outcome, once it is cleared.
        used: Whether anything was submitted to it; one that nobody used ends without a trade.
        since: When it came to this state; for one that no one moved on, when its gate closes.
        decision_due: When its trades have to be final; what is not by then is not activated.
    """

    plan: SessionPlan
    status: Status
    outcome_id: str | None
    used: bool
    since: datetime
    decision_due: datetime

    @property
    def id(self) -> str:
        """The session's identifier."""
        return self.plan.id

    def check_open(self, now: datetime) -> None:
        """Check that the session takes submissions now.

        Raises:
            MarketNotYetOpen: Its gate opens later.
            MarketClosed: Its gate has closed, or the operator closed it.
        """
        if not self.status.takes_submissions or now >= self.plan.gate_closes:
            raise MarketClosed(
                f"Session {self.id} is {self.status.value}; its gate closes at "
                f"{self.plan.gate_closes.isoformat()}.",
                gateCloses=self.plan.gate_closes.isoformat(),
            )
        if now < self.plan.gate_opens:
            raise MarketNotYetOpen(
                f"Session {self.id} opens at {self.plan.gate_opens.isoformat()}.",
                gateOpens=self.plan.gate_opens.isoformat(),
            )

    def terms(self) -> SessionTerms:
        """Return kind and delivery period, as a recording has them."""
        return SessionTerms(
            market_type=self.plan.market_type,
            start_time=self.plan.window.start,
            duration=self.plan.window.hours,
            interval=QUARTER_HOUR_MINUTES,
        )

    def message(self, wait: Wait | None, product: Product) -> MarketSession:
        """Return the session as it is told on the wire, whom it waits for, and what it trades."""
        return MarketSession(
            id=self.id,
            market_type=self.plan.market_type,
            start_time=self.plan.window.start,
            duration=self.plan.window.hours,
            interval=QUARTER_HOUR_MINUTES,
            status=self.status.value,
            gate_opens=self.plan.gate_opens,
            gate_closes=self.plan.gate_closes,
            market_outcome=self.outcome_id,
            waiting_for=None if wait is None else wait.whom,
            waiting_since=None if wait is None else wait.since,
            decision_due=self.decision_due,
            product=product if self.status.takes_submissions else None,
        )
