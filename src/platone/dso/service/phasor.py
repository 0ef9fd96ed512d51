"""Phasor power: from what devices send to the databus to what is published on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from platone.dso.domain.phasor import BusMessage, PhasorSample
from platone.dso.domain.problem import PhasorInFuture
from platone.dso.service.phasor_device import PhasorDeviceState
from platone.dso.service.ports import Databus
from platone.grid.phasor.component import PhasorMeasurement
from platone.grid.phasor.power import measure, power_message
from platone.kernel.clock import Clock
from platone.kernel.errors import MalformedMessage, PlatoneError

PMU = "pmu/"
"""Level of the databus below which there are phasor messages only."""
AHEAD = timedelta(seconds=10)
"""How far a device's clock may be ahead of the platform's."""


class _MessageResult(NamedTuple):
    """The result of a message: a measurement, and the power in the form of a message."""

    arrival: BusMessage
    measurement: PhasorMeasurement | None
    power: bytes | None
    problems: Sequence[PlatoneError]


@dataclass(frozen=True, slots=True)
class CalculatePower:
    """Calculates the power in messages of the databus, and publishes it.

    Args:
        knowledge: How to understand readings, and where problems are noted.
        databus: Where power is published.
        clock: The market's clock.
    """

    knowledge: PhasorDeviceState
    databus: Databus
    clock: Clock

    async def __call__(self, arrivals: Sequence[BusMessage]) -> list[PhasorSample]:
        """Calculate and publish power; a message that is refused does not hold up the others.

        Returns:
            What is to be kept of them.

        Raises:
            PlatoneError: The databus could not keep what it promises to keep.
        """
        now = self.clock.now()
        results = await asyncio.to_thread(self._all, arrivals, now)
        for result in results:
            for problem in result.problems:
                self.knowledge.problems.note(result.arrival.device, problem, now)
        powers = [
            BusMessage(it.arrival.place, it.power, it.arrival.source)
            for it in results
            if it.power is not None
        ]
        await self.databus.publish(powers)
        return [
            PhasorSample(found.device, found.at, component)
            for found in (result.measurement for result in results)
            if found is not None
            for component in found.components
            if component.voltages or component.currents
        ]

    def _all(self, arrivals: Sequence[BusMessage], now: datetime) -> list[_MessageResult]:
        return [self._one(arrival, now) for arrival in arrivals]

    def _one(self, arrival: BusMessage, now: datetime) -> _MessageResult:
        rule = self.knowledge.rules.of(arrival.device)
        try:
            found = measure(arrival.payload, rule, arrival.device)
            if found.at > now + AHEAD:
                ahead = f"{found.at.isoformat()} is after {now.isoformat()}"
                raise PhasorInFuture(f"{arrival.device}: {ahead}.", device=arrival.device)
        except MalformedMessage as problem:
            # Elsewhere on the databus there is also what is meant for other services.
            is_ours = arrival.place.startswith(PMU)
            return _MessageResult(arrival, None, None, [problem] if is_ours else [])
        except PlatoneError as problem:
            return _MessageResult(arrival, None, None, [problem])
        message = power_message(found)
        power = None if message is None else msgspec.json.encode(message)
        return _MessageResult(arrival, found, power, found.problems)
