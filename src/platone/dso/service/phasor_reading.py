"""Reading of the power that was calculated from phasors."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from platone.dso.domain.phasor import PhasorSample
from platone.dso.domain.problem import PhasorDeviceUnknown
from platone.dso.service.phasor_device import PhasorDeviceState, RepeatedProblem
from platone.kernel.errors import MalformedMessage
from platone.kernel.record_time import EARLIEST, LATEST


class DevicePower(NamedTuple):
    """The power and the problems that are kept of a device.

    Attributes:
        taken: Its components' phasors and power, by instant.
        rest: Where the rest begins; none where this is all.
        problems: What was wrong with its messages, the newest last.
    """

    taken: list[PhasorSample]
    rest: datetime | None
    problems: list[RepeatedProblem]


@dataclass(frozen=True, slots=True)
class ReadPower:
    """Reads the power of a device.

    Args:
        knowledge: What is known of devices.
    """

    knowledge: PhasorDeviceState

    async def __call__(
        self, device: str, begin: datetime | None = None, end: datetime | None = None
    ) -> DevicePower:
        """Return the newest of each component; with a begin or an end, all kept of that time.

        Raises:
            PhasorDeviceUnknown: Nothing is known of the device.
            MalformedMessage: The end is not after the begin.
        """
        begin_, end_ = begin or EARLIEST, end or LATEST
        if begin_ >= end_:
            raise MalformedMessage("from must be before to.", parameter="from")
        record, problems = self.knowledge.record, self.knowledge.problems.of(device)
        if begin is None and end is None:
            found = DevicePower(await record.latest(device), None, problems)
        else:
            found = DevicePower(*await record.between(device, begin_, end_), problems)
        if not found.taken and not problems and not await self._is_known(device):
            raise PhasorDeviceUnknown(f"Nothing is known of {device}.", device=device)
        return found

    async def _is_known(self, device: str) -> bool:
        record = self.knowledge.record
        return device in await record.devices() or bool(await record.latest(device))
