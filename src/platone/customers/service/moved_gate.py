"""Gates that the market moved: what comes after them does not count for their sessions."""

from dataclasses import dataclass

from platone.customers.records.moved_gate import MovedGateRecords
from platone.customers.service.result import accepted
from platone.messages.base import Submission
from platone.messages.instant import check_instants
from platone.messages.session_event import MovedGate


@dataclass(frozen=True, slots=True)
class TakeMovedGate:
    """Takes the gate of a session from the market, where it is not the calendar's."""

    gates: MovedGateRecords

    async def __call__(self, moved: MovedGate) -> Submission:
        """Store a gate; of several of one session the one that was decided last counts.

        Raises:
            InstantOutOfRange: It lies outside the years that are recorded.
        """
        check_instants(moved)
        name = f"{moved.market_type.value}/{moved.start_time.isoformat()}"
        return accepted(name, is_new=await self.gates.put(moved))
