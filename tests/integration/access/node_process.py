"""A Light Node as a process of its own, to be killed: folder and number of readings."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from platone.kernel.clock import SystemClock
from platone.messages.metering import Reading, SetpointCommand
from platone.node.context import LightNode

START = datetime.fromisoformat("2021-06-22T00:00:00+00:00")


class SlowMeter:
    """Completes another minute at each look at it, up to ``count`` minutes, even after a kill."""

    def __init__(self, count: int) -> None:
        self._count = count

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """One reading after the last one kept."""
        start = since or START
        minute = int((start - START) / timedelta(minutes=1))
        if minute >= self._count:
            return []
        return [
            Reading(
                pod_id="IT002E61899978",
                start_time=start,
                duration_minutes=1,
                energy_wh=minute,
                quality="simulated",
            )
        ]


class NoEms:
    """Takes every setpoint."""

    async def apply(self, command: SetpointCommand) -> None:
        """Do nothing with it."""


def main() -> None:
    """Run until killed."""
    meter = SlowMeter(int(sys.argv[2]))
    node = LightNode(Path(sys.argv[1]), meter, NoEms(), SystemClock(), poll_s=0.003, resend_s=0.5)
    asyncio.run(node.run())


main()
