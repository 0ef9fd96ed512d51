"""Readings of feeds as they were gathered, and the measurements that a network makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from platone.dso.domain.estimation import GatheredMeasurements
from platone.dso.domain.phasor import PhasorSample
from platone.grid.estimation.measurement import (
    BranchCurrent,
    Injection,
    Measurement,
    Origin,
    VoltageMeasurement,
)
from platone.grid.network.branch import Winding
from platone.grid.network.model import Network
from platone.grid.phasor.sequence import positive_sequence
from platone.messages.registry import Measurement as MeterReading

LONGEST_INTERVAL = timedelta(minutes=60)
"""The longest interval that a meter reads."""
_TO_END = "@to"
"""A phasor component that names a branch so is its second end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """The standard deviations of measurements that tell none of their own.

    Attributes:
        phasor_share: Of a phasor's magnitude, by itself (IEC 60255-118-1: total vector error 1 %,
            which is three of them).
        phasor_deg: Of its angle; of a small current's as much as its least one makes of it.
        least_current_a: Of a current at least.
        meter_share: Of a metered power, by itself (class 1 meters).
        least_kw: Of a power at least.
    """

    phasor_share: float = 0.0033
    phasor_deg: float = 0.19
    least_current_a: float = 0.1
    meter_share: float = 0.01
    least_kw: float = 0.05


@dataclass(frozen=True, slots=True)
class TelemetryReadings:
    """The newest measurement of each identifier that was sent to the platform."""

    measurements: Sequence[Measurement]

    def on(self, _network: Network) -> GatheredMeasurements:
        """Return the measurements as they are; they are checked with all others."""
        return GatheredMeasurements(list(self.measurements))


@dataclass(frozen=True, slots=True)
class PhasorReadings:
    """The newest phasors of each component of each device.

    Attributes:
        samples: The phasors.
        accuracy: How exact they are.
    """

    samples: Sequence[PhasorSample]
    accuracy: Accuracy

    def on(self, network: Network) -> GatheredMeasurements:
        """Return measurements of buses and branches, as the positive sequence of their phases.

        A component is a bus, or a branch's first end, or with `@to` behind it its second end.
        """
        found = GatheredMeasurements()
        for taken in self.samples:
            name = f"pmu/{taken.device}/{taken.component.id}"
            try:
                made = self._measurements(network, taken, name)
            except KeyError:
                found.left_out[name] = f"the network has no bus or branch {taken.component.id}"
                continue
            if not made:
                found.left_out[name] = "it has neither voltage nor current of all phases"
            found.measurements.extend(made)
        return found

    def _measurements(self, network: Network, taken: PhasorSample, name: str) -> list[Measurement]:
        component = taken.component
        branch, mark, _rest = component.id.partition(_TO_END)
        is_to = bool(mark)
        is_bus = component.id in network.bus_position
        if not is_bus and branch not in network.branch_position:
            raise KeyError(component.id)
        found: list[Measurement] = []
        voltage = positive_sequence(component.voltages, assumes_balance=True)
        if voltage:
            bus = component.id if is_bus else _bus_of(network, branch, is_to=is_to)
            if bus is not None:
                found.append(self._voltage(taken, name, bus, voltage))
        current = positive_sequence(component.currents, assumes_balance=True)
        if current is not None and not is_bus:
            found.append(self._current(taken, name, branch, current, is_to=is_to))
        return found

    def _voltage(
        self, taken: PhasorSample, name: str, bus: str, voltage: complex
    ) -> VoltageMeasurement:
        kv = abs(voltage) * 3**0.5 / 1e3
        return VoltageMeasurement(
            id=f"{name}/voltage",
            source=Origin.PMU,
            at=taken.at,
            bus=bus,
            voltage_kv=kv,
            std_kv=self.accuracy.phasor_share * kv,
            angle_deg=float(np.rad2deg(np.angle(voltage))),
            std_deg=self.accuracy.phasor_deg,
        )

    def _current(
        self, taken: PhasorSample, name: str, branch: str, current: complex, *, is_to: bool
    ) -> BranchCurrent:
        amperes = abs(current)
        std_a = max(self.accuracy.phasor_share * amperes, self.accuracy.least_current_a)
        across_deg = float(np.rad2deg(std_a / max(amperes, std_a)))
        return BranchCurrent(
            id=f"{name}/current",
            source=Origin.PMU,
            at=taken.at,
            branch=branch,
            end="to" if is_to else "from",
            current_a=amperes,
            std_a=std_a,
            angle_deg=float(np.rad2deg(np.angle(current))),
            std_deg=max(self.accuracy.phasor_deg, across_deg),
        )


def _bus_of(network: Network, branch: str, *, is_to: bool) -> str | None:
    found = network.branches[network.branch_position[branch]]
    if not is_to:
        return found.from_bus
    return None if isinstance(found, Winding) else found.to_bus


@dataclass(frozen=True, slots=True)
class MeterReadings:
    """The reading of each PoD that holds an instant, or the newest one before it.

    Attributes:
        readings: The readings.
        accuracy: How exact they are.
    """

    readings: Sequence[MeterReading]
    accuracy: Accuracy

    def on(self, network: Network) -> GatheredMeasurements:
        """Return the mean powers of the intervals, of the PoDs that the network connects."""
        found = GatheredMeasurements()
        for each in self.readings:
            name = f"meter/{each.pod_id}"
            if each.pod_id in network.pod_position:
                found.measurements.append(self._power(each, name))
            else:
                found.left_out[name] = "the network does not connect this point of delivery"
        return found

    def _power(self, each: MeterReading, name: str) -> Injection:
        kw = each.energy_wh / 1e3 / (each.duration_minutes / 60)
        return Injection(
            id=name,
            source=Origin.METER,
            at=each.start_time,
            element=each.pod_id,
            p_kw=kw,
            std_kw=max(self.accuracy.meter_share * abs(kw), self.accuracy.least_kw),
        )
