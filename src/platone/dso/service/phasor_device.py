"""Phasor measurement units: their configuration, and the recent problems of their messages."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from platone.dso.records.phasor import PhasorRecords
from platone.grid.phasor.component import DeviceRule
from platone.infra.listing import Listed, Part
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit, PhasorDevice

_PROBLEMS_PER_DEVICE = 50
"""Different problems remembered of one device; the oldest are forgotten."""
_DEVICES = 10_000
"""Devices of which problems are remembered; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class RepeatedProblem:
    """A problem of a device's messages, with how often it occurred.

    Attributes:
        problem: Its newest occurrence.
        count: How often it occurred since the start.
        last_at: When it did last.
    """

    problem: PlatoneError
    count: int
    last_at: datetime


class RecentProblems:
    """The recent problems of each device's messages; bounded, and lost with the process."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, OrderedDict[tuple[str, object], RepeatedProblem]] = (
            OrderedDict()
        )

    def note(self, device: str, problem: PlatoneError, now: datetime) -> None:
        """Count an occurrence of a problem."""
        of_device = self._seen.setdefault(device, OrderedDict())
        key = (problem.slug, problem.fields.get("component"))
        known = of_device.get(key)
        of_device[key] = RepeatedProblem(problem, known.count + 1 if known else 1, now)
        of_device.move_to_end(key)
        self._seen.move_to_end(device)
        if len(of_device) > _PROBLEMS_PER_DEVICE:
            of_device.popitem(last=False)
        if len(self._seen) > _DEVICES:
            self._seen.popitem(last=False)

    def of(self, device: str) -> list[RepeatedProblem]:
        """Return the problems of a device's messages, the newest last."""
        return list(self._seen.get(device, {}).values())


@dataclass(slots=True)
class ReadingRules:
    """The rules by which each device's readings are understood.

    Args:
        record: Where it is stored.
        default: The unit of angles of devices that are not configured.
    """

    record: PhasorRecords
    default: AngleUnit = AngleUnit.DEGREE
    _rules: dict[str, DeviceRule] = field(default_factory=dict)

    async def load(self) -> None:
        """Read the stored rules; once, at the start."""
        devices = await self.record.devices()
        self._rules = {device: _rule(wanted) for device, wanted in devices.items()}

    def of(self, device: str) -> DeviceRule:
        """Return the rule of a device."""
        return self._rules.get(device) or DeviceRule(self.default)

    async def devices(self, part: Part) -> Listed[tuple[str, PhasorDevice]]:
        """Return devices with their configurations, by name."""
        return await self.record.listed(part)

    async def configure(self, device: str, wanted: PhasorDevice) -> None:
        """Configure a device; it holds from its next message on."""
        await self.record.configure(device, wanted)
        self._rules[device] = _rule(wanted)


def _rule(wanted: PhasorDevice) -> DeviceRule:
    return DeviceRule(wanted.angle_unit, wanted.voltage_of, frozenset(wanted.reversed_currents))


@dataclass(frozen=True, slots=True)
class PhasorDeviceState:
    """The measurements, rules and problems of phasor measurement units.

    Attributes:
        record: What they measured.
        rules: How their readings are to be understood.
        problems: What was wrong with their messages.
    """

    record: PhasorRecords
    rules: ReadingRules
    problems: RecentProblems
