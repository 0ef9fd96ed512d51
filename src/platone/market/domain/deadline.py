"""The instants by which the trades of sessions have to be final."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.market.domain.calendar import SessionPlan

_SHORTEST_ANSWER = timedelta(minutes=30)
"""Time after the gate that clearing and answer have in any case: a power flow takes seconds, and an
operator who is called needs some minutes. It counts in sessions that the operator made late."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a session waits until its trades are final.

    Attributes:
        answer: Longest time after the gate for the clearing and the DSO's answer to it.
        before_delivery: Shortest time before delivery at which trades are final: what aggregators
            and nodes need to act.
    """

    answer: timedelta = timedelta(hours=4)
    before_delivery: timedelta = timedelta(minutes=30)

    def decision_due(self, plan: SessionPlan) -> datetime:
        """Return when the trades of a session have to be final.

        So the day-ahead session is final before the first real-time session builds on it.
        """
        latest = min(plan.gate_closes + self.answer, plan.window.start - self.before_delivery)
        return max(latest, plan.gate_closes + _SHORTEST_ANSWER)


DEFAULT_DEADLINES = Deadlines()
"""The deadlines of a market that chooses none."""
