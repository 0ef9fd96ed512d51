"""Messages of estimates, in the form in which state estimators of the field publish them.

One message a bus or branch: its identifier, the instant, and readings of phase A in V (phase to
ground), degrees, A, W and var, power of one phase; what is not observable has no reading. It is the
form of the phasor messages, turned round.
"""

from collections.abc import Iterator

from platone.messages.base import Instant
from platone.messages.estimation import (
    BranchEstimate,
    BusEstimate,
    ComponentMessage,
    ComponentReading,
    GridEstimate,
)
from platone.messages.phasor import Measurand, Phase

_PHASES = 3
"""Phases that share a balanced power."""
_Pair = tuple[Measurand, float | None]


def component_messages(estimate: GridEstimate) -> list[ComponentMessage]:
    """Return a message a bus, then a branch; those of which nothing is known are left out."""
    pairs = [(bus.id, _of_bus(bus)) for bus in estimate.buses]
    pairs += [(branch.id, _of_branch(branch)) for branch in estimate.branches]
    messages = (_message(name, estimate.at, numbers) for name, numbers in pairs)
    return [message for message in messages if message.readings]


def _message(component: str, at: Instant, numbers: Iterator[_Pair]) -> ComponentMessage:
    readings = [
        ComponentReading(measurand=measurand, phase=Phase.A, data=value)
        for measurand, value in numbers
        if value is not None
    ]
    return ComponentMessage(component=component, timestamp=at, readings=readings)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _of_bus(bus: BusEstimate) -> Iterator[_Pair]:
    to_ground_v = bus.nominal_kv * 1e3 / _PHASES**0.5
    yield Measurand.VOLTAGE_MAGNITUDE, _times(bus.voltage_pu, to_ground_v)
    yield Measurand.VOLTAGE_ANGLE, bus.angle_deg
    yield Measurand.ACTIVE_POWER, _times(bus.p_kw, 1e3 / _PHASES)
    yield Measurand.REACTIVE_POWER, _times(bus.q_kvar, 1e3 / _PHASES)


def _of_branch(branch: BranchEstimate) -> Iterator[_Pair]:
    yield Measurand.CURRENT_MAGNITUDE, branch.from_a
    yield Measurand.CURRENT_ANGLE, branch.from_angle_deg
    yield Measurand.ACTIVE_POWER, _times(branch.from_kw, 1e3 / _PHASES)
    yield Measurand.REACTIVE_POWER, _times(branch.from_kvar, 1e3 / _PHASES)
