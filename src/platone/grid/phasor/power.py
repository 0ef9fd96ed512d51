"""Power from phasors: S = V conj(I), per phase and in total.

Source: IEEE Std 1459-2010, 3.1.1 (single phase, sinusoidal) and 3.2.2 (three phases, sinusoidal and
unbalanced); for the total the vector apparent power, so that P, Q and S of a total belong together.
"""

from collections.abc import Iterator
from datetime import UTC

import numpy as np
import numpy.typing as npt

from platone.grid.phasor.calculation import calculate
from platone.grid.phasor.component import ComponentPhasors, DeviceRule, PhasorMeasurement
from platone.grid.phasor.message import read_message
from platone.grid.phasor.reading_table import sort_readings
from platone.grid.problem.phasor import PhasorDeviceMismatch
from platone.messages.phasor import Measurand, Phase, PhasorMessage, PhasorReading

Complexes = npt.NDArray[np.complex128]


def complex_power(voltage_v: npt.ArrayLike, current_a: npt.ArrayLike) -> Complexes:
    """Return the complex power of many phasors at once, W and var.

    Args:
        voltage_v: Voltages to ground, RMS, V; any shape.
        current_a: Currents into the component, RMS, A; a shape that broadcasts with it.

    Returns:
        P + jQ, W and var, positive: withdrawn from the grid. Sum over the axis of the phases for
        the total.
    """
    return np.asarray(voltage_v, np.complex128) * np.conj(np.asarray(current_a, np.complex128))


def measure(payload: bytes, rule: DeviceRule, device: str | None = None) -> PhasorMeasurement:
    """Return the phasors and powers of a message.

    Args:
        payload: The message as it came, JSON.
        rule: How the device's readings are to be understood.
        device: Who sent it, as its topic says; none where there is no topic.

    Raises:
        MalformedMessage: It is no message of phasors.
        InstantOutOfRange: Its instant lies outside the years 2000 to 2099.
        PhasorDeviceMismatch: It names another device.
        AngleUnitContradicted: Its angles are in another unit than the rule says.
    """
    message, problems = read_message(payload)
    if device is not None and message.device != device:
        raise PhasorDeviceMismatch(
            f"{message.device} is named in a message on the topic of {device}.",
            device=message.device,
        )
    table, refused = sort_readings(message.readings, rule.angle_unit)
    components, incomplete = calculate(table, rule)
    return PhasorMeasurement(
        message.device,
        message.timestamp.astimezone(UTC),
        components,
        [*problems, *refused, *incomplete],
    )


def power_message(measurement: PhasorMeasurement) -> PhasorMessage | None:
    """Return the powers in the form of a device's message; none where there is no power."""
    readings = [
        PhasorReading(component=component.id, measurand=measurand, phase=phase, data=value)
        for component in measurement.components
        for phase, power in _powers(component)
        for measurand, value in (
            (Measurand.ACTIVE_POWER, power.real),
            (Measurand.REACTIVE_POWER, power.imag),
            (Measurand.APPARENT_POWER, abs(power)),
        )
    ]
    if not readings:
        return None
    return PhasorMessage(device=measurement.device, timestamp=measurement.at, readings=readings)


def _powers(component: ComponentPhasors) -> Iterator[tuple[Phase, complex]]:
    yield from component.powers.items()
    total = component.total
    if total is not None:
        yield Phase.ALL, total
