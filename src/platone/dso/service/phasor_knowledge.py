"""What is known of phasor measurement units: their configuration, and what was wrong lately."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from platone.dso.service.phasor_port import PhasorRecord
from platone.grid.phasor.component import Rule
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit, PhasorDevice

_PROBLEMS_A_DEVICE, _DEVICES = 50, 10_000


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
