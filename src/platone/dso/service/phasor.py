"""Phasor power: from what devices send to the databus, and what can be read of it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from platone.dso.domain.phasor.component import Measurement, Rule
from platone.dso.domain.phasor.power import measure, power_message
from platone.dso.domain.phasor.problem import PhasorDeviceUnknown
from platone.dso.service.phasor_port import Arrival, Databus, PhasorRecord, Taken
from platone.kernel.clock import Clock
from platone.kernel.errors import MalformedMessage, PlatoneError
from platone.messages.phasor import AngleUnit, PhasorDevice

PMU = "pmu/"
"""Below it on the databus there are phasor messages only."""
_PROBLEMS_A_DEVICE, _DEVICES = 50, 10_000
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeenProblem:
    """Something that is wrong with a device's messages.

    Attributes:
        problem: Its newest occurrence.
        count: How often it occurred since the start.
        last_at: When it did last.
    """

    problem: PlatoneError
    count: int
    last_at: datetime


class ProblemMemory:
    """What was wrong lately with each device's messages; bounded, and lost with the process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, OrderedDict[tuple[str, object], SeenProblem]] = OrderedDict()

    def note(self, device: str, problem: PlatoneError, now: datetime) -> None:
        """Remember an occurrence."""
        of_device = self._seen.setdefault(device, OrderedDict())
        key = (problem.slug, problem.fields.get("component"))
        known = of_device.get(key)
        of_device[key] = SeenProblem(problem, known.count + 1 if known else 1, now)
        of_device.move_to_end(key)
        self._seen.move_to_end(device)
        if len(of_device) > _PROBLEMS_A_DEVICE:
            of_device.popitem(last=False)
        if len(self._seen) > _DEVICES:
            self._seen.popitem(last=False)

    def of(self, device: str) -> list[SeenProblem]:
        """What was wrong with a device's messages, the newest last."""
        return list(self._seen.get(device, {}).values())


@dataclass(slots=True)
class PhasorRules:
    """How each device's readings are to be understood.

    Args:
        record: Where it is stored.
        default: The unit of angles of devices that are not configured.
    """

    record: PhasorRecord
    default: AngleUnit = AngleUnit.DEGREE
    _rules: dict[str, Rule] = field(default_factory=dict)

    async def load(self) -> None:
        """Read what is stored; once, at the start."""
        devices = await self.record.devices()
        self._rules = {device: _rule(wanted) for device, wanted in devices.items()}

    def of(self, device: str) -> Rule:
        """The rule of a device."""
        return self._rules.get(device) or Rule(self.default)

    async def devices(self) -> Mapping[str, PhasorDevice]:
        """The configured devices."""
        return await self.record.devices()

    async def configure(self, device: str, wanted: PhasorDevice) -> None:
        """Configure a device; it holds from its next message on."""
        await self.record.configure(device, wanted)
        self._rules[device] = _rule(wanted)


def _rule(wanted: PhasorDevice) -> Rule:
    return Rule(wanted.angle_unit, wanted.voltage_of, frozenset(wanted.reversed_currents))


@dataclass(frozen=True, slots=True)
class PhasorKnowledge:
    """What is known of devices and of what they measured.

    Attributes:
        record: What they measured.
        rules: How their readings are to be understood.
        problems: What was wrong with their messages.
    """

    record: PhasorRecord
    rules: PhasorRules
    problems: ProblemMemory


class _Result(NamedTuple):
    """What became of a message: a measurement, and the power in the form of a message."""

    arrival: Arrival
    measurement: Measurement | None
    power: bytes | None
    problems: Sequence[PlatoneError]


@dataclass(frozen=True, slots=True)
class CalculatePower:
    """Calculates the power in messages of the databus, publishes and stores it.

    Args:
        knowledge: How to understand readings, and where power and problems are kept.
        databus: Where power is published.
        clock: The market's clock.
    """

    knowledge: PhasorKnowledge
    databus: Databus
    clock: Clock

    async def __call__(self, arrivals: Sequence[Arrival]) -> int:
        """Take messages; one that is refused is noted and does not hold up the others.

        Returns:
            In how many of them there was power.
        """
        results = await asyncio.to_thread(self._all, arrivals)
        now = self.clock.now()
        for result in results:
            for problem in result.problems:
                self.knowledge.problems.note(result.arrival.device, problem, now)
        powers = [(it.arrival.place, it.power) for it in results if it.power is not None]
        try:
            for place, power in powers:
                await self.databus.publish(place, power)
        except PlatoneError as error:
            _log.info("power is stored, and was not published: %s", error.detail)
        taken = [
            Taken(found.device, found.at, component)
            for found in (result.measurement for result in results)
            if found is not None
            for component in found.components
            if component.voltages or component.currents
        ]
        if taken:
            await self.knowledge.record.keep(taken)
        return len(powers)

    def _all(self, arrivals: Sequence[Arrival]) -> list[_Result]:
        return [self._one(arrival) for arrival in arrivals]

    def _one(self, arrival: Arrival) -> _Result:
        rule = self.knowledge.rules.of(arrival.device)
        try:
            found = measure(arrival.payload, rule, arrival.device)
        except MalformedMessage as problem:
            # Elsewhere on the databus there is also what is meant for other services.
            is_ours = arrival.place.startswith(PMU)
            return _Result(arrival, None, None, [problem] if is_ours else [])
        except PlatoneError as problem:
            return _Result(arrival, None, None, [problem])
        message = power_message(found)
        power = None if message is None else msgspec.json.encode(message)
        return _Result(arrival, found, power, found.problems)


class PowerFound(NamedTuple):
    """What is kept of a device.

    Attributes:
        taken: Its components' phasors and power, by instant.
        rest: Where the rest begins; none where this is all.
        problems: What was wrong with its messages, the newest last.
    """

    taken: list[Taken]
    rest: datetime | None
    problems: list[SeenProblem]


@dataclass(frozen=True, slots=True)
class ReadPower:
    """Reads the power of a device.

    Args:
        knowledge: What is known of devices.
    """

    knowledge: PhasorKnowledge

    async def __call__(
        self, device: str, begin: datetime | None = None, end: datetime | None = None
    ) -> PowerFound:
        """The newest of each component; with a begin or an end, what is kept of that time.

        Raises:
            PhasorDeviceUnknown: Nothing is known of the device.
            MalformedMessage: The end is not after the begin.
        """
        begin_, end_ = begin or _EARLIEST, end or _LATEST
        if begin_ >= end_:
            raise MalformedMessage("from must be before to.", parameter="from")
        record, problems = self.knowledge.record, self.knowledge.problems.of(device)
        if begin is None and end is None:
            found = PowerFound(await record.latest(device), None, problems)
        else:
            found = PowerFound(*await record.between(device, begin_, end_), problems)
        if not found.taken and not problems and not await self._is_known(device):
            raise PhasorDeviceUnknown(f"Nothing is known of {device}.", device=device)
        return found

    async def _is_known(self, device: str) -> bool:
        record = self.knowledge.record
        return device in await record.devices() or bool(await record.latest(device))
