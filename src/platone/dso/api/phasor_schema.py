"""Answers of the routes of phasor power."""

from typing import Any

from platone.messages.base import Instant, ListPart, Message
from platone.messages.phasor import AngleUnit, PhasorDevice, PhasorMessage


class PhasorProblem(Message):
    """A problem of a device's messages.

    Attributes:
        problem: Its newest occurrence, as application/problem+json.
        count: How often it occurred since the server's start.
        last_at: When it did last, on the market's clock.
    """

    problem: dict[str, Any]
    count: int
    last_at: Instant


class PhasorPower(Message):
    """The power that was calculated from a device's phasors.

    Attributes:
        device: The device.
        results: In the form of a device's messages, by instant: activepower, reactivepower and
            apparentpower of each phase, and of all (`ABC`).
        next: Where the rest begins, if there is more: ask again with it as `from`.
        problems: What was wrong with its messages lately.
    """

    device: str
    results: list[PhasorMessage]
    next: Instant | None = None
    problems: list[PhasorProblem]


class PhasorDeviceEntry(Message):
    """A configured device.

    Attributes:
        device: The device's name.
        configuration: How its messages are read.
    """

    device: str
    configuration: PhasorDevice


class PhasorDevices(ListPart):
    """The configured devices, and the unit of angles that holds for all others.

    Attributes:
        default_angle_unit: The unit of angles of devices that are not configured.
        devices: The configured devices.
    """

    default_angle_unit: AngleUnit
    devices: list[PhasorDeviceEntry]
