"""A meter that tells what its counters show, read as one that tells energies of intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.messages.metering import Reading
from platone.node.domain.register import bounds, readings_of
from platone.node.service.ports import Counters, ShowingMemory


@dataclass(frozen=True, slots=True)
class RegisterMeter:
    """Makes readings of counters; where it went on last is kept, so that nothing falls between.

    Args:
        counters: The meter's counters.
        memory: Keeps the showings that the last readings ended with.
        pod_id: The point of delivery.
        minutes: The length of an interval: 5, 15, 30 or 60.
    """

    counters: Counters
    memory: ShowingMemory
    pod_id: str
    minutes: int

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """Return the completed intervals that start at or after ``since``, in order of time.

        The showings before the first of them are those of the memory: a meter that has lost its
        own tells by its counters what was taken meanwhile.
        """
        kept = [each for each in self.memory.load() if since is None or each.minute >= since]
        showings = sorted(
            [*kept, *await self.counters.showings(since)], key=lambda each: each.minute
        )
        made = readings_of(self.pod_id, self.minutes, showings)
        if made:
            ends = max(each.start_time + timedelta(minutes=each.duration_minutes) for each in made)
            last = [each for each in bounds(self.minutes, showings) if each.minute == ends]
            self.memory.save([*kept, *last])
        return made
